// int8 on ARMv7: how sums end, and what tile_i8.h is made of.

// clamp(round(x) + zero, low, high) as one addition: x limited to least … most, in which adding 1.5 · 2²³ rounds half
// to even; `base` takes that away again and puts the zero point in its place.
typedef struct {
    float32x4_t least, most;
    int32x4_t base;
} kn_output;

KN_INLINE kn_output kn_output_of(int32_t zero, int32_t low, int32_t high) {
    return (kn_output){vdupq_n_f32((float)(low - zero)), vdupq_n_f32((float)(high - zero)),
                       vdupq_n_s32(zero - KN_MAGIC_BITS)};
}

// A scale that is not a number gives low, as the twin has it: it compares as not above.
KN_INLINE int16x4_t kn_rounded(int32x4_t sum, float32x4_t scale, kn_output o) {
    float32x4_t x = vmulq_f32(vcvtq_f32_s32(sum), scale);
    x = vbslq_f32(vcgtq_f32(x, o.least), x, o.least);
    x = vaddq_f32(vminq_f32(x, o.most), vdupq_n_f32(KN_MAGIC));
    return vmovn_s32(vaddq_s32(vreinterpretq_s32_f32(x), o.base));
}

KN_INLINE int8x8_t kn_bytes(int32x4_t low, int32x4_t high, float32x4_t low_scale, float32x4_t high_scale, kn_output o) {
    return vmovn_s16(vcombine_s16(kn_rounded(low, low_scale, o), kn_rounded(high, high_scale, o)));
}

// Sums of columns 0 and 1, and of 2 and 3, in two halves each.
typedef struct {
    int32x4_t low, high;
} kn_halves;

KN_INLINE kn_halves kn_dot(kn_halves c, int8x8_t a, int8x16_t b) {
    c.low = vpadalq_s16(c.low, vmull_s8(vget_low_s8(b), a));
    c.high = vpadalq_s16(c.high, vmull_s8(vget_high_s8(b), a));
    return c;
}

KN_INLINE int32x4_t kn_joined(kn_halves c) {
    return vcombine_s32(vpadd_s32(vget_low_s32(c.low), vget_high_s32(c.low)),
                        vpadd_s32(vget_low_s32(c.high), vget_high_s32(c.high)));
}

// `rows` rows of a panel, one or two vectors wide.
KN_INLINE void kn_store_rows(const kn_tile_i8 *t, NAME(ivec) sum[][2], ptrdiff_t row, ptrdiff_t column,
                             ptrdiff_t columns, const int rows, const int vectors) {
    const kn_output output = kn_output_of(t->zero, t->low, t->high);
    int8_t *y = t->y + row * t->y_stride + column;
    KN_UNROLL for (int i = 0; i < rows; i++, y += t->y_stride) {
        const int last = vectors - 1;
        int8x8_t q = kn_bytes((int32x4_t)sum[i][0], (int32x4_t)sum[i][last], vld1q_f32(t->scale + column),
                              vld1q_f32(t->scale + column + last * LANES), output);
        if (columns >= 2 * LANES)
            vst1_s8(y, q);
        else
            kn_copy_part(y, (const int8_t *)&q, columns);
    }
}

#define MR 2
#define KN_EACH_ROW(X) X(1) X(2)
#define KN_ALONE 2
#define KN_PAIR 1
#define A int8x8_t
#define B int8x16_t
#define ACC kn_halves
#define START(bias) ((void)(bias), (kn_halves){vdupq_n_s32(0), vdupq_n_s32(0)})
#define FINISH(acc, bias) ((NAME(ivec))vaddq_s32(kn_joined(acc), (int32x4_t)(bias)))
#define READ_A(p) vreinterpret_s8_s32(vdup_n_s32(kn_word(p)))
#define READ_B(p) vld1q_s8(p)
#define DOT(c, a, b) kn_dot(c, a, b)
#define KEEP(a) __asm__("" : "+w"(a))
#define STORE_PAIRS kn_store_rows
#define STORE_PAIRS_FITS(t, column, vectors) (!(t)->y_f32)
