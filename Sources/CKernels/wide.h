// The tile of 64-bit Arm, as a template: panels are 16 columns wide, so that one instruction loads a row of a panel,
// another 32 bytes of a row of a, and 128 multiply-adds take 12 loads. Before including it define
//   TILE, SUM, V                  what it computes; four sums; 16 bytes of a or b
//   OP, OF, PART, MADD(c, w, e, l)   multiply-add by lane: "fmla", ".4s", ".s", and as an intrinsic
//   GROUPS, BYTES                 groups of 4 bytes in a segment of the tile t, bytes of an element of a
//   NAME(out), NAME(out_of), NAME(put)   where sums go
#ifndef KN_EACH_WIDE
// Eight groups of every row of a, written out: compilers run out of registers where one instruction fills four.
#define FOUR(s0, s1, s2, s3, w0, w1, w2, w3, e)                                                       \
    OP " %" #s0 ".4s, v" #w0 OF ", v" e "\n" OP " %" #s1 ".4s, v" #w1 OF ", v" e "\n"                 \
    OP " %" #s2 ".4s, v" #w2 OF ", v" e "\n" OP " %" #s3 ".4s, v" #w3 OF ", v" e "\n"
#define TIMES_3(w0, w1, w2, w3, e0, e1, e2, e3)                                                       \
    FOUR(0, 1, 2, 3, w0, w1, w2, w3, e0)                                                              \
    FOUR(4, 5, 6, 7, w0, w1, w2, w3, e1)                                                              \
    FOUR(8, 9, 10, 11, w0, w1, w2, w3, e2)
#define TIMES_4(w0, w1, w2, w3, e0, e1, e2, e3)                                                       \
    TIMES_3(w0, w1, w2, w3, e0, e1, e2, e3)                                                           \
    FOUR(12, 13, 14, 15, w0, w1, w2, w3, e3)
