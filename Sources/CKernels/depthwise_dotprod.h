// Eight channels of a depthwise row in int8 with 3 × 3 windows: bytes of the three rows of x alternate, so that one
// dot product takes a column of the window for four channels.

// A column of three rows: channels 0 … 3, then 4 … 7. The fourth row is the third again, its weights are zero.
typedef struct {
    int8x16_t part[2];
} woven;

KN_INLINE woven weave(int8x8_t a, int8x8_t b, int8x8_t c, int8x8_t d) {
    const int8x8_t none = vdup_n_s8(0);
    const int8x16_t ab8 = vzip1q_s8(vcombine_s8(a, none), vcombine_s8(b, none));
    const int8x16_t cd8 = vzip1q_s8(vcombine_s8(c, none), vcombine_s8(d, none));
    const int16x8_t ab = vreinterpretq_s16_s8(ab8), cd = vreinterpretq_s16_s8(cd8);
    return (woven){{vreinterpretq_s8_s16(vzip1q_s16(ab, cd)), vreinterpretq_s8_s16(vzip2q_s16(ab, cd))}};
}

typedef struct {
    const int8_t *row[3];  // of x from the first channel on
    ptrdiff_t step, end;   // bytes between columns, of all of them
    woven w[3], outside;
    int32x4_t bias[2];
    float32x4_t scale[2];
    int16x8_t zero;
    int8x8_t low, high;
} window_3;

// The column `at` bytes from the first.
KN_INLINE woven column_at(const window_3 *v, ptrdiff_t at) {
    if (__builtin_expect((size_t)at >= (size_t)v->end, 0)) return v->outside;
    const int8x8_t c = vld1_s8(v->row[2] + at);
    return weave(vld1_s8(v->row[0] + at), vld1_s8(v->row[1] + at), c, c);
}

KN_INLINE void output_3(const window_3 *v, int8_t *y, woven a, woven b, woven c, const int limited) {
    int32x4_t q[2];
    KN_UNROLL for (int i = 0; i < 2; i++) {
        int32x4_t sum = vdotq_s32(v->bias[i], a.part[i], v->w[0].part[i]);
        sum = vdotq_s32(vdotq_s32(sum, b.part[i], v->w[1].part[i]), c.part[i], v->w[2].part[i]);
        q[i] = vcvtnq_s32_f32(vmulq_f32(vcvtq_f32_s32(sum), v->scale[i]));
    }
    int8x8_t bytes = vqmovn_s16(vqaddq_s16(vqmovn_high_s32(vqmovn_s32(q[0]), q[1]), v->zero));
    vst1_s8(y, limited ? vmin_s8(vmax_s8(bytes, v->low), v->high) : bytes);
}

// All columns; with stride 1 every column of x is woven once for the three outputs that it is part of.
KN_INLINE void columns_3(const window_3 *v, const kn_depthwise_i8 *t, int8_t *y, const int stride, const int limited) {
    ptrdiff_t at = -t->pad * v->step, left = t->columns;
    woven a = column_at(v, at), b, c;
    if (stride == 1) b = column_at(v, at += v->step);
    while (left > 0) {
        if (stride == 1) {
            c = column_at(v, at += v->step);
            output_3(v, y, a, b, c, limited);
            y += v->step;
            if (--left == 0) break;
            a = column_at(v, at += v->step);
            output_3(v, y, b, c, a, limited);
            y += v->step;
            if (--left == 0) break;
            b = column_at(v, at += v->step);
            output_3(v, y, c, a, b, limited);
        } else {
            b = column_at(v, at += v->step);
            c = column_at(v, at += v->step);
            output_3(v, y, a, b, c, limited);
            a = c;
        }
        y += v->step;
        left--;
    }
}

// Channels c ..< c + 8; at least one row is there.
static void depthwise_eight(const kn_depthwise_i8 *t, ptrdiff_t c) {
    const int8_t *there = t->rows[0] ? t->rows[0] : t->rows[1] ? t->rows[1] : t->rows[2];
    const int8x8_t none = vdup_n_s8(0), x_zero = vdup_n_s8((int8_t)t->x_zero);
    window_3 v = {.step = t->channels, .end = t->width * t->channels, .outside = weave(x_zero, x_zero, x_zero, x_zero),
                  .bias = {vld1q_s32(t->bias + c), vld1q_s32(t->bias + c + 4)},
                  .scale = {vld1q_f32(t->scale + c), vld1q_f32(t->scale + c + 4)},
                  .zero = vdupq_n_s16((int16_t)t->zero), .low = vdup_n_s8((int8_t)t->low),
                  .high = vdup_n_s8((int8_t)t->high)};
    KN_UNROLL for (int i = 0; i < 3; i++) v.row[i] = (t->rows[i] ? t->rows[i] : there) + c;
    KN_UNROLL for (int j = 0; j < 3; j++) {
        int8x8_t w[3];
        KN_UNROLL for (int i = 0; i < 3; i++) w[i] = t->rows[i] ? vld1_s8(t->w + (3 * i + j) * t->channels + c) : none;
        v.w[j] = weave(w[0], w[1], w[2], none);
        // Σ (x - x_zero) · w = Σ x · w - Σ x_zero · w
        KN_UNROLL for (int i = 0; i < 2; i++)
            v.bias[i] = vsubq_s32(v.bias[i], vdotq_s32(vdupq_n_s32(0), v.outside.part[i], v.w[j].part[i]));
    }
    // A scale that is no number comes out of conversion otherwise than the twin has it.
    const float32x4_t most = vdupq_n_f32(1e30f);
    if (!vminvq_u32(vandq_u32(vcaleq_f32(v.scale[0], most), vcaleq_f32(v.scale[1], most))))
        depthwise_i8_any(t, c, 8);
    else if (t->stride == 1 && t->low == -128 && t->high == 127)
        columns_3(&v, t, t->y + c, 1, 0);
    else if (t->stride == 1)
        columns_3(&v, t, t->y + c, 1, 1);
    else if (t->low == -128 && t->high == 127)
        columns_3(&v, t, t->y + c, 2, 0);
    else
        columns_3(&v, t, t->y + c, 2, 1);
}

static void depthwise_i8(const kn_depthwise_i8 *t) {
    const ptrdiff_t n = t->channels;
    if (n < 8 || t->kh != 3 || t->kw != 3 || t->dilation != 1 || (t->stride != 1 && t->stride != 2) ||
        !(t->rows[0] || t->rows[1] || t->rows[2]))
        return kn_neon.depthwise_i8(t);
    for (ptrdiff_t c = 0; c + 8 <= n; c += 8) depthwise_eight(t, c);
    if (n % 8) depthwise_eight(t, n - 8);
}
