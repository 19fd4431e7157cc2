// The int8 tile of ARMv7 for weights above -128, two groups of four bytes at a time.
#define SUFFIX _pairs
#include "vectors.h"

// Whether any of `count` bytes, a multiple of 32, is -128.
static int kn_has_least(const int8_t *b, ptrdiff_t count) {
    int8x16_t least = vdupq_n_s8(0);
    for (ptrdiff_t i = 0; i < count; i += 32) {
        least = vminq_s8(least, vld1q_s8(b + i));
        least = vminq_s8(least, vld1q_s8(b + i + 16));
    }
    int8x8_t half = vmin_s8(vget_low_s8(least), vget_high_s8(least));
    for (int i = 0; i < 3; i++) half = vpmin_s8(half, half);
    return vget_lane_s8(half, 0) == -128;
}

KN_INLINE kn_halves kn_dot_two(kn_halves c, int8x8_t a, int8x16_t b, int8x8_t a2, int8x16_t b2) {
    c.low = vpadalq_s16(c.low, vmlal_s8(vmull_s8(vget_low_s8(b), a), vget_low_s8(b2), a2));
    c.high = vpadalq_s16(c.high, vmlal_s8(vmull_s8(vget_high_s8(b), a), vget_high_s8(b2), a2));
    return c;
}

KN_INLINE void block_i8_pairs(const kn_tile_i8 *t, ptrdiff_t row, ptrdiff_t column, ptrdiff_t columns, const int rows,
                              const int panels, const int vectors);
#undef DOT
#define DOT(c, a, b) kn_dot_two(c, a, b, a, b)
#undef OPS
#define OPS 16
#define OWN_BLOCK
#define KN_ALONE 2
#define KN_PAIR 1
#include "tile_i8.h"

KN_INLINE void block_i8_pairs(const kn_tile_i8 *t, ptrdiff_t row, ptrdiff_t column, ptrdiff_t columns, const int rows,
                              const int panels, const int vectors) {
    kn_halves part[2][MR][2];
    const ptrdiff_t depth = 4 * t->segments * t->run4, step = 2 * LANES * depth;
    const int8_t *const *a = t->a + row, *b = t->b + column * depth;
    KN_UNROLL for (int p = 0; p < panels; p++)
        KN_UNROLL for (int v = 0; v < vectors; v++)
            KN_UNROLL for (int i = 0; i < rows; i++) part[p][i][v] = START(0);
    for (ptrdiff_t s = 0; s < t->segments; s++) {
        const int8_t *x[MR];
        KN_UNROLL for (int i = 0; i < rows; i++) x[i] = a[i] + t->offset[s];
        for (ptrdiff_t k = t->run4 / 2; k > 0; k--) {
            A e[MR], f[MR];
            KN_UNROLL for (int i = 0; i < rows; i++, x[i - 1] += 8) {
                int32x2_t both = vreinterpret_s32_s8(vld1_s8(x[i]));
                e[i] = vreinterpret_s8_s32(vdup_lane_s32(both, 0)), f[i] = vreinterpret_s8_s32(vdup_lane_s32(both, 1));
            }
            KN_UNROLL for (int p = 0; p < panels; p++)
                KN_UNROLL for (int v = 0; v < vectors; v++) {
                    const int8_t *g = b + p * step + 4 * v * LANES;
                    B w = READ_B(g), u = READ_B(g + 8 * LANES);
                    KN_UNROLL for (int i = 0; i < rows; i++) part[p][i][v] = kn_dot_two(part[p][i][v], e[i], w, f[i], u);
                }
            b += 16 * LANES;
        }
        if (t->run4 % 2) {
            KN_UNROLL for (int i = 0; i < rows; i++)
                KN_UNROLL for (int p = 0; p < panels; p++)
                    KN_UNROLL for (int v = 0; v < vectors; v++)
                        part[p][i][v] = kn_dot(part[p][i][v], READ_A(x[i]), READ_B(b + p * step + 4 * v * LANES));
            b += 8 * LANES;
        }
    }
    NAME(ivec) sum[2][MR][2];
    KN_UNROLL for (int p = 0; p < panels; p++)
        KN_UNROLL for (int v = 0; v < vectors; v++)
            KN_UNROLL for (int i = 0; i < rows; i++)
                sum[p][i][v] = FINISH(part[p][i][v], NAME(iload)(t->bias + column + (2 * p + v) * LANES));
    STORE_I8;
}
