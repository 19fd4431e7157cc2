// NAME(ENTRY): all rows and columns of a TILE through NAME(BLOCK), which is compiled for each number of rows.
#define ROWS(n)                                                                                                    \
    static void NAME(KN_JOIN(BLOCK, n))(const TILE *t, ptrdiff_t row, ptrdiff_t column, ptrdiff_t columns) {       \
        if (columns > LANES)                                                                                       \
            NAME(BLOCK)(t, row, column, columns, n, 1, 2);                                                         \
        else                                                                                                       \
            NAME(BLOCK)(t, row, column, columns, n, 1, 1);                                                         \
    }
KN_EACH_ROW(ROWS)
#undef ROWS

// Panels that one row and two rows take at once; fewer where registers are few.
#ifndef KN_ALONE
#define KN_ALONE 4
#define KN_PAIR 2
#endif

// One or two rows alone would wait for each multiply-add to finish: several panels at once keep the units busy.
static void NAME(KN_JOIN(BLOCK, _alone))(const TILE *t, ptrdiff_t column) {
    NAME(BLOCK)(t, 0, column, 2 * KN_ALONE * LANES, 1, KN_ALONE, 2);
}
static void NAME(KN_JOIN(BLOCK, _pair))(const TILE *t, ptrdiff_t column) {
    NAME(BLOCK)(t, 0, column, 2 * KN_PAIR * LANES, 2, KN_PAIR, 2);
}

static void NAME(ENTRY)(const TILE *t) {
    typedef void kernel(const TILE *, ptrdiff_t, ptrdiff_t, ptrdiff_t);
#define ROWS(n) NAME(KN_JOIN(BLOCK, n)),
    static kernel *const kernels[] = {KN_EACH_ROW(ROWS)};
#undef ROWS
    const ptrdiff_t blocks = (t->rows + MR - 1) / MR;
    ptrdiff_t column = 0;
    if (t->rows == 1)
        for (; column + 2 * KN_ALONE * LANES <= t->columns; column += 2 * KN_ALONE * LANES) NAME(KN_JOIN(BLOCK, _alone))(t, column);
    if (t->rows == 2)
        for (; column + 2 * KN_PAIR * LANES <= t->columns; column += 2 * KN_PAIR * LANES) NAME(KN_JOIN(BLOCK, _pair))(t, column);
    for (; column < t->columns; column += 2 * LANES) {
        ptrdiff_t left = t->columns - column, row = 0;
        for (ptrdiff_t i = 1; i <= blocks; i++) {
            ptrdiff_t end = t->rows * i / blocks;
            kernels[end - row - 1](t, row, column, left);
            row = end;
        }
    }
}
#undef TILE
#undef BLOCK
#undef ENTRY
#undef KN_ALONE
#undef KN_PAIR