#define ODD(TIMES, e0, e1, e2, e3, lane)                                                              \
    TIMES(24, 25, 26, 27, #e0 PART lane, #e1 PART lane, #e2 PART lane, #e3 PART lane)
#define EVEN(TIMES, e0, e1, e2, e3, lane)                                                             \
    TIMES(28, 29, 30, 31, #e0 PART lane, #e1 PART lane, #e2 PART lane, #e3 PART lane)
#define LOAD_ODD "ld1 {v24.4s-v27.4s}, [%[b]], #64\n"
#define LOAD_EVEN "ld1 {v28.4s-v31.4s}, [%[b]], #64\n"
#define THREE_GROUPS(TIMES, ...)                                                                      \
    ODD(TIMES, __VA_ARGS__, "[0]") LOAD_ODD EVEN(TIMES, __VA_ARGS__, "[1]") LOAD_EVEN                 \
    ODD(TIMES, __VA_ARGS__, "[2]")
#define EIGHT_GROUPS(TIMES)                                                                           \
    LOAD_ODD LOAD_EVEN THREE_GROUPS(TIMES, 16, 18, 20, 22) LOAD_ODD EVEN(TIMES, 16, 18, 20, 22, "[3]") \
    LOAD_EVEN THREE_GROUPS(TIMES, 17, 19, 21, 23) EVEN(TIMES, 17, 19, 21, 23, "[3]")
#define LOAD_3 "ldp q16, q17, [%[x0]], #32\n ldp q18, q19, [%[x1]], #32\n ldp q20, q21, [%[x2]], #32\n"
#define LOAD_4 LOAD_3 "ldp q22, q23, [%[x3]], #32\n"
#define SUMS(i) "+w"(sum[0][i][0]), "+w"(sum[0][i][1]), "+w"(sum[0][i][2]), "+w"(sum[0][i][3])
#define ADDRESSES [b] "+r"(b), [x0] "+r"(x[0]), [x1] "+r"(x[1]), [x2] "+r"(x[2])
#define USED                                                                                          \
    "memory", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", \
        "v29", "v30", "v31"
#define KN_EACH_WIDE(X)                                                                               \
    X(1, 4) X(2, 4) X(3, 4) X(4, 4) X(1, 2) X(2, 2) X(3, 2) X(4, 2) X(5, 2) X(6, 2) X(7, 2) X(8, 2)
#endif

// `count` blocks of `rows` rows, from row `row` on, against `vectors` vectors of each of `panels` panels. Rows, panels
// and vectors are known when compiled.
KN_INLINE void NAME(wide_blocks)(const TILE *t, ptrdiff_t row, ptrdiff_t column, ptrdiff_t columns, ptrdiff_t count,
                                 const int rows, const int panels, const int vectors) {
    const ptrdiff_t segments = t->segments, groups = GROUPS, step = 4 * KN_WIDE * segments * groups;
    const ptrdiff_t *const offset = t->offset;
    const char *const first = (const char *)t->b + column * 4 * segments * groups;
    const char *const *a = (const char *const *)t->a + row;
    NAME(out) out = NAME(out_of)(t, row, column, columns, panels * vectors);
    for (; count > 0; count--, a += rows) {
        SUM sum[4][8][4];
        KN_UNROLL for (int p = 0; p < panels; p++)
            KN_UNROLL for (int v = 0; v < vectors; v++) {
                const SUM bias = *(const SUM *)(t->bias + column + p * KN_WIDE + 4 * v);
                KN_UNROLL for (int i = 0; i < rows; i++) sum[p][i][v] = bias;
            }
        const char *b = first;
#define TIMES(lane)                                                                                   \
    do {                                                                                              \
        KN_UNROLL for (int p = 0; p < panels; p++)                                                    \
            KN_UNROLL for (int v = 0; v < vectors; v++) {                                             \
                const V w = *(const V *)(b + p * step + 16 * v);                                      \
                KN_UNROLL for (int i = 0; i < rows; i++) sum[p][i][v] = MADD(sum[p][i][v], w, e[i], lane); \
            }                                                                                         \
        b += 4 * KN_WIDE;                                                                             \
    } while (0)
        for (ptrdiff_t s = 0; s < segments; s++) {
            const char *x[8];
            V e[8];
            KN_UNROLL for (int i = 0; i < rows; i++) x[i] = a[i] + offset[s] * BYTES;
            ptrdiff_t left = groups;
            if (panels == 1 && vectors == 4 && rows >= 3) left = (ptrdiff_t)((size_t)groups % 8);
            if (panels == 1 && vectors == 4 && rows == 4)
                for (ptrdiff_t eights = (ptrdiff_t)((size_t)groups / 8); eights != 0; eights--)
                    __asm__ volatile(LOAD_4 EIGHT_GROUPS(TIMES_4)
                                     : SUMS(0), SUMS(1), SUMS(2), SUMS(3), ADDRESSES, [x3] "+r"(x[3])
                                     :
                                     : USED);
            if (panels == 1 && vectors == 4 && rows == 3)
                for (ptrdiff_t eights = (ptrdiff_t)((size_t)groups / 8); eights != 0; eights--)
                    __asm__ volatile(LOAD_3 EIGHT_GROUPS(TIMES_3)
                                     : SUMS(0), SUMS(1), SUMS(2), ADDRESSES
                                     :
                                     : USED);
            for (; left >= 4; left -= 4) {
                KN_UNROLL for (int i = 0; i < rows; i++) e[i] = *(const V *)x[i], x[i] += 16;
                TIMES(0);
                TIMES(1);
                TIMES(2);
                TIMES(3);
            }
            if (left >= 2) {
                KN_UNROLL for (int i = 0; i < rows; i++)
                    e[i] = (V)vcombine_s64(vld1_s64((const int64_t *)x[i]), vdup_n_s64(0)), x[i] += 8;
                TIMES(0);
                TIMES(1);
                left -= 2;
            }
            if (left > 0) {
                KN_UNROLL for (int i = 0; i < rows; i++) e[i] = (V)vdupq_n_s32(kn_word((const int8_t *)x[i]));
                TIMES(0);
            }
        }
#undef TIMES
        NAME(put)(&out, sum, rows, panels, vectors);
    }
}

// One panel, of `columns` columns.
#define WIDE(rows, vectors)                                                                           \
    static void NAME(wide_##rows##_##vectors)(const TILE *t, ptrdiff_t row, ptrdiff_t column, ptrdiff_t columns, \
                                              ptrdiff_t count) {                                      \
        NAME(wide_blocks)(t, row, column, columns, count, rows, 1, vectors);                          \
    }
KN_EACH_WIDE(WIDE)
#undef WIDE

// One or two rows alone would wait for each multiply-add to finish: several panels at once keep the units busy.
static void NAME(wide_alone)(const TILE *t, ptrdiff_t column) {
    NAME(wide_blocks)(t, 0, column, 4 * KN_WIDE, 1, 1, 4, 4);
}
static void NAME(wide_pair)(const TILE *t, ptrdiff_t column) {
    NAME(wide_blocks)(t, 0, column, 2 * KN_WIDE, 1, 2, 2, 4);
}

static void NAME(wide)(const TILE *t) {
    typedef void kernel(const TILE *, ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t);
#define WIDE(rows, vectors) [vectors / 4][rows - 1] = NAME(wide_##rows##_##vectors),
    static kernel *const kernels[2][8] = {KN_EACH_WIDE(WIDE)};
#undef WIDE
    ptrdiff_t column = 0;
    if (t->rows == 1)
        for (; column + 4 * KN_WIDE <= t->columns; column += 4 * KN_WIDE) NAME(wide_alone)(t, column);
    if (t->rows == 2)
        for (; column + 2 * KN_WIDE <= t->columns; column += 2 * KN_WIDE) NAME(wide_pair)(t, column);
    for (; column < t->columns && t->rows > 0; column += KN_WIDE) {
        const ptrdiff_t left = t->columns - column < KN_WIDE ? t->columns - column : KN_WIDE;
        const ptrdiff_t most = left > 8 ? 4 : 8, blocks = (t->rows + most - 1) / most;
        // Even blocks: the first ones have one row more.
        const ptrdiff_t rows = t->rows / blocks, taller = t->rows % blocks;
        kernel *const *of = kernels[left > 8];
        if (taller > 0) of[rows](t, 0, column, left, taller);
        of[rows - 1](t, taller * (rows + 1), column, left, blocks - taller);
    }
}
#undef TILE
#undef SUM
#undef V
#undef OP
#undef OF
#undef PART
#undef MADD
#undef GROUPS
#undef BYTES
