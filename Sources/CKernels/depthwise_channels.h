// f32 depthwise rows of any number of channels out of two widths of depthwise_f32.h.

// WIDE(c), HALF(c) and ONE(c) do WIDTH, WIDTH / 2 and 1 channels from c on.
// The last vector of channels overlaps the one before it rather than go through shorter ones.
#define KN_DEPTHWISE_CHANNELS(n, WIDTH, WIDE, HALF, ONE)              \
    do {                                                              \
        ptrdiff_t c = 0;                                              \
        for (; c + WIDTH <= n; c += WIDTH) WIDE(c);                   \
        if (c < n && n >= WIDTH && n - c > WIDTH / 2) {               \
            WIDE(n - WIDTH);                                          \
        } else if (c < n && n >= WIDTH / 2) {                         \
            if (n - c > WIDTH / 2) HALF(c);                           \
            HALF(n - WIDTH / 2);                                      \
        } else {                                                      \
            for (; c < n; c++) ONE(c);                                \
        }                                                             \
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
                sum = __builtin_fmaf(t->rows[i][ix * t->channels + c], t->w[(i * t->kw + j) * t->channels + c], sum);
            }
        }
        t->y[x * t->channels + c] = kn_clamp(sum, t->low, t->high);
    }
}
