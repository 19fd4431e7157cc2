// int8 sums of 64-bit Arm with dot products: conversions that round to even and saturate make bytes of them.
typedef struct {
    const kn_tile_i8 *t;
    ptrdiff_t row, column, columns;
    int8_t *y;
    ptrdiff_t stride;
    const float *scale;
    int16x8_t zero;
    int8x16_t low, high;
    int narrow, limited;
} NAME(out);

// Only a scale that is not a number comes out of conversion otherwise than the twin has it.
KN_INLINE int NAME(finite_scales)(const float *scale, const int vectors) {
    uint32x4_t finite = vdupq_n_u32(~0u);
    KN_UNROLL for (int v = 0; v < vectors; v++)
        finite = vandq_u32(finite, vcaleq_f32(vld1q_f32(scale + 4 * v), vdupq_n_f32(1e30f)));
    return vminvq_u32(finite) != 0;
}

KN_INLINE NAME(out) NAME(out_of)(const kn_tile_i8 *t, ptrdiff_t row, ptrdiff_t column, ptrdiff_t columns,
                                 const int vectors) {
    return (NAME(out)){.t = t, .row = row, .column = column,
                       .columns = columns >= 4 * vectors ? 4 * vectors : columns,
                       .y = t->y + row * t->y_stride + column, .stride = t->y_stride, .scale = t->scale + column,
                       .zero = vdupq_n_s16((int16_t)t->zero), .low = vdupq_n_s8((int8_t)t->low),
                       .high = vdupq_n_s8((int8_t)t->high),
                       .narrow = !t->y_f32 && NAME(finite_scales)(t->scale + column, vectors),
                       .limited = t->low > -128 || t->high < 127};
}

// Four vectors as 16 bytes; two of them twice if there are no more.
KN_INLINE int8x16_t NAME(narrow)(const int32x4_t sum[4], const float32x4_t scale[4], int16x8_t zero,
                                 const int vectors) {
    int32x4_t q[4];
    KN_UNROLL for (int v = 0; v < vectors; v++) q[v] = vcvtnq_s32_f32(vmulq_f32(vcvtq_f32_s32(sum[v]), scale[v]));
    const int16x8_t low = vqaddq_s16(vqmovn_high_s32(vqmovn_s32(q[0]), q[1]), zero);
    const int16x8_t high = vectors == 4 ? vqaddq_s16(vqmovn_high_s32(vqmovn_s32(q[2]), q[3]), zero) : low;
    return vqmovn_high_s16(vqmovn_s16(low), high);
}

KN_INLINE void NAME(put)(NAME(out) *out, int32x4_t sum[4][8][4], const int rows, const int panels,
                         const int vectors) {
    if (!out->narrow) {
        NAME(ivec) copy[32], *to = copy;
        KN_UNROLL for (int i = 0; i < rows; i++) KN_UNROLL for (int p = 0; p < panels; p++)
            KN_UNROLL for (int v = 0; v < vectors; v++)
                if (4 * (p * vectors + v) < out->columns) *to++ = (NAME(ivec))sum[p][i][v];
        NAME(store_i8_any)(out->t, copy, out->row, out->column, out->columns, rows, (out->columns + 3) / 4);
        out->row += rows;
        return;
    }
    int8x16_t bytes[4][8];
    KN_UNROLL for (int p = 0; p < panels; p++) {
        float32x4_t scale[4];
        KN_UNROLL for (int v = 0; v < vectors; v++) scale[v] = vld1q_f32(out->scale + p * KN_WIDE + 4 * v);
        KN_UNROLL for (int i = 0; i < rows; i++) bytes[p][i] = NAME(narrow)(sum[p][i], scale, out->zero, vectors);
    }
    if (out->limited)
        KN_UNROLL for (int p = 0; p < panels; p++)
            KN_UNROLL for (int i = 0; i < rows; i++)
                bytes[p][i] = vminq_s8(vmaxq_s8(bytes[p][i], out->low), out->high);
    if (out->columns == 4 * panels * vectors)
        KN_UNROLL for (int i = 0; i < rows; i++, out->y += out->stride)
            KN_UNROLL for (int p = 0; p < panels; p++)
                if (vectors == 4)
                    vst1q_s8(out->y + p * KN_WIDE, bytes[p][i]);
                else
                    vst1_s8(out->y, vget_low_s8(bytes[p][i]));
    else
        KN_UNROLL for (int i = 0; i < rows; i++, out->y += out->stride) {
            const int8x16_t copy = bytes[0][i];
            kn_copy_part(out->y, (const int8_t *)&copy, out->columns);
        }
}

#define TILE kn_tile_i8
#define SUM int32x4_t
#define V int8x16_t
#define OP "sdot"
#define OF ".16b"
#define PART ".4b"
#define MADD(c, w, e, lane) vdotq_laneq_s32(c, w, e, lane)
#define GROUPS t->run4
#define BYTES 1
#include "wide.h"
