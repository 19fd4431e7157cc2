// The f32 tile of one instruction set, as a template over vectors.h. Before including it define
//   MR, KN_EACH_ROW(X)   rows of a tile, and X(1) … X(MR); a panel is two vectors wide: nr = 2 · LANES
//   BY_LANE              1 where multiply-add takes one lane of a register: a is then loaded four elements at a time
// The last columns of a panel; out of line, for it would be most of the code.
static __attribute__((noinline)) void NAME(store_part)(const kn_tile_f32 *t, const float *sum, ptrdiff_t row,
                                                       ptrdiff_t column, ptrdiff_t columns) {
    for (ptrdiff_t j = column; j < column + columns; j++) {
        float x = *sum++ + (t->residual ? t->residual[row * t->residual_stride + j] : 0);
        x = x < t->low ? t->low : x;
        t->y[row * t->y_stride + j] = x > t->high ? t->high : x;
    }
}

// y = clamp(sum + residual), `columns` elements of it.
KN_INLINE void NAME(store)(const kn_tile_f32 *t, NAME(vec) sum, ptrdiff_t row, ptrdiff_t column, ptrdiff_t columns) {
    if (columns < LANES) {
        NAME(store_part)(t, (const float *)&sum, row, column, columns);
    } else {
        if (t->residual) sum += NAME(load)(t->residual + row * t->residual_stride + column);
        *(NAME(loose) *)(t->y + row * t->y_stride + column) = kn_clamp(sum, NAME(fill)(t->low), NAME(fill)(t->high));
    }
}

// `rows` rows against `vectors` vectors of each of `panels` panels, all three known when compiled.
KN_INLINE void NAME(block_f32)(const kn_tile_f32 *t, ptrdiff_t row, ptrdiff_t column, ptrdiff_t columns, const int rows,
                           const int panels, const int vectors) {
    NAME(vec) sum[4][MR][2];
    const float *const *a = t->a + row, *b = t->b + column * t->segments * t->run;
    const ptrdiff_t step = 2 * LANES * t->segments * t->run;
    KN_UNROLL for (int p = 0; p < panels; p++)
        KN_UNROLL for (int v = 0; v < vectors; v++) {
            NAME(vec) bias = NAME(load)(t->bias + column + (2 * p + v) * LANES);
            KN_UNROLL for (int i = 0; i < rows; i++) sum[p][i][v] = bias;
        }
    for (ptrdiff_t s = 0; s < t->segments; s++) {
        const float *x[MR];
        KN_UNROLL for (int i = 0; i < rows; i++) x[i] = a[i] + t->offset[s];
        ptrdiff_t k = 0;
#define TIMES(element)                                                                                  \
    do {                                                                                                \
        KN_UNROLL for (int p = 0; p < panels; p++)                                                      \
            KN_UNROLL for (int v = 0; v < vectors; v++) {                                               \
                NAME(vec) w = NAME(load)(b + p * step + v * LANES);                                     \
                KN_UNROLL for (int i = 0; i < rows; i++)                                                \
                    sum[p][i][v] = __builtin_elementwise_fma(NAME(fill)(element), w, sum[p][i][v]);     \
            }                                                                                           \
        b += 2 * LANES;                                                                                 \
    } while (0)
#if BY_LANE
        for (; k + 4 <= t->run; k += 4) {
            kn_four e[MR];
            KN_UNROLL for (int i = 0; i < rows; i++) e[i] = *(const kn_four *)(x[i] + k);
            KN_UNROLL for (int l = 0; l < 4; l++) TIMES(e[i][l]);
        }
#endif
        for (; k < t->run; k++) TIMES(x[i][k]);
#undef TIMES
    }
    KN_UNROLL for (int i = 0; i < rows; i++)
        KN_UNROLL for (int p = 0; p < panels; p++)
            KN_UNROLL for (int v = 0; v < vectors; v++) {
                ptrdiff_t j = (2 * p + v) * LANES;
                NAME(store)(t, sum[p][i][v], row + i, column + j, columns - j);
            }
}

#define TILE kn_tile_f32
#define BLOCK block_f32
#define ENTRY tile_f32
#include "rows.h"

// As many independent chains as the tile has.
static double NAME(peak_f32)(ptrdiff_t rounds) {
    volatile float start = 0.5f;
    NAME(vec) sum[2 * MR], factor = NAME(fill)(start);
    KN_UNROLL for (int i = 0; i < 2 * MR; i++) sum[i] = NAME(fill)(start + (float)i);
    for (ptrdiff_t r = 0; r < rounds; r++)
        KN_UNROLL for (int i = 0; i < 2 * MR; i++) sum[i] = __builtin_elementwise_fma(sum[i], factor, factor);
    KN_UNROLL for (int i = 1; i < 2 * MR; i++) sum[0] += sum[i];
    start = sum[0][0];
    return 2.0 * (2 * MR) * LANES * (double)rounds;
}
