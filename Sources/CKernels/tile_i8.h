// The int8 tile of one instruction set, as a template over vectors.h that takes four bytes of every row at a time.
// Before including it define MR and KN_EACH_ROW as for tile_f32.h, and
//   A, B          types of what DOT multiplies
//   READ_A(p)     four bytes at p, for every lane
//   READ_B(p)     4 · LANES bytes of a panel at p
//   DOT(c, a, b)  c + a · b, four products per lane
//   DOT_TWO(c, a, b, next_a, next_b), READ_TWO(a, next_a, p)   where two groups at once are quicker, unless a weight
//                 is -128
//   STORE_PAIRS   stores whole blocks of bytes, where STORE_PAIRS_FITS
//   ACC, START(bias), FINISH(acc, bias)   where a sum is kept otherwise than as one vector
//   OWN_BLOCK     where the set has its own NAME(block_i8)
//   KEEP(a)       hides from the compiler that a is what it was
#include "store_i8.h"

// The sums of a block, by the set's own STORE_PAIRS if it can.
#define STORE_I8                                                                                         \
    do {                                                                                                 \
        if (STORE_PAIRS_FITS(t, column, vectors)) {                                                      \
            KN_UNROLL for (int p = 0; p < panels; p++)                                                   \
                STORE_PAIRS(t, sum[p], row, column + 2 * p * LANES, columns - 2 * p * LANES, rows, vectors); \
        } else {                                                                                         \
            NAME(ivec) copy[4 * MR * 2], *to = copy;                                                     \
            KN_UNROLL for (int i = 0; i < rows; i++) KN_UNROLL for (int p = 0; p < panels; p++)          \
                KN_UNROLL for (int v = 0; v < vectors; v++) *to++ = sum[p][i][v];                        \
            NAME(store_i8_any)(t, copy, row, column, columns, rows, panels * vectors);                   \
        }                                                                                                \
    } while (0)

#ifndef ACC
#define ACC NAME(ivec)
#define START(bias) (bias)
#define FINISH(acc, bias) (acc)
#endif

#ifndef OWN_BLOCK
// `rows` rows against `vectors` vectors of each of `panels` panels, all three known when compiled.
KN_INLINE void NAME(block_i8)(const kn_tile_i8 *t, ptrdiff_t row, ptrdiff_t column, ptrdiff_t columns, const int rows,
                              const int panels, const int vectors) {
    ACC part[4][MR][2];
    const ptrdiff_t depth = 4 * t->segments * t->run4, step = 2 * LANES * depth;
    const int8_t *const *a = t->a + row, *b = t->b + column * depth;
    KN_UNROLL for (int p = 0; p < panels; p++)
        KN_UNROLL for (int v = 0; v < vectors; v++) {
            NAME(ivec) bias = NAME(iload)(t->bias + column + (2 * p + v) * LANES);
            KN_UNROLL for (int i = 0; i < rows; i++) part[p][i][v] = START(bias);
        }
    for (ptrdiff_t s = 0; s < t->segments; s++) {
        const int8_t *x[MR];
        KN_UNROLL for (int i = 0; i < rows; i++) x[i] = a[i] + t->offset[s];
        ptrdiff_t k = 0;
#ifdef DOT_TWO
        const ptrdiff_t end = t->has_least ? 0 : t->run4 / 2 * 8;
        for (ptrdiff_t at = 0; at < end; at += 8) {
            B w[4][2], next[4][2];
            KN_HIDE(at);
            KN_UNROLL for (int p = 0; p < panels; p++)
                KN_UNROLL for (int v = 0; v < vectors; v++) {
                    w[p][v] = READ_B(b + p * step + 4 * v * LANES);
                    next[p][v] = READ_B(b + p * step + (8 + 4 * v) * LANES);
                }
            KN_UNROLL for (int i = 0; i < rows; i++) {
                A e, f;
                READ_TWO(e, f, x[i] + at);
                KN_UNROLL for (int p = 0; p < panels; p++)
                    KN_UNROLL for (int v = 0; v < vectors; v++)
                        part[p][i][v] = DOT_TWO(part[p][i][v], e, w[p][v], f, next[p][v]);
            }
            b += 16 * LANES;
        }
        k = end / 4;
#endif
        for (; k < t->run4; k++) {
            B w[4][2];
            KN_UNROLL for (int p = 0; p < panels; p++)
                KN_UNROLL for (int v = 0; v < vectors; v++) w[p][v] = READ_B(b + p * step + 4 * v * LANES);
            KN_UNROLL for (int i = 0; i < rows; i++) {
                A e = READ_A(x[i] + 4 * k);
                KN_UNROLL for (int p = 0; p < panels; p++)
                    KN_UNROLL for (int v = 0; v < vectors; v++) part[p][i][v] = DOT(part[p][i][v], e, w[p][v]);
            }
            b += 8 * LANES;
        }
    }
    NAME(ivec) sum[4][MR][2];
    KN_UNROLL for (int p = 0; p < panels; p++)
        KN_UNROLL for (int v = 0; v < vectors; v++)
            KN_UNROLL for (int i = 0; i < rows; i++)
                sum[p][i][v] = FINISH(part[p][i][v], NAME(iload)(t->bias + column + (2 * p + v) * LANES));
    STORE_I8;
}
#endif

#include "peak_i8.h"

#define TILE kn_tile_i8
#define BLOCK block_i8
#define ENTRY tile_i8
#include "rows.h"
