// NEON of ARMv7: 4 floats per vector, 16 registers, multiply-add that rounds twice, tiny numbers taken for zero.
#if defined(__arm__) && defined(__ARM_NEON)
#include "tables.h"
#include "common.h"
#include <arm_neon.h>
#include "depthwise_channels.h"
#include "depthwise_bytes.h"

#define SUFFIX _neon8
#define LANES 8
#include "vectors.h"
#include "elementwise.h"
#undef SUFFIX
#undef LANES

#define SUFFIX _neon
#define LANES 4
#include "vectors.h"
#include "depthwise_f32.h"
#include "winograd.h"

#define MR 4
#define BY_LANE 1
#define KN_EACH_ROW(X) X(1) X(2) X(3) X(4)
#include "tile_f32.h"
#define OUTER_ROWS 4
#define OUTER_VECTORS 2
#define KN_EACH_OUTER(X) KN_EACH_ROW(X)
#include "outer_f32.h"
#include "depthwise_dw.h"
#undef OUTER_ROWS
#undef OUTER_VECTORS
#undef KN_EACH_OUTER
#undef MR
#undef KN_EACH_ROW

#include "neon32.h"
#include "tile_i8.h"

static void depthwise_f32(const kn_depthwise_f32 *t) {
    kn_range inside = kn_inside(t->columns, t->width, t->stride, t->pad, (t->kw - 1) * t->dilation + 1);
    const ptrdiff_t n = t->channels;
    if (n >= 4) {
        if (n % 4) depthwise_neon(t, inside, (kn_range){n - 4, n});
        depthwise_neon(t, inside, (kn_range){0, n / 4 * 4});
    } else {
        for (ptrdiff_t c = 0; c < n; c++) depthwise_one(t, c);
    }
}

// Eight channels of a row in int8: differences from x_zero fit in 16 bits.
static void eight_channels(const kn_depthwise_i8 *t, ptrdiff_t c) {
    const kn_output output = kn_output_of(t->zero, t->low, t->high);
    const int8x8_t x_zero = vdup_n_s8((int8_t)t->x_zero);
    for (ptrdiff_t x = 0; x < t->columns; x++) {
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

static void depthwise_i8(const kn_depthwise_i8 *t) {
    ptrdiff_t c = 0, n = t->channels;
    for (; c + 8 <= n; c += 8) eight_channels(t, c);
    if (c < n && n >= 8)
        eight_channels(t, n - 8);
    else if (c < n)
        depthwise_i8_any(t, c, n - c);
}

const kn_table kn_neon32 = {
    .f32_mr = 4, .f32_nr = 8, .tile_f32 = tile_f32_neon, .i8_mr = 2, .i8_nr = 8, .tile_i8 = tile_i8_neon,
    .depthwise_f32 = depthwise_f32, .depthwise_i8 = depthwise_i8, .add_f32 = add_f32_neon8,
    .clamp_f32 = clamp_f32_neon8, .add_i8 = add_i8_neon8, .quantize = quantize_neon8, .dequantize = dequantize_neon8,
    .sum_f32 = sum_f32_neon8, .max_f32 = max_f32_neon8, .sum_i8 = sum_i8_neon8, .max_i8 = max_i8_neon8,
    .winograd_in = winograd_in_neon, .winograd_out = winograd_out_neon, .winograd_dy = winograd_dy_neon,
    .winograd4_in = winograd4_in_neon, .winograd4_out = winograd4_out_neon, .winograd4_dy = winograd4_dy_neon,
    .outer_f32 = outer_f32_neon, .depthwise_dw_f32 = depthwise_dw_f32_neon, .mask_f32 = mask_f32_neon8,
    .peak_f32 = peak_f32_neon, .peak_i8 = peak_i8_neon,
};
#endif
