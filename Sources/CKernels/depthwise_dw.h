// The gradient of depthwise weights of one instruction set, as a template over vectors.h.

// One vector of channels, of which `count` exist: kh × kw taps from (i, j) on, kh and kw known when compiled. Columns
// outside `inside` may have windows that leave the row.
KN_INLINE void NAME(sum_taps)(const kn_depthwise_dw_f32 *t, kn_range inside, ptrdiff_t c, ptrdiff_t i, ptrdiff_t j,
                          const int kh, const int kw) {
    NAME(vec) sum[9];
    const ptrdiff_t n = t->channels, step = t->dilation * n, count = t->count - c;
    KN_UNROLL for (int k = 0; k < kh * kw; k++) sum[k] = NAME(fill)(0);
#define COLUMNS(first, last, guarded)                                                                             \
    for (ptrdiff_t x = first; x < last; x++) {                                                                    \
        const ptrdiff_t left = x * t->stride + j * t->dilation - t->pad;                                          \
        const NAME(vec) dy = NAME(load)(t->dy + x * n + c);                                                       \
        KN_UNROLL for (int p = 0; p < kh; p++)                                                                    \
            KN_UNROLL for (int q = 0; q < kw; q++) {                                                              \
                const ptrdiff_t at = left + q * t->dilation;                                                      \
                if (guarded && (at < 0 || at >= t->width)) continue;                                              \
                const NAME(vec) e = NAME(load)(t->rows[i + p] + left * n + q * step + c);                         \
                sum[p * kw + q] = KN_FMA(dy, e, sum[p * kw + q]);                              \
            }                                                                                                     \
    }
    COLUMNS(0, inside.first, 1)
    COLUMNS(inside.first, inside.last, 0)
    COLUMNS(inside.last, t->columns, 1)
#undef COLUMNS
    KN_UNROLL for (int p = 0; p < kh; p++)
        KN_UNROLL for (int q = 0; q < kw; q++)
            NAME(add_floats)(t->y + ((i + p) * t->kw + j + q) * n + c, sum[p * kw + q], count);
}

static void NAME(depthwise_dw_f32)(const kn_depthwise_dw_f32 *t) {
    const kn_range inside = kn_inside(t->columns, t->width, t->stride, t->pad, (t->kw - 1) * t->dilation + 1);
    const int square = t->kh == 3 && t->kw == 3 && t->rows[0] && t->rows[1] && t->rows[2];
    for (ptrdiff_t c = 0; c < t->count; c += LANES) {
        if (square) {
            NAME(sum_taps)(t, inside, c, 0, 0, 3, 3);
            continue;
        }
        for (ptrdiff_t i = 0; i < t->kh; i++) {
            ptrdiff_t j = 0;
            if (!t->rows[i]) continue;
            for (; j + 5 <= t->kw; j += 5) NAME(sum_taps)(t, inside, c, i, j, 1, 5);
            for (; j + 3 <= t->kw; j += 3) NAME(sum_taps)(t, inside, c, i, j, 1, 3);
            for (; j < t->kw; j++) NAME(sum_taps)(t, inside, c, i, j, 1, 1);
        }
    }
}
