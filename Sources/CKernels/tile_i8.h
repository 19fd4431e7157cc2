// The int8 tile of one instruction set, as a template over vectors.h that takes four bytes of every row at a time.
// Before including it define MR and KN_EACH_ROW as for tile_f32.h, and
//   A, B          types of what DOT multiplies
//   READ_A(p)     four bytes at p, for every lane
//   READ_B(p)     4 · LANES bytes of a panel at p
//   DOT(c, a, b)  c + a · b, four products per lane
static __attribute__((noinline)) void NAME(store_i8_part)(const kn_tile_i8 *t, const int32_t *sum, ptrdiff_t row,
                                                          ptrdiff_t column, ptrdiff_t columns) {
    for (ptrdiff_t j = column; j < column + columns; j++) {
        float x = (float)*sum++ * t->scale[j];
        if (t->y_f32) {
            t->y_f32[row * t->y_stride + j] = x;
        } else {
            t->y[row * t->y_stride + j] = (int8_t)kn_round_one(x, t->zero, t->low, t->high).bits;
        }
    }
}

KN_INLINE void NAME(store_i8)(const kn_tile_i8 *t, NAME(ivec) sum, ptrdiff_t row, ptrdiff_t column, ptrdiff_t columns) {
    if (columns < LANES) {
        NAME(store_i8_part)(t, (const int32_t *)&sum, row, column, columns);
        return;
    }
    NAME(vec) x = __builtin_convertvector(sum, NAME(vec)) * NAME(load)(t->scale + column);
    ptrdiff_t at = row * t->y_stride + column;
    if (t->y_f32)
        *(NAME(loose) *)(t->y_f32 + at) = x;
    else
        *(NAME(bytes) *)(t->y + at) = __builtin_convertvector(NAME(round)(x, t->zero, t->low, t->high), NAME(bytes));
}

#ifndef OWN_BLOCK
// `rows` rows against `vectors` vectors of each of `panels` panels, all three known when compiled.
KN_INLINE void NAME(block_i8)(const kn_tile_i8 *t, ptrdiff_t row, ptrdiff_t column, ptrdiff_t columns, const int rows,
                              const int panels, const int vectors) {
    NAME(ivec) sum[4][MR][2];
    const ptrdiff_t depth = 4 * t->segments * t->run4, step = 2 * LANES * depth;
    const int8_t *const *a = t->a + row, *b = t->b + column * depth;
    KN_UNROLL for (int p = 0; p < panels; p++)
        KN_UNROLL for (int v = 0; v < vectors; v++) {
            NAME(ivec) bias = NAME(iload)(t->bias + column + (2 * p + v) * LANES);
            KN_UNROLL for (int i = 0; i < rows; i++) sum[p][i][v] = bias;
        }
    for (ptrdiff_t s = 0; s < t->segments; s++) {
        const int8_t *x[MR];
        KN_UNROLL for (int i = 0; i < rows; i++) x[i] = a[i] + t->offset[s];
        for (ptrdiff_t k = 0; k < t->run4; k++) {
            A e[MR];
            KN_UNROLL for (int i = 0; i < rows; i++) e[i] = READ_A(x[i] + 4 * k);
            KN_UNROLL for (int p = 0; p < panels; p++)
                KN_UNROLL for (int v = 0; v < vectors; v++) {
                    B w = READ_B(b + p * step + 4 * v * LANES);
                    KN_UNROLL for (int i = 0; i < rows; i++) sum[p][i][v] = DOT(sum[p][i][v], e[i], w);
                }
            b += 8 * LANES;
        }
    }
    KN_UNROLL for (int i = 0; i < rows; i++)
        KN_UNROLL for (int p = 0; p < panels; p++)
            KN_UNROLL for (int v = 0; v < vectors; v++) {
                ptrdiff_t j = (2 * p + v) * LANES;
                NAME(store_i8)(t, sum[p][i][v], row + i, column + j, columns - j);
            }
}

// As many independent chains as the tile has.
static double NAME(peak_i8)(ptrdiff_t rounds) {
    int8_t bytes[4 * LANES] = {1};
    volatile int32_t sink;
    NAME(ivec) sum[2 * MR];
    KN_UNROLL for (int i = 0; i < 2 * MR; i++) sum[i] = (NAME(ivec))i;
    A a = READ_A(bytes);
    B b = READ_B(bytes);
    for (ptrdiff_t r = 0; r < rounds; r++)
        KN_UNROLL for (int i = 0; i < 2 * MR; i++) {
            sum[i] = DOT(sum[i], a, b);
            KN_KEEP(sum[i]);
        }
    KN_UNROLL for (int i = 0; i < 2 * MR; i++) sink = sum[i][0];
    (void)sink;
    return 8.0 * (2 * MR) * LANES * (double)rounds;
}
#endif

#define TILE kn_tile_i8
#define BLOCK block_i8
#define ENTRY tile_i8
#include "rows.h"
