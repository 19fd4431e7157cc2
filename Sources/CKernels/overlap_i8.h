// For sums of few groups, where making bytes of a block's sums takes about as long as making the sums: the sums of one
// block become bytes while those of the next are made, and neither keeps the other's units waiting. An addition to
// tile_i8.h with store_x86.h, for whole panels and blocks of KN_OVER rows, whose sums and the waiting ones fit the registers.
#define KN_OVER 6

// Sums that wait, their scales, and where their bytes go.
typedef struct {
    NAME(ivec) sum[KN_OVER][2];
    const float *scale;
    int8_t *y;
} NAME(waiting);

// Bytes of rows i and i + 1, not before the products that stand before this.
KN_INLINE void NAME(end_pair)(const NAME(limits) *limits, ptrdiff_t stride, NAME(waiting) *w, const int i,
                              const int limited) {
    const NAME(vec) scale[2] = {NAME(load)(w->scale), NAME(load)(w->scale + LANES)};
    __asm__("" : "+v"(w->sum[i][0]), "+v"(w->sum[i][1]), "+v"(w->sum[i + 1][0]), "+v"(w->sum[i + 1][1]));
    const V bytes = NAME(narrow)(limits, w->sum[i], w->sum[i + 1], scale, 2, limited);
    STORE_HALF(w->y + i * stride, bytes, 0, 2);
    STORE_HALF(w->y + (i + 1) * stride, bytes, 1, 2);
}

// The first `count` blocks of the first `panels` panels, 3 · `each` groups or more to a segment: a pair of rows ends
// every `each` groups. `each` and `limited` are known when compiled.
KN_INLINE void NAME(overlapped)(const kn_tile_i8 *t, ptrdiff_t count, ptrdiff_t panels, const int each,
                                const int limited) {
    const ptrdiff_t segments = t->segments, groups = t->run4, stride = t->y_stride;
    // In memory: registers are all taken.
    const NAME(limits) fixed = NAME(limits_of)(t), *limits = &fixed;
    __asm__("" : "+r"(limits) : "m"(fixed));
    // What waits before the first block goes where that block's own bytes go later.
    NAME(waiting) waiting = {.scale = t->scale, .y = t->y};
    for (ptrdiff_t column = 0; column < 2 * LANES * panels; column += 2 * LANES) {
        const int8_t *const panel = t->b + column * 4 * segments * groups, *const *a = t->a;
        int8_t *y = t->y + column;
        for (ptrdiff_t block = 0; block < count; block++, a += KN_OVER, y += KN_OVER * stride) {
            NAME(ivec) sum[KN_OVER][2];
            KN_UNROLL for (int v = 0; v < 2; v++) {
                const NAME(ivec) bias = NAME(iload)(t->bias + column + v * LANES);
                KN_UNROLL for (int i = 0; i < KN_OVER; i++) sum[i][v] = bias;
            }
            const int8_t *b = panel;
#define GROUP                                                                               \
    do {                                                                                    \
        const B w[2] = {READ_B(b), READ_B(b + 4 * LANES)};                                  \
        KN_UNROLL for (int i = 0; i < KN_OVER; i++) {                                       \
            const A e = READ_A(x[i] + 4 * k);                                               \
            KN_UNROLL for (int v = 0; v < 2; v++) sum[i][v] = DOT(sum[i][v], e, w[v]);      \
        }                                                                                   \
        k++;                                                                                \
        b += 8 * LANES;                                                                     \
    } while (0)
            for (ptrdiff_t s = 0; s < segments; s++) {
                const int8_t *x[KN_OVER];
                KN_UNROLL for (int i = 0; i < KN_OVER; i++) x[i] = a[i] + t->offset[s];
                ptrdiff_t k = 0;
                if (s == 0)
                    KN_UNROLL for (int i = 0; i < KN_OVER; i += 2) {
                        GROUP;
                        NAME(end_pair)(limits, stride, &waiting, i, limited);
                        KN_UNROLL for (int g = 1; g < each; g++) GROUP;
                    }
                while (k < groups) GROUP;
            }
#undef GROUP
            KN_UNROLL for (int i = 0; i < KN_OVER; i++)
                KN_UNROLL for (int v = 0; v < 2; v++) waiting.sum[i][v] = sum[i][v];
            waiting.scale = t->scale + column;
            waiting.y = y;
        }
    }
    KN_UNROLL for (int i = 0; i < KN_OVER; i += 2) NAME(end_pair)(limits, stride, &waiting, i, limited);
}

#define OVERLAPPED(each, limited)                                                                              \
    static void NAME(overlapped_##each##_##limited)(const kn_tile_i8 *t, ptrdiff_t count, ptrdiff_t panels) {  \
        NAME(overlapped)(t, count, panels, each, limited);                                                     \
    }
OVERLAPPED(1, 0)
OVERLAPPED(1, 1)
OVERLAPPED(2, 0)
OVERLAPPED(2, 1)
OVERLAPPED(4, 0)
OVERLAPPED(4, 1)
#undef OVERLAPPED

// Rows and columns of bytes from `row` and `column` on.
KN_INLINE void NAME(rest_i8)(const kn_tile_i8 *t, ptrdiff_t row, ptrdiff_t rows, ptrdiff_t column) {
    kn_tile_i8 rest = *t;
    rest.rows = rows;
    rest.columns -= column;
    rest.a += row;
    rest.b += column * 4 * t->segments * t->run4;
    rest.bias += column;
    rest.scale += column;
    rest.y += row * t->y_stride + column;
    if (rest.rows > 0 && rest.columns > 0) NAME(tile_i8)(&rest);
}

// tile_i8, overlapped where that can be done.
static void NAME(overlap_i8)(const kn_tile_i8 *t) {
    typedef void kernel(const kn_tile_i8 *, ptrdiff_t, ptrdiff_t);
    static kernel *const kernels[3][2] = {{NAME(overlapped_1_0), NAME(overlapped_1_1)},
                                          {NAME(overlapped_2_0), NAME(overlapped_2_1)},
                                          {NAME(overlapped_4_0), NAME(overlapped_4_1)}};
    const ptrdiff_t count = t->rows / KN_OVER, panels = t->columns / (2 * LANES);
    if (count < 2 || panels < 1 || t->run4 < 3 || t->y_f32 || !NAME(small_scales)(t, 0, panels * 2 * LANES)) {
        NAME(tile_i8)(t);
        return;
    }
    kernels[t->run4 < 6 ? 0 : t->run4 < 12 ? 1 : 2][t->low > -128 || t->high < 127](t, count, panels);
    NAME(rest_i8)(t, 0, count * KN_OVER, panels * 2 * LANES);
    NAME(rest_i8)(t, count * KN_OVER, t->rows - count * KN_OVER, 0);
}
#undef KN_OVER
