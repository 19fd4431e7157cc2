// One vector of channels of a depthwise row in f32, as a template over vectors.h; a multiple of 4 columns at a time.

// Columns x ..< x + count, count known when compiled, whose windows lie inside the row.
KN_INLINE void NAME(columns_any)(const kn_depthwise_f32 *t, ptrdiff_t c, ptrdiff_t x, const int count) {
    NAME(vec) sum[4];
    const ptrdiff_t step = t->stride * t->channels;
    KN_UNROLL for (int o = 0; o < count; o++) sum[o] = NAME(load)(t->bias + c);
    for (ptrdiff_t i = 0; i < t->kh; i++) {
        if (!t->rows[i]) continue;
        const float *w = t->w + i * t->kw * t->channels + c;
        const float *p = t->rows[i] + (x * t->stride - t->pad) * t->channels + c;
        for (ptrdiff_t j = 0; j < t->kw; j++, w += t->channels, p += t->dilation * t->channels) {
            NAME(vec) factor = NAME(load)(w);
            KN_UNROLL for (int o = 0; o < count; o++)
                sum[o] = __builtin_elementwise_fma(NAME(load)(p + o * step), factor, sum[o]);
        }
    }
    KN_UNROLL for (int o = 0; o < count; o++)
        *(NAME(loose) *)(t->y + (x + o) * t->channels + c) =
            kn_clamp(sum[o], NAME(fill)(t->low), NAME(fill)(t->high));
}

// Column x, whose window may reach outside the row.
static void NAME(column_edge)(const kn_depthwise_f32 *t, ptrdiff_t c, ptrdiff_t x) {
    NAME(vec) sum = NAME(load)(t->bias + c);
    for (ptrdiff_t i = 0; i < t->kh; i++) {
        if (!t->rows[i]) continue;
        for (ptrdiff_t j = 0; j < t->kw; j++) {
            ptrdiff_t ix = x * t->stride - t->pad + j * t->dilation;
            if (ix < 0 || ix >= t->width) continue;
            NAME(vec) w = NAME(load)(t->w + (i * t->kw + j) * t->channels + c);
            sum = __builtin_elementwise_fma(NAME(load)(t->rows[i] + ix * t->channels + c), w, sum);
        }
    }
    *(NAME(loose) *)(t->y + x * t->channels + c) = kn_clamp(sum, NAME(fill)(t->low), NAME(fill)(t->high));
}

// Columns first ..< last of a window three columns wide: its weights stay in registers, and each vector of x is read
// once for `count` columns. `height` and `stride` are known when compiled.
KN_INLINE void NAME(columns_3)(const kn_depthwise_f32 *t, ptrdiff_t c, const float *const *rows, const float *const *w,
                               ptrdiff_t first, ptrdiff_t last, const int height, const int stride, const int count) {
    NAME(vec) factor[3][3], sum[4];
    const ptrdiff_t n = t->channels;
    const NAME(vec) bias = NAME(load)(t->bias + c), low = NAME(fill)(t->low), high = NAME(fill)(t->high);
    KN_UNROLL for (int i = 0; i < height; i++)
        KN_UNROLL for (int j = 0; j < 3; j++) factor[i][j] = NAME(load)(w[i] + j * n + c);
    for (ptrdiff_t x = first; x + count <= last; x += count) {
        KN_UNROLL for (int o = 0; o < count; o++) sum[o] = bias;
        KN_UNROLL for (int i = 0; i < height; i++) {
            const float *p = rows[i] + (x * stride - t->pad) * n + c;
            KN_UNROLL for (int q = 0; q < (count - 1) * stride + 3; q++) {
                NAME(vec) e = NAME(load)(p + q * n);
                KN_UNROLL for (int o = 0; o < count; o++)
                    if (q - o * stride >= 0 && q - o * stride < 3)
                        sum[o] = __builtin_elementwise_fma(e, factor[i][q - o * stride], sum[o]);
            }
        }
        KN_UNROLL for (int o = 0; o < count; o++)
            *(NAME(loose) *)(t->y + (x + o) * n + c) = kn_clamp(sum[o], low, high);
    }
}

// All columns of the vector of channels that begins with c; those in inside.first ..< inside.last touch no edge.
static void NAME(depthwise)(const kn_depthwise_f32 *t, kn_range inside, ptrdiff_t c) {
    const float *rows[3], *w[3];
    int height = 0;
    ptrdiff_t x = inside.first;
    for (ptrdiff_t o = 0; o < inside.first; o++) NAME(column_edge)(t, c, o);
    if (t->kw == 3 && t->kh <= 3 && t->dilation == 1 && t->stride <= 2) {
        for (ptrdiff_t i = 0; i < t->kh; i++)
            if (t->rows[i]) {
                w[height] = t->w + i * 3 * t->channels;
                rows[height++] = t->rows[i];
            }
#define COLUMNS(height, stride)                                                          \
    NAME(columns_3)(t, c, rows, w, x, inside.last, height, stride, 4);                   \
    x += (inside.last - x) / 4 * 4;                                                      \
    NAME(columns_3)(t, c, rows, w, x, inside.last, height, stride, 1);                   \
    x = inside.last
        if (height == 3 && t->stride == 1) {
            COLUMNS(3, 1);
        } else if (height == 3) {
            COLUMNS(3, 2);
        } else if (height == 2 && t->stride == 1) {
            COLUMNS(2, 1);
        } else if (height == 2) {
            COLUMNS(2, 2);
        }
#undef COLUMNS
    }
    for (; x + 4 <= inside.last; x += 4) NAME(columns_any)(t, c, x, 4);
    for (; x < inside.last; x++) NAME(columns_any)(t, c, x, 1);
    for (; x < t->columns; x++) NAME(column_edge)(t, c, x);
}
