// Eight channels of a depthwise row in int8 with what every ARMv8-A has: a product of two bytes fits in 16 bits, and so do
// two together unless a weight is -128.

// How sums of eight channels become bytes. A copy: stores to y could change anything that lies in memory.
typedef struct {
    float32x4_t scale[2];
    int16x8_t zero;
    int8x8_t low, high;
} eight_out;

KN_INLINE eight_out eight_out_of(const kn_depthwise_i8 *t, ptrdiff_t c) {
    return (eight_out){{vld1q_f32(t->scale + c), vld1q_f32(t->scale + c + 4)},
                       vdupq_n_s16((int16_t)t->zero), vdup_n_s8((int8_t)t->low), vdup_n_s8((int8_t)t->high)};
}

KN_INLINE void put_eight(const eight_out *out, int8_t *y, int32x4_t low, int32x4_t high) {
    int32x4_t p = vcvtnq_s32_f32(vmulq_f32(vcvtq_f32_s32(low), out->scale[0]));
    int32x4_t q = vcvtnq_s32_f32(vmulq_f32(vcvtq_f32_s32(high), out->scale[1]));
    int16x8_t wide = vqaddq_s16(vqmovn_high_s32(vqmovn_s32(p), q), out->zero);
    vst1_s8(y, vmin_s8(vmax_s8(vqmovn_s16(wide), out->low), out->high));
}

// Columns first ..< last, whatever the window.
static void eight_channels(const kn_depthwise_i8 *t, ptrdiff_t c, ptrdiff_t first, ptrdiff_t last) {
    const int8x8_t x_zero = vdup_n_s8((int8_t)t->x_zero);
    const eight_out out = eight_out_of(t, c);
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
                high = vmlal_high_s16(high, d, w);
            }
        }
        put_eight(&out, t->y + x * t->channels + c, low, high);
    }
}

// What 3 × 3 windows of eight channels need at every column, and where the next is.
typedef struct {
    const int8_t *row[3];
    int8_t *y;
    ptrdiff_t channels;
    int8x8_t w[9];
    int32x4_t bias[2];
    eight_out out;
} window_3;

// `count` columns, all known when compiled. Neighbours share what they read.
KN_INLINE void columns_3(window_3 *v, const int stride, const int count, const int two) {
    int8x8_t in[3][5];
    KN_UNROLL for (int i = 0; i < 3; i++) {
        const int8_t *p = v->row[i];
        KN_UNROLL for (int j = 0; j < stride * (count - 1) + 3; j++, p += v->channels) in[i][j] = vld1_s8(p);
        v->row[i] += count * stride * v->channels;
    }
    KN_UNROLL for (int o = 0; o < count; o++, v->y += v->channels) {
        int32x4_t low = v->bias[0], high = v->bias[1];
        KN_UNROLL for (int k = 0; k < 9; k += two ? 2 : 1) {
            int16x8_t p = vmull_s8(in[k / 3][o * stride + k % 3], v->w[k]);
            if (two && k + 1 < 9) p = vmlal_s8(p, in[(k + 1) / 3][o * stride + (k + 1) % 3], v->w[k + 1]);
            low = vaddw_s16(low, vget_low_s16(p));
            high = vaddw_high_s16(high, p);
        }
        put_eight(&v->out, v->y, low, high);
    }
}

#define LOOP_3(stride, two)                                               \
    do {                                                                  \
        for (; left >= 2; left -= 2) columns_3(&v, stride, 2, two);       \
        if (left > 0) columns_3(&v, stride, 1, two);                      \
    } while (0)

// 3 × 3 windows: weights stay in registers over the columns whose windows lie inside; at least one row is there.
static void eight_channels_3(const kn_depthwise_i8 *t, ptrdiff_t c) {
    const kn_range inside = kn_inside(t->columns, t->width, t->stride, t->pad, 3);
    const int8_t *there = t->rows[0] ? t->rows[0] : t->rows[1] ? t->rows[1] : t->rows[2];
    const int8x8_t x_zero = vdup_n_s8((int8_t)t->x_zero);
    const ptrdiff_t start = (inside.first * t->stride - t->pad) * t->channels + c;
    window_3 v = {.y = t->y + inside.first * t->channels + c, .channels = t->channels,
                  .bias = {vld1q_s32(t->bias + c), vld1q_s32(t->bias + c + 4)}, .out = eight_out_of(t, c)};
    int8x8_t least = vdup_n_s8(127);
    KN_UNROLL for (int i = 0; i < 3; i++) {
        v.row[i] = (t->rows[i] ? t->rows[i] : there) + start;
        KN_UNROLL for (int j = 0; j < 3; j++) {
            const int8x8_t w = t->rows[i] ? vld1_s8(t->w + (3 * i + j) * t->channels + c) : vdup_n_s8(0);
            // Σ (x - x_zero) · w = Σ x · w - Σ x_zero · w
            const int16x8_t shift = vmull_s8(x_zero, w);
            v.bias[0] = vsubw_s16(v.bias[0], vget_low_s16(shift));
            v.bias[1] = vsubw_high_s16(v.bias[1], shift);
            least = vmin_s8(least, w);
            v.w[3 * i + j] = w;
        }
    }
    const int two = vminv_s8(least) > -128;
    const int stride = (int)t->stride;
    ptrdiff_t left = inside.last - inside.first;
    eight_channels(t, c, 0, inside.first);
    if (stride == 1 && two)
        LOOP_3(1, 1);
    else if (stride == 1)
        LOOP_3(1, 0);
    else if (two)
        LOOP_3(2, 1);
    else
        LOOP_3(2, 0);
    eight_channels(t, c, inside.last, t->columns);
}
#undef LOOP_3

static void depthwise_i8_eight(const kn_depthwise_i8 *t, ptrdiff_t c) {
    const float32x4_t most = vdupq_n_f32(1e30f);
    // A scale that is no number comes out of conversion otherwise than the twin has it.
    const uint32x4_t finite = vandq_u32(vcaleq_f32(vld1q_f32(t->scale + c), most),
                                        vcaleq_f32(vld1q_f32(t->scale + c + 4), most));
    if (!vminvq_u32(finite))
        depthwise_i8_any(t, c, 8);
    else if (t->kh == 3 && t->kw == 3 && t->dilation == 1 && (t->stride == 1 || t->stride == 2) &&
             (t->rows[0] || t->rows[1] || t->rows[2]))
        eight_channels_3(t, c);
    else
        eight_channels(t, c, 0, t->columns);
}
