// f32 depthwise rows of any number of channels out of two widths of depthwise_f32.h.

// WIDE(first, last) and HALF(first, last) do channels in whole vectors of WIDTH and WIDTH / 2; ONE(c) does one.
// The last vector overlaps the one before it rather than go through shorter ones.
#define KN_DEPTHWISE_CHANNELS(n, WIDTH, WIDE, HALF, ONE)               \
    do {                                                               \
        const ptrdiff_t whole = n / WIDTH * WIDTH, rest = n - whole;   \
        if (whole > 0) WIDE(0, whole);                                 \
        if (rest > WIDTH / 2 && whole > 0) {                           \
            WIDE(n - WIDTH, n);                                        \
        } else if (rest > 0 && n >= WIDTH / 2) {                       \
            if (rest > WIDTH / 2) HALF(0, WIDTH / 2);                  \
            HALF(n - WIDTH / 2, n);                                    \
        } else {                                                       \
            for (ptrdiff_t c = whole; c < n; c++) ONE(c);              \
        }                                                              \
    } while (0)

// One channel of a depthwise row in f32.
static void depthwise_one(const kn_depthwise_f32 *t, ptrdiff_t c) {
    for (ptrdiff_t x = 0; x < t->columns; x++) {
        float sum = t->bias[c];
        for (ptrdiff_t i = 0; i < t->kh; i++) {
            if (!t->rows[i]) continue;
            for (ptrdiff_t j = 0; j < t->kw; j++) {
                ptrdiff_t ix = x * t->stride - t->pad + j * t->dilation;
                if (ix < 0 || ix >= t->width) continue;
                sum = KN_FMA_ONE(t->rows[i][ix * t->channels + c], t->w[(i * t->kw + j) * t->channels + c], sum);
            }
        }
        t->y[x * t->y_step + c] = kn_clamp(sum, t->low, t->high);
    }
}
