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
// One instruction loads two vectors.
#define LOAD_PANEL(w, p, vectors)                                       \
    do {                                                                \
        if (vectors == 2) {                                             \
            float32x4x2_t two = vld1q_f32_x2(p);                        \
            w[0] = (vec_neon)two.val[0], w[1] = (vec_neon)two.val[1];   \
        } else {                                                        \
            w[0] = load_neon(p);                                        \
        }                                                               \
    } while (0)
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
#undef SUFFIX
#include "neon32_pairs.h"

// Two products fit in 16 bits together, but for those of four times -128: where no weight is that, as is usual, two
// groups are multiplied before sums are widened. Looking for it pays from four rows on.
static void tile_i8(const kn_tile_i8 *t) {
    const ptrdiff_t bytes = (t->columns + 7) / 8 * t->segments * t->run4 * 32;
    if (t->rows >= 4 && !kn_has_least(t->b, bytes))
        tile_i8_pairs(t);
    else
        tile_i8_neon(t);
}

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

#include "neon32_depthwise.h"

#include "resample_neon.h"

const kn_table kn_neon32 = {
    .f32_mr = 4, .f32_nr = 8, .tile_f32 = tile_f32_neon, .i8_mr = 2, .i8_nr = 8, .tile_i8 = tile_i8,
    .depthwise_f32 = depthwise_f32, .depthwise_i8 = depthwise_i8, .add_f32 = add_f32_neon8,
    .clamp_f32 = clamp_f32_neon8, .add_i8 = add_i8_neon8, .quantize = quantize_neon8, .dequantize = dequantize_neon8,
    .sum_f32 = sum_f32_neon8, .max_f32 = max_f32_neon8, .sum_i8 = sum_i8_neon8, .max_i8 = max_i8_neon8,
    .winograd_in = winograd_in_neon, .winograd_out = winograd_out_neon, .winograd_dy = winograd_dy_neon,
    .winograd4_in = winograd4_in_neon, .winograd4_out = winograd4_out_neon, .winograd4_dy = winograd4_dy_neon,
    .outer_f32 = outer_f32_neon, .depthwise_dw_f32 = depthwise_dw_f32_neon, .mask_f32 = mask_f32_neon8,
    .resample_row = resample_row_neon, .resample_column = resample_column_neon,
    .peak_f32 = peak_f32_neon, .peak_i8 = peak_i8_pairs,
};
#endif
