// The product of two transposed matrices of one instruction set, as a template over vectors.h. Before including it define
//   OUTER_ROWS, KN_EACH_OUTER(X)   rows of a tile of y, and X(1) … X(OUTER_ROWS); it is at most OUTER_VECTORS, two or
//                                  three, vectors wide
//   BY_LANE                        1 where multiply-add takes one lane of a register: a is then loaded four at a time

// y += x, the first `count` elements or all.
KN_INLINE void NAME(add_floats)(float *y, NAME(vec) x, ptrdiff_t count) {
    if (count >= LANES)
        *(NAME(loose) *)y += x;
    else
        for (ptrdiff_t j = 0; j < count; j++) y[j] += x[j];
}

// `rows` rows and `vectors` vectors of y, both known when compiled; `columns` of them exist.
KN_INLINE void NAME(outer_block)(const kn_outer_f32 *t, ptrdiff_t row, ptrdiff_t column, ptrdiff_t columns,
                                 const int rows, const int vectors) {
    NAME(vec) sum[OUTER_ROWS][OUTER_VECTORS];
    KN_UNROLL for (int i = 0; i < rows; i++)
        KN_UNROLL for (int v = 0; v < vectors; v++) sum[i][v] = NAME(fill)(0);
    for (ptrdiff_t n = 0; n < t->images; n++)
        for (ptrdiff_t l = 0; l < t->lines; l++) {
            const float *a = t->a + n * t->a_image + l * t->a_line + row;
            const float *b = t->b + n * t->b_image + l * t->b_line + column;
            for (ptrdiff_t p = 0; p < t->points; p++, a += t->a_point, b += t->b_point) {
                NAME(vec) w[OUTER_VECTORS];
                KN_UNROLL for (int v = 0; v < vectors; v++) w[v] = NAME(load)(b + v * LANES);
#if BY_LANE
                kn_four e[(OUTER_ROWS + 3) / 4];
                KN_UNROLL for (int i = 0; i < (rows + 3) / 4; i++) e[i] = *(const kn_four *)(a + 4 * i);
#define ELEMENT(i) e[(i) / 4][(i) % 4]
#else
#define ELEMENT(i) a[i]
#endif
                KN_UNROLL for (int i = 0; i < rows; i++)
                    KN_UNROLL for (int v = 0; v < vectors; v++)
                        sum[i][v] = KN_FMA(NAME(fill)(ELEMENT(i)), w[v], sum[i][v]);
#undef ELEMENT
            }
        }
    float *y = t->y + row * t->y_stride + column;
    const ptrdiff_t last = columns - (vectors - 1) * LANES;
    KN_UNROLL for (int i = 0; i < rows; i++, y += t->y_stride) {
        KN_UNROLL for (int v = 0; v < vectors - 1; v++) *(NAME(loose) *)(y + v * LANES) += sum[i][v];
        NAME(add_floats)(y + (vectors - 1) * LANES, sum[i][vectors - 1], last);
    }
}

#define ROWS(n)                                                                                                   \
    static void NAME(KN_JOIN(outer_block, n))(const kn_outer_f32 *t, ptrdiff_t row, ptrdiff_t column,             \
                                              ptrdiff_t columns, ptrdiff_t vectors) {                             \
        if (vectors == OUTER_VECTORS)                                                                             \
            NAME(outer_block)(t, row, column, columns, n, OUTER_VECTORS);                                         \
        else if (vectors == 2)                                                                                    \
            NAME(outer_block)(t, row, column, columns, n, 2);                                                     \
        else                                                                                                      \
            NAME(outer_block)(t, row, column, columns, n, 1);                                                     \
    }
KN_EACH_OUTER(ROWS)
#undef ROWS

static void NAME(outer_f32)(const kn_outer_f32 *t) {
    typedef void kernel(const kn_outer_f32 *, ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t);
#define ROWS(n) NAME(KN_JOIN(outer_block, n)),
    static kernel *const kernels[] = {KN_EACH_OUTER(ROWS)};
#undef ROWS
    const ptrdiff_t vectors = (t->columns + LANES - 1) / LANES, parts = (vectors + OUTER_VECTORS - 1) / OUTER_VECTORS;
    const ptrdiff_t blocks = (t->rows + OUTER_ROWS - 1) / OUTER_ROWS;
    for (ptrdiff_t part = 0; part < parts; part++) {
        ptrdiff_t first = vectors * part / parts, count = vectors * (part + 1) / parts - first, row = 0;
        for (ptrdiff_t i = 1; i <= blocks; i++) {
            ptrdiff_t end = t->rows * i / blocks;
            kernels[end - row - 1](t, row, first * LANES, t->columns - first * LANES, count);
            row = end;
        }
    }
}
