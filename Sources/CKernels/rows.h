// NAME(ENTRY): all rows and columns of a TILE through NAME(BLOCK), which is compiled for each number of rows. A function
// takes all blocks of its number: calls and what they load cost as much as a few multiply-adds of each block.
#define ROWS(n)                                                                                                    \
    static void NAME(KN_JOIN(BLOCK, n))(const TILE *t, ptrdiff_t row, ptrdiff_t column, ptrdiff_t columns,         \
                                        ptrdiff_t count) {                                                         \
        if (columns > LANES)                                                                                       \
            for (; count > 0; count--, row += n) NAME(BLOCK)(t, row, column, columns, n, 1, 2);                    \
        else                                                                                                       \
            for (; count > 0; count--, row += n) NAME(BLOCK)(t, row, column, columns, n, 1, 1);                    \
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
    typedef void kernel(const TILE *, ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t);
#define ROWS(n) NAME(KN_JOIN(BLOCK, n)),
    static kernel *const kernels[] = {KN_EACH_ROW(ROWS)};
#undef ROWS
    if (t->rows == 0) return;
    // Even blocks: the first ones have one row more.
    const ptrdiff_t blocks = (t->rows + MR - 1) / MR, rows = t->rows / blocks, taller = t->rows % blocks;
    ptrdiff_t column = 0;
    if (t->rows == 1)
        for (; column + 2 * KN_ALONE * LANES <= t->columns; column += 2 * KN_ALONE * LANES) NAME(KN_JOIN(BLOCK, _alone))(t, column);
    if (t->rows == 2)
        for (; column + 2 * KN_PAIR * LANES <= t->columns; column += 2 * KN_PAIR * LANES) NAME(KN_JOIN(BLOCK, _pair))(t, column);
    for (; column < t->columns; column += 2 * LANES) {
        const ptrdiff_t left = t->columns - column;
        if (taller > 0) kernels[rows](t, 0, column, left, taller);
        kernels[rows - 1](t, taller * (rows + 1), column, left, blocks - taller);
    }
}
#undef TILE
#undef BLOCK
#undef ENTRY
#undef KN_ALONE
#undef KN_PAIR
