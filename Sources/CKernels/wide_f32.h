// f32 sums of 64-bit Arm: residuals are added and limits kept.
typedef struct {
    float *y;
    const float *more;  // residuals, or NULL
    ptrdiff_t stride, more_stride, columns;
    float32x4_t low, high;
    int limited;
} NAME(out);

KN_INLINE NAME(out) NAME(out_of)(const kn_tile_f32 *t, ptrdiff_t row, ptrdiff_t column, ptrdiff_t columns,
                                 const int vectors) {
    return (NAME(out)){.y = t->y + row * t->y_stride + column,
                       .more = t->residual ? t->residual + row * t->residual_stride + column : 0,
                       .stride = t->y_stride, .more_stride = t->residual_stride,
                       .columns = columns >= 4 * vectors ? 4 * vectors : columns,
                       .low = vdupq_n_f32(t->low), .high = vdupq_n_f32(t->high),
                       .limited = t->low > -__builtin_inff() || t->high < __builtin_inff()};
}

KN_INLINE void NAME(put)(NAME(out) *out, float32x4_t sum[4][8][4], const int rows, const int panels,
                         const int vectors) {
    // Residuals past the columns may be read, and are not stored.
    if (out->more)
        KN_UNROLL for (int i = 0; i < rows; i++, out->more += out->more_stride)
            KN_UNROLL for (int p = 0; p < panels; p++)
                KN_UNROLL for (int v = 0; v < vectors; v++)
                    sum[p][i][v] = vaddq_f32(sum[p][i][v], vld1q_f32(out->more + p * KN_WIDE + 4 * v));
    if (out->limited)
        KN_UNROLL for (int i = 0; i < rows; i++)
            KN_UNROLL for (int p = 0; p < panels; p++)
                KN_UNROLL for (int v = 0; v < vectors; v++)
                    sum[p][i][v] = vminq_f32(vmaxq_f32(sum[p][i][v], out->low), out->high);
    if (out->columns == 4 * panels * vectors) {
        KN_UNROLL for (int i = 0; i < rows; i++, out->y += out->stride)
            KN_UNROLL for (int p = 0; p < panels; p++)
                KN_UNROLL for (int v = 0; v < vectors; v++)
                    vst1q_f32(out->y + p * KN_WIDE + 4 * v, sum[p][i][v]);
        return;
    }
    KN_UNROLL for (int i = 0; i < rows; i++, out->y += out->stride)
        KN_UNROLL for (int v = 0; v < vectors; v++) {
            if (out->columns >= 4 * v + 4)
                vst1q_f32(out->y + 4 * v, sum[0][i][v]);
            else if (out->columns > 4 * v)
                NAME(put_floats)(out->y + 4 * v, (NAME(vec))sum[0][i][v], out->columns - 4 * v);
        }
}

#define TILE kn_tile_f32
#define SUM float32x4_t
#define V float32x4_t
#define OP "fmla"
#define OF ".4s"
#define PART ".s"
#define MADD(c, w, e, lane) vfmaq_laneq_f32(c, w, e, lane)
#define GROUPS t->run
#define BYTES 4
#include "wide.h"
