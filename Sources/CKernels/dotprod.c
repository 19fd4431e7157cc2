// Dot products of ARMv8.2-A: sixteen products at once, a by lane. What is not int8 comes from neon.c.
#if defined(__aarch64__)
#include "tables.h"
#include "common.h"
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#include <arm_neon.h>
#define SUFFIX _dotprod
#define LANES 4
#include "vectors.h"

#define MR 8
#define KN_EACH_ROW(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#define A int8x16_t
#define B int8x16_t
#define READ_A(p) vreinterpretq_s8_s32(vdupq_n_s32(kn_word(p)))
#define READ_B(p) vld1q_s8(p)
#define DOT(c, a, b) ((ivec_dotprod)vdotq_s32((int32x4_t)(c), a, b))
#define KEEP(a) __asm__("" : "+w"(a))
#include "neon.h"

// Groups of four go through one load of 16 bytes of every row and the lanes of it.
KN_INLINE void block_i8_dotprod(const kn_tile_i8 *t, ptrdiff_t row, ptrdiff_t column, ptrdiff_t columns, const int rows,
                                const int panels, const int vectors);
#define OWN_BLOCK
#include "tile_i8.h"

KN_INLINE void block_i8_dotprod(const kn_tile_i8 *t, ptrdiff_t row, ptrdiff_t column, ptrdiff_t columns, const int rows,
                                const int panels, const int vectors) {
    ivec_dotprod sum[4][MR][2];
    const ptrdiff_t depth = 4 * t->segments * t->run4, step = 2 * LANES * depth;
    const int8_t *const *a = t->a + row, *b = t->b + column * depth;
    KN_UNROLL for (int p = 0; p < panels; p++)
        KN_UNROLL for (int v = 0; v < vectors; v++) {
            ivec_dotprod bias = iload_dotprod(t->bias + column + (2 * p + v) * LANES);
            KN_UNROLL for (int i = 0; i < rows; i++) sum[p][i][v] = bias;
        }
#define TIMES(lane)                                                                                              \
    KN_UNROLL for (int p = 0; p < panels; p++)                                                                   \
        KN_UNROLL for (int v = 0; v < vectors; v++) {                                                            \
            int8x16_t w = vld1q_s8(b + p * step + 16 * v);                                                       \
            KN_UNROLL for (int i = 0; i < rows; i++)                                                             \
                sum[p][i][v] = (ivec_dotprod)vdotq_laneq_s32((int32x4_t)sum[p][i][v], w, e[i], lane);            \
        }                                                                                                        \
    b += 8 * LANES
    for (ptrdiff_t s = 0; s < t->segments; s++) {
        const int8_t *x[MR];
        int8x16_t e[MR];
        KN_UNROLL for (int i = 0; i < rows; i++) x[i] = a[i] + t->offset[s];
        const ptrdiff_t end = t->run4 / 4 * 16;
        ptrdiff_t at = 0;
#define SIXTEEN(at)                                                          \
    do {                                                                     \
        ptrdiff_t from = at;                                                 \
        KN_HIDE(from);                                                       \
        KN_UNROLL for (int i = 0; i < rows; i++) e[i] = vld1q_s8(x[i] + from); \
        TIMES(0);                                                            \
        TIMES(1);                                                            \
        TIMES(2);                                                            \
        TIMES(3);                                                            \
    } while (0)
        for (; at + 32 <= end; at += 32) {
            SIXTEEN(at);
            // Or loads would be paired across, which takes eight registers more than there are.
            __asm__("" ::: "memory");
            SIXTEEN(at + 16);
        }
        if (at < end) SIXTEEN(at);
        KN_UNROLL for (int i = 0; i < rows; i++) {
            x[i] += end;
            KN_HIDE(x[i]);
        }
        for (ptrdiff_t left = t->run4 % 4; left > 0; left--) {
            KN_UNROLL for (int i = 0; i < rows; i++) {
                e[i] = vreinterpretq_s8_s32(vsetq_lane_s32(kn_word(x[i]), vdupq_n_s32(0), 0));
                x[i] += 4;
            }
            TIMES(0);
        }
    }
#undef SIXTEEN
#undef TIMES
    STORE_I8;
}
#pragma clang attribute pop

kn_table kn_dotprod(void) {
    kn_table table = kn_neon;
    table.i8_mr = 8;
    table.i8_nr = 8;
    table.tile_i8 = tile_i8_dotprod;
    table.peak_i8 = peak_i8_dotprod;
    return table;
}
#endif
