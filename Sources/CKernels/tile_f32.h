// The f32 tile of one instruction set, as a template over vectors.h. Before including it define
//   MR, KN_EACH_ROW(X)   rows of a tile, and X(1) … X(MR); a panel is two vectors wide: nr = 2 · LANES
//   LOAD_PANEL(w, p, vectors)  optional: one or two vectors at p
//   BY_LANE              1 where multiply-add takes one lane of a register: a is then loaded four elements at a time
#ifndef LOAD_PANEL
#define LOAD_PANEL(w, p, vectors) KN_UNROLL for (int v = 0; v < vectors; v++) w[v] = NAME(load)(p + v * LANES)
#endif
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
#define TIMES(element)                                                                              \
    do {                                                                                            \
        NAME(vec) w[4][2];                                                                          \
        KN_UNROLL for (int p = 0; p < panels; p++) LOAD_PANEL(w[p], b + p * step, vectors);         \
        KN_UNROLL for (int i = 0; i < rows; i++)                                                    \
            KN_UNROLL for (int p = 0; p < panels; p++)                                              \
                KN_UNROLL for (int v = 0; v < vectors; v++)                                         \
                    sum[p][i][v] = KN_FMA(NAME(fill)(element), w[p][v], sum[p][i][v]); \
        b += 2 * LANES;                                                                             \
        KN_UNROLL for (int i = 0; i < rows; i++) KN_UNROLL for (int p = 0; p < panels; p++)         \
            KN_UNROLL for (int v = 0; v < vectors; v++) KN_FENCE(sum[p][i][v]);                     \
    } while (0)
#if BY_LANE
        // Counted in bytes, so that the counter is the index of every load.
        const ptrdiff_t end = 16 * (t->run / 4);
        for (ptrdiff_t at = 0; at < end; at += 16) {
            kn_four e[MR];
            KN_HIDE(at);
            KN_UNROLL for (int i = 0; i < rows; i++) e[i] = *(const kn_four *)((const char *)x[i] + at);
            KN_UNROLL for (int l = 0; l < 4; l++) TIMES(e[i][l]);
        }
        k = t->run / 4 * 4;
#endif
        for (; k < t->run; k++) TIMES(x[i][k]);
#undef TIMES
    }
    // Residuals past the columns may be read, and are not stored.
    if (t->residual)
        KN_UNROLL for (int i = 0; i < rows; i++)
            KN_UNROLL for (int v = 0; v < panels * vectors; v++)
                sum[v / vectors][i][v % vectors] +=
                    NAME(load)(t->residual + (row + i) * t->residual_stride + column + v * LANES);
    const NAME(vec) low = NAME(fill)(t->low), high = NAME(fill)(t->high);
    float *y = t->y + row * t->y_stride + column;
    if (columns >= panels * vectors * LANES) {
        KN_UNROLL for (int i = 0; i < rows; i++, y += t->y_stride)
            KN_UNROLL for (int v = 0; v < panels * vectors; v++)
                *(NAME(loose) *)(y + v * LANES) = NAME(limit)(sum[v / vectors][i][v % vectors], low, high);
    } else {
        const ptrdiff_t last = columns - (vectors - 1) * LANES;
        KN_UNROLL for (int i = 0; i < rows; i++, y += t->y_stride) {
            if (vectors == 2) *(NAME(loose) *)y = NAME(limit)(sum[0][i][0], low, high);
            NAME(put_floats)(y + (vectors - 1) * LANES, NAME(limit)(sum[0][i][vectors - 1], low, high), last);
        }
    }
}

#define TILE kn_tile_f32
#define BLOCK block_f32
#define ENTRY tile_f32
#include "rows.h"

#include "peak_f32.h"
