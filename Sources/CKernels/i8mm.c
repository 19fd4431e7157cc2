// Matrix products of ARMv8.6-A: 2 × 8 by 8 × 2 bytes at once. What is not an int8 tile comes from dotprod.c.
#if defined(__aarch64__)
#include "tables.h"
#include "common.h"
#pragma clang attribute push(__attribute__((target("i8mm,dotprod"))), apply_to = function)
#include <arm_neon.h>
#define SUFFIX _i8mm
#define LANES 4
#include "vectors.h"

#define MR 8
#define KN_EACH_ROW(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#define A int8x16_t
#define B int8x16_t
#define OPS 16
#define READ_A(p) vreinterpretq_s8_s32(vdupq_n_s32(kn_word(p)))
#define READ_B(p) vld1q_s8(p)
#define DOT(c, a, b) ((ivec_i8mm)vmmlaq_s32((int32x4_t)(c), a, b))
#define KEEP(a) __asm__("" : "+w"(a))
#include "neon.h"

KN_INLINE void block_i8_i8mm(const kn_tile_i8 *t, ptrdiff_t row, ptrdiff_t column, ptrdiff_t columns, const int rows,
                             const int panels, const int vectors);
#define OWN_BLOCK
#include "tile_i8.h"

#define PAIR(a, b, which) vreinterpretq_s8_s32(vzip##which##q_s32(vreinterpretq_s32_s8(a), vreinterpretq_s32_s8(b)))

// Two groups of four make eight: columns 2j and 2j + 1 of a panel, then rows 2i and 2i + 1 of a.
KN_INLINE void block_i8_i8mm(const kn_tile_i8 *t, ptrdiff_t row, ptrdiff_t column, ptrdiff_t columns, const int rows,
                             const int panels, const int vectors) {
    // sum[p][i][j]: rows 2i, 2i + 1 by columns 2j, 2j + 1 of panel p.
    int32x4_t square[4][MR / 2][4];
    const ptrdiff_t depth = 4 * t->segments * t->run4, step = 2 * LANES * depth;
    const int8_t *const *a = t->a + row, *b = t->b + column * depth;
    const int pairs = (rows + 1) / 2;
    KN_UNROLL for (int p = 0; p < panels; p++)
        KN_UNROLL for (int i = 0; i < pairs; i++)
            KN_UNROLL for (int j = 0; j < 2 * vectors; j++) square[p][i][j] = vdupq_n_s32(0);
#define EIGHT(ROWS, SECOND)                                                          \
    do {                                                                             \
        int8x16_t e[MR / 2], w[4][4];                                                \
        KN_UNROLL for (int i = 0; i < pairs; i++) {                                  \
            const int8_t *l = x[2 * i] + 4 * k, *r = x[2 * i + 1] + 4 * k;           \
            e[i] = ROWS;                                                             \
        }                                                                            \
        KN_UNROLL for (int p = 0; p < panels; p++)                                   \
            KN_UNROLL for (int v = 0; v < vectors; v++) {                            \
                const int8_t *g = b + p * step + 16 * v;                             \
                int8x16_t first = vld1q_s8(g), second = SECOND;                      \
                w[p][2 * v] = PAIR(first, second, 1);                                \
                w[p][2 * v + 1] = PAIR(first, second, 2);                            \
            }                                                                        \
        KN_UNROLL for (int p = 0; p < panels; p++)                                   \
            KN_UNROLL for (int i = 0; i < pairs; i++)                                \
                KN_UNROLL for (int j = 0; j < 2 * vectors; j++)                      \
                    square[p][i][j] = vmmlaq_s32(square[p][i][j], e[i], w[p][j]);    \
        b += 16 * LANES;                                                             \
    } while (0)
    for (ptrdiff_t s = 0; s < t->segments; s++) {
        const int8_t *x[MR];
        KN_UNROLL for (int i = 0; i < 2 * pairs; i++) x[i] = a[i < rows ? i : rows - 1] + t->offset[s];
        ptrdiff_t k = 0;
        for (; k + 2 <= t->run4; k += 2) EIGHT(vcombine_s8(vld1_s8(l), vld1_s8(r)), vld1q_s8(g + 8 * LANES));
        if (k < t->run4) {
            EIGHT(vreinterpretq_s8_s32((int32x4_t){kn_word(l), 0, kn_word(r), 0}), vdupq_n_s8(0));
            b -= 8 * LANES;
        }
    }
#undef EIGHT
    ivec_i8mm sum[4][MR][2];
    KN_UNROLL for (int p = 0; p < panels; p++)
        KN_UNROLL for (int v = 0; v < vectors; v++) {
            int32x4_t bias = (int32x4_t)iload_i8mm(t->bias + column + (2 * p + v) * LANES);
            KN_UNROLL for (int i = 0; i < pairs; i++) {
                int64x2_t l = vreinterpretq_s64_s32(square[p][i][2 * v]);
                int64x2_t r = vreinterpretq_s64_s32(square[p][i][2 * v + 1]);
                sum[p][2 * i][v] = (ivec_i8mm)vaddq_s32(vreinterpretq_s32_s64(vzip1q_s64(l, r)), bias);
                sum[p][2 * i + 1][v] = (ivec_i8mm)vaddq_s32(vreinterpretq_s32_s64(vzip2q_s64(l, r)), bias);
            }
        }
    STORE_I8;
}
#pragma clang attribute pop

kn_table kn_i8mm(void) {
    kn_table table = kn_dotprod();
    table.i8_nr = 8;
    table.tile_i8 = tile_i8_i8mm;
    table.peak_i8 = peak_i8_i8mm;
    return table;
}
#endif
