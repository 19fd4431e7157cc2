// int8 depthwise rows of any number of channels out of two or three widths of depthwise_i8.h.

// Windows that depthwise_i8.h takes: at most KN_GROUPS groups of four rows, and KN_COLUMNS columns in all of them.
#define KN_GROUPS 4
#define KN_COLUMNS 32

// Channels c ..< c + count of a depthwise row in int8, whatever the window and the scales.
static void depthwise_i8_any(const kn_depthwise_i8 *t, ptrdiff_t c, ptrdiff_t count) {
    for (ptrdiff_t x = 0; x < t->columns; x++)
        for (ptrdiff_t n = c; n < c + count; n++) {
            uint32_t sum = (uint32_t)t->bias[n];
            for (ptrdiff_t i = 0; i < t->kh; i++) {
                if (!t->rows[i]) continue;
                for (ptrdiff_t j = 0; j < t->kw; j++) {
                    ptrdiff_t ix = x * t->stride - t->pad + j * t->dilation;
                    if (ix < 0 || ix >= t->width) continue;
                    int32_t w = t->w[(i * t->kw + j) * t->channels + n];
                    sum += (uint32_t)((t->rows[i][ix * t->channels + n] - t->x_zero) * w);
                }
            }
            float scaled = (float)(int32_t)sum * t->scale[n];
            t->y[x * t->channels + n] = (int8_t)kn_round_one(scaled, t->zero, t->low, t->high);
        }
}

// All channels through WIDE(t, c, 2 · width), HALF(t, c, width) and LAST(t, c, count), which may decline.
#define KN_DEPTHWISE_I8(t, width, WIDE, HALF, LAST)                                                 \
    do {                                                                                            \
        ptrdiff_t c = 0, n = (t)->channels;                                                         \
        const int fits = (t)->kh <= 4 * KN_GROUPS && ((t)->kh + 3) / 4 * (t)->kw <= KN_COLUMNS;     \
        while (c < n) {                                                                             \
            ptrdiff_t left = n - c, count = left >= 2 * (width) ? 2 * (width) : left >= (width) ? (width) : left;  \
            if (count > 16 && count < (width)) count = 16;                                          \
            int done = !fits ? 0                                                                    \
                       : count == 2 * (width) ? WIDE(t, c, count)                                   \
                       : count == (width)     ? HALF(t, c, count)                                   \
                                              : LAST(t, c, count);                                  \
            if (!done) depthwise_i8_any(t, c, count);                                               \
            c += count;                                                                             \
        }                                                                                           \
    } while (0)
