// Any block: sums of `rows` rows of `vectors` vectors.
static __attribute__((noinline)) void NAME(store_i8_any)(const kn_tile_i8 *t, const NAME(ivec) *sum, ptrdiff_t row,
                                                         ptrdiff_t column, ptrdiff_t columns, ptrdiff_t rows,
                                                         ptrdiff_t vectors) {
    for (ptrdiff_t i = row; i < row + rows; i++)
        for (ptrdiff_t v = 0; v < vectors; v++) {
            const ptrdiff_t j = column + v * LANES, left = columns - v * LANES;
            NAME(vec) x = __builtin_convertvector(*sum++, NAME(vec)) * NAME(load)(t->scale + j);
            if (t->y_f32 && left >= LANES) {
                *(NAME(loose) *)(t->y_f32 + i * t->y_stride + j) = x;
            } else if (t->y_f32) {
                NAME(put_floats)(t->y_f32 + i * t->y_stride + j, x, left);
            } else {
                NAME(ivec) q = NAME(round)(x, t->zero, t->low, t->high);
                NAME(bytes) y = __builtin_convertvector(q, NAME(bytes));
                if (left >= LANES)
                    *(NAME(bytes) *)(t->y + i * t->y_stride + j) = y;
                else
                    NAME(put_bytes)(t->y + i * t->y_stride + j, y, left);
            }
        }
}
