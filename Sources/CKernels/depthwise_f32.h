// Channels first ..< last, a multiple of LANES, of a depthwise row in f32, as a template over vectors.h.

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
                sum[o] = KN_FMA(NAME(load)(p + o * step), factor, sum[o]);
        }
    }
    KN_UNROLL for (int o = 0; o < count; o++)
        *(NAME(loose) *)(t->y + (x + o) * t->y_step + c) =
            NAME(limit)(sum[o], NAME(fill)(t->low), NAME(fill)(t->high));
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
            sum = KN_FMA(NAME(load)(t->rows[i] + ix * t->channels + c), w, sum);
        }
    }
    *(NAME(loose) *)(t->y + x * t->y_step + c) = NAME(limit)(sum, NAME(fill)(t->low), NAME(fill)(t->high));
}

// A vector at p, which moves on by n.
KN_INLINE NAME(vec) NAME(next)(const float **p, ptrdiff_t n) {
#if defined(__aarch64__) && LANES == 8
    // One instruction, where a load and an addition are two.
    const float32x4x2_t halves = vld1q_f32_x2(*p);
    NAME(vec) v = (NAME(vec))__builtin_shufflevector(halves.val[0], halves.val[1], 0, 1, 2, 3, 4, 5, 6, 7);
#else
    NAME(vec) v = NAME(load)(*p);
#endif
    *p += n;
    return v;
}

// Columns x ..< x + count of a window `kw` columns wide: each vector of x is read once for all of them. Everything
// after x is known when compiled; `guarded` where the window may reach outside the row.
KN_INLINE void NAME(columns)(const kn_depthwise_f32 *t, kn_range channels, ptrdiff_t x, const int count, const int kw,
                             const int stride, const int guarded) {
    const ptrdiff_t n = t->channels, left = x * stride - t->pad, height = t->kh, width = t->width, y_step = t->y_step;
    const float *const *rows = t->rows;
    const NAME(vec) low = NAME(fill)(t->low), high = NAME(fill)(t->high);
    for (ptrdiff_t c = channels.first; c < channels.last; c += LANES) {
        NAME(vec) sum[7], factor[5];
        KN_UNROLL for (int o = 0; o < count; o++) sum[o] = NAME(load)(t->bias + c);
        const float *w = t->w + c;
        for (ptrdiff_t i = 0; i < height; i++) {
            if (!rows[i]) {
                w += kw * n;
                continue;
            }
            const float *p = rows[i] + left * n + c;
            KN_UNROLL for (int j = 0; j < kw; j++) factor[j] = NAME(next)(&w, n);
            KN_UNROLL for (int q = 0; q < (count - 1) * stride + kw; q++) {
                if (guarded && (left + q < 0 || left + q >= width)) {
                    p += n;
                    continue;
                }
                NAME(vec) e = NAME(next)(&p, n);
                KN_UNROLL for (int o = 0; o < count; o++)
                    if (q - o * stride >= 0 && q - o * stride < kw)
                        sum[o] = KN_FMA(e, factor[q - o * stride], sum[o]);
            }
        }
        float *y = t->y + x * y_step + c;
        KN_UNROLL for (int o = 0; o < count; o++, y += y_step) *(NAME(loose) *)y = NAME(limit)(sum[o], low, high);
    }
}

// All columns, seven at a time (the widths of image networks are 7 · 2ⁿ, or near it); the last few overlap. Those in
// inside.first ..< inside.last touch no edge.
KN_INLINE void NAME(all_columns)(const kn_depthwise_f32 *t, kn_range inside, kn_range channels, const int kw,
                                 const int stride) {
    ptrdiff_t x = 0, n = t->columns;
    while (x < n) {
        if (n >= 7 && n - x > 4) {
            if (x + 7 > n) x = n - 7;
            if (x >= inside.first && x + 7 <= inside.last)
                NAME(columns)(t, channels, x, 7, kw, stride, 0);
            else
                NAME(columns)(t, channels, x, 7, kw, stride, 1);
            x += 7;
        } else if (n >= 4) {
            if (x + 4 > n) x = n - 4;
            NAME(columns)(t, channels, x, 4, kw, stride, 1);
            x += 4;
        } else {
            NAME(columns)(t, channels, x++, 1, kw, stride, 1);
        }
    }
}

static void NAME(depthwise)(const kn_depthwise_f32 *t, kn_range inside, kn_range channels) {
    if (t->dilation == 1 && t->kw == 3 && t->stride == 1) {
        NAME(all_columns)(t, inside, channels, 3, 1);
    } else if (t->dilation == 1 && t->kw == 3 && t->stride == 2) {
        NAME(all_columns)(t, inside, channels, 3, 2);
    } else if (t->dilation == 1 && t->kw == 5 && t->stride == 1) {
        NAME(all_columns)(t, inside, channels, 5, 1);
    } else if (t->dilation == 1 && t->kw == 5 && t->stride == 2) {
        NAME(all_columns)(t, inside, channels, 5, 2);
    } else if (t->dilation == 1 && t->kw == 2 && t->stride == 1) {
        NAME(all_columns)(t, inside, channels, 2, 1);
    } else if (t->kw == 1 && t->stride == 1) {
        NAME(all_columns)(t, inside, channels, 1, 1);
    } else {
        for (ptrdiff_t c = channels.first; c < channels.last; c += LANES) {
            ptrdiff_t x = 0;
            for (; x < inside.first; x++) NAME(column_edge)(t, c, x);
            for (; x + 4 <= inside.last; x += 4) NAME(columns_any)(t, c, x, 4);
            for (; x < inside.last; x++) NAME(columns_any)(t, c, x, 1);
            for (; x < t->columns; x++) NAME(column_edge)(t, c, x);
        }
    }
}
