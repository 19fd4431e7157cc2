// int8 depthwise rows of ARMv7, eight channels at a time.

// Columns first ..< last, whatever the window: differences from x_zero fit in 16 bits.
static void kn_any_window(const kn_depthwise_i8 *t, ptrdiff_t c, ptrdiff_t first, ptrdiff_t last) {
    const kn_output output = kn_output_of(t->zero, t->low, t->high);
    const int8x8_t x_zero = vdup_n_s8((int8_t)t->x_zero);
    for (ptrdiff_t x = first; x < last; x++) {
        int32x4_t low = vld1q_s32(t->bias + c), high = vld1q_s32(t->bias + c + 4);
        for (ptrdiff_t i = 0; i < t->kh; i++) {
            if (!t->rows[i]) continue;
            for (ptrdiff_t j = 0; j < t->kw; j++) {
                const ptrdiff_t ix = x * t->stride - t->pad + j * t->dilation;
                if (ix < 0 || ix >= t->width) continue;
                int16x8_t d = vsubl_s8(vld1_s8(t->rows[i] + ix * t->channels + c), x_zero);
                int16x8_t w = vmovl_s8(vld1_s8(t->w + (i * t->kw + j) * t->channels + c));
                low = vmlal_s16(low, vget_low_s16(d), vget_low_s16(w));
                high = vmlal_s16(high, vget_high_s16(d), vget_high_s16(w));
            }
        }
        vst1_s8(t->y + x * t->channels + c,
                kn_bytes(low, high, vld1q_f32(t->scale + c), vld1q_f32(t->scale + c + 4), output));
    }
}

// Columns first ..< last, whose windows of `rows` rows (known when compiled) by 3 lie inside: Σ x · w with products of two
// taps added in 16 bits, and x_zero · Σ w taken from the bias. `w`, above -128, and `p` are those of the rows that exist.
KN_INLINE void kn_three_wide(const kn_depthwise_i8 *t, ptrdiff_t c, ptrdiff_t first, ptrdiff_t last, const int8_t **p,
                             const int8x8_t *w, const int rows) {
    const kn_output output = kn_output_of(t->zero, t->low, t->high);
    const float32x4_t low_scale = vld1q_f32(t->scale + c), high_scale = vld1q_f32(t->scale + c + 4);
    const ptrdiff_t tap = t->dilation * t->channels, step = t->stride * t->channels;
    const int count = 3 * rows;
    int16x8_t all = vdupq_n_s16(0);
    KN_UNROLL for (int k = 0; k < count; k++) all = vaddw_s8(all, w[k]);
    const int16x4_t x_zero = vdup_n_s16((int16_t)t->x_zero);
    const int32x4_t low_start = vmlsl_s16(vld1q_s32(t->bias + c), vget_low_s16(all), x_zero);
    const int32x4_t high_start = vmlsl_s16(vld1q_s32(t->bias + c + 4), vget_high_s16(all), x_zero);
    int8_t *y = t->y + first * t->channels + c;
    for (ptrdiff_t x = first; x < last; x++, y += t->channels) {
        int32x4_t low = low_start, high = high_start;
        int8x8_t e[9];
        KN_UNROLL for (int i = 0; i < rows; i++) {
            const int8_t *q = p[i];
            KN_UNROLL for (int j = 0; j < 3; j++, q += tap) e[3 * i + j] = vld1_s8(q);
            p[i] += step;
        }
        KN_UNROLL for (int k = 0; k < count; k += 2) {
            int16x8_t product = vmull_s8(e[k], w[k]);
            if (k + 1 < count) product = vmlal_s8(product, e[k + 1], w[k + 1]);
            low = vaddw_s16(low, vget_low_s16(product));
            high = vaddw_s16(high, vget_high_s16(product));
        }
        vst1_s8(y, kn_bytes(low, high, low_scale, high_scale, output));
    }
}

static void kn_eight_channels(const kn_depthwise_i8 *t, ptrdiff_t c, kn_range inside) {
    int8x8_t w[9], least = vdup_n_s8(0);
    const int8_t *p[3];
    int rows = 0;
    if (t->kh == 3 && t->kw == 3)
        for (ptrdiff_t i = 0; i < 3; i++) {
            if (!t->rows[i]) continue;
            for (ptrdiff_t j = 0; j < 3; j++) {
                w[3 * rows + j] = vld1_s8(t->w + (3 * i + j) * t->channels + c);
                least = vmin_s8(least, w[3 * rows + j]);
            }
            p[rows++] = t->rows[i] + (inside.first * t->stride - t->pad) * t->channels + c;
        }
    for (int i = 0; i < 3; i++) least = vpmin_s8(least, least);
    if (rows == 0 || inside.first >= inside.last || vget_lane_s8(least, 0) == -128)
        return kn_any_window(t, c, 0, t->columns);
    kn_any_window(t, c, 0, inside.first);
    if (rows == 3)
        kn_three_wide(t, c, inside.first, inside.last, p, w, 3);
    else if (rows == 2)
        kn_three_wide(t, c, inside.first, inside.last, p, w, 2);
    else
        kn_three_wide(t, c, inside.first, inside.last, p, w, 1);
    kn_any_window(t, c, inside.last, t->columns);
}

static void depthwise_i8(const kn_depthwise_i8 *t) {
    const kn_range inside = kn_inside(t->columns, t->width, t->stride, t->pad, (t->kw - 1) * t->dilation + 1);
    ptrdiff_t c = 0, n = t->channels;
    for (; c + 8 <= n; c += 8) kn_eight_channels(t, c, inside);
    if (c < n && n >= 8)
        kn_eight_channels(t, n - 8, inside);
    else if (c < n)
        depthwise_i8_any(t, c, n - c);
}
