// NEON as every ARMv8-A processor has it: 4 floats per vector, 32 registers.
#if defined(__aarch64__)
#include "tables.h"
#include "common.h"
#include <arm_neon.h>
#include "depthwise_channels.h"
#include "depthwise_bytes.h"

#define SUFFIX _neon16
#define LANES 16
#include "vectors.h"
#include "elementwise.h"
#undef SUFFIX
#undef LANES

#define SUFFIX _neon8
#define LANES 8
#include "vectors.h"
#include "depthwise_f32.h"
#undef SUFFIX
#undef LANES

#define SUFFIX _neon
#define LANES 4
#include "vectors.h"
#include "depthwise_f32.h"
#include "winograd.h"

#define MR 8
#define BY_LANE 1
#define KN_EACH_ROW(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#include "wide_f32.h"
#include "peak_f32.h"
#define OUTER_ROWS 8
#define OUTER_VECTORS 3
#define KN_EACH_OUTER(X) KN_EACH_ROW(X)
#include "outer_f32.h"
#include "depthwise_dw.h"
#undef OUTER_ROWS
#undef OUTER_VECTORS
#undef KN_EACH_OUTER
#undef MR
#undef KN_EACH_ROW

// Sums of columns 0 and 1, and of 2 and 3, in two halves each.
typedef struct {
    int32x4_t low, high;
} halves;

KN_INLINE halves dot(halves c, int8x16_t a, int8x16_t b) {
    c.low = vpadalq_s16(c.low, vmull_s8(vget_low_s8(b), vget_low_s8(a)));
    c.high = vpadalq_s16(c.high, vmull_high_s8(b, a));
    return c;
}

// The same of two groups, whose products must fit in 16 bits together.
KN_INLINE halves dot_two(halves c, int8x16_t a, int8x16_t b, int8x16_t next_a, int8x16_t next_b) {
    int16x8_t low = vmull_s8(vget_low_s8(b), vget_low_s8(a));
    c.low = vpadalq_s16(c.low, vmlal_s8(low, vget_low_s8(next_b), vget_low_s8(next_a)));
    c.high = vpadalq_s16(c.high, vmlal_high_s8(vmull_high_s8(b, a), next_b, next_a));
    return c;
}

#define MR 4
#define KN_EACH_ROW(X) X(1) X(2) X(3) X(4)
#define A int8x16_t
#define B int8x16_t
#define ACC halves
#define START(bias) ((void)(bias), (halves){vdupq_n_s32(0), vdupq_n_s32(0)})
#define FINISH(acc, bias) ((ivec_neon)vaddq_s32(vpaddq_s32((acc).low, (acc).high), (int32x4_t)(bias)))
#define READ_A(p) vreinterpretq_s8_s32(vdupq_n_s32(kn_word(p)))
#define READ_B(p) vld1q_s8(p)
#define DOT(c, a, b) dot(c, a, b)
// Kept apart from what they were, or the compiler halves the vectors that it multiplies them by.
#define READ_TWO(a, next_a, p)                                           \
    do {                                                                 \
        int32x2_t both = vreinterpret_s32_s8(vld1_s8(p));                \
        a = vreinterpretq_s8_s32(vdupq_lane_s32(both, 0));                \
        KEEP(a);                                                         \
        next_a = vreinterpretq_s8_s32(vdupq_lane_s32(both, 1));           \
        KEEP(next_a);                                                    \
    } while (0)
#define DOT_TWO(c, a, b, next_a, next_b) dot_two(c, a, b, next_a, next_b)
#define KEEP(a) __asm__("" : "+w"(a))
#include "neon.h"
#include "tile_i8.h"

static void depthwise_f32(const kn_depthwise_f32 *t) {
    kn_range inside = kn_inside(t->columns, t->width, t->stride, t->pad, (t->kw - 1) * t->dilation + 1);
#define WIDE(first, last) depthwise_neon8(t, inside, (kn_range){first, last})
#define HALF(first, last) depthwise_neon(t, inside, (kn_range){first, last})
#define ONE(c) depthwise_one(t, c)
    KN_DEPTHWISE_CHANNELS(t->channels, 8, WIDE, HALF, ONE);
}

#include "depthwise_neon.h"

static void depthwise_i8(const kn_depthwise_i8 *t) {
    ptrdiff_t c = 0, n = t->channels;
    for (; c + 8 <= n; c += 8) depthwise_i8_eight(t, c);
    if (c < n && n >= 8)
        depthwise_i8_eight(t, n - 8);
    else if (c < n)
        depthwise_i8_any(t, c, n - c);
}

#include "resample_neon.h"

const kn_table kn_neon = {
    .f32_mr = 8, .f32_nr = KN_WIDE, .tile_f32 = wide_neon, .i8_mr = 4, .i8_nr = 8, .tile_i8 = tile_i8_neon,
    .depthwise_f32 = depthwise_f32, .depthwise_i8 = depthwise_i8, .add_f32 = add_f32_neon16,
    .clamp_f32 = clamp_f32_neon16, .add_i8 = add_i8_neon16, .quantize = quantize_neon16,
    .dequantize = dequantize_neon16, .sum_f32 = sum_f32_neon16, .max_f32 = max_f32_neon16, .sum_i8 = sum_i8_neon16,
    .max_i8 = max_i8_neon16, .winograd_in = winograd_in_neon, .winograd_out = winograd_out_neon, .winograd_dy = winograd_dy_neon,
    .winograd4_in = winograd4_in_neon, .winograd4_out = winograd4_out_neon, .winograd4_dy = winograd4_dy_neon, .outer_f32 = outer_f32_neon,
    .depthwise_dw_f32 = depthwise_dw_f32_neon, .mask_f32 = mask_f32_neon16,
    .resample_row = resample_row_neon, .resample_column = resample_column_neon,
    .peak_f32 = peak_f32_neon, .peak_i8 = peak_i8_neon,
};
#endif
