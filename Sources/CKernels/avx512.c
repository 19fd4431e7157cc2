// AVX-512 (F, BW, DQ, VL): 16 floats per vector, 32 registers.
#if defined(__x86_64__)
#include "tables.h"
#include "common.h"
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#include "depthwise_channels.h"

#define SUFFIX _avx512_half
#define LANES 8
#include "vectors.h"
#include "depthwise_f32.h"
#undef SUFFIX
#undef LANES

#define SUFFIX _avx512
#define LANES 16
#define OWN_PUT
#include "vectors.h"
#include "avx512_put.h"
#include "depthwise_f32.h"
#include "elementwise.h"
#include "winograd.h"

#define MR 8
#define BY_LANE 0
#define KN_EACH_ROW(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#include "tile_f32.h"
#define OUTER_ROWS 8
#define OUTER_VECTORS 3
#define KN_EACH_OUTER(X) KN_EACH_ROW(X)
#include "outer_f32.h"
#include "depthwise_dw.h"

// Four bytes of each lane as two pairs of 16-bit words: 0 and 2, 1 and 3.
typedef struct {
    __m512i even, odd;
} pairs;

KN_INLINE pairs split(__m512i x) {
    return (pairs){_mm512_srai_epi16(_mm512_slli_epi16(x, 8), 8), _mm512_srai_epi16(x, 8)};
}

KN_INLINE ivec_avx512 dot(ivec_avx512 c, pairs a, pairs b) {
    __m512i even = _mm512_add_epi32((__m512i)c, _mm512_madd_epi16(a.even, b.even));
    return (ivec_avx512)_mm512_add_epi32(even, _mm512_madd_epi16(a.odd, b.odd));
}

#define A pairs
#define B pairs
#define READ_A(p) split(_mm512_set1_epi32(kn_word(p)))
#define READ_B(p) split(_mm512_loadu_si512(p))
#define DOT(c, a, b) dot(c, a, b)
#define KEEP(a) __asm__("" : "+v"(a.even), "+v"(a.odd))
#include "store_x86.h"
#include "tile_i8.h"

static void depthwise_f32(const kn_depthwise_f32 *t) {
    kn_range inside = kn_inside(t->columns, t->width, t->stride, t->pad, (t->kw - 1) * t->dilation + 1);
#define WIDE(first, last) depthwise_avx512(t, inside, (kn_range){first, last})
#define HALF(first, last) depthwise_avx512_half(t, inside, (kn_range){first, last})
#define ONE(c) depthwise_one(t, c)
    KN_DEPTHWISE_CHANNELS(t->channels, 16, WIDE, HALF, ONE);
}
#pragma clang attribute pop

kn_table kn_avx512(void) {
    return (kn_table){
        .f32_mr = 8, .f32_nr = 32, .tile_f32 = tile_f32_avx512, .i8_mr = 8, .i8_nr = 32, .tile_i8 = tile_i8_avx512,
        .depthwise_f32 = depthwise_f32, .depthwise_i8 = kn_avx2.depthwise_i8, .add_f32 = add_f32_avx512, .clamp_f32 = clamp_f32_avx512, .add_i8 = add_i8_avx512,
        .quantize = quantize_avx512, .dequantize = dequantize_avx512, .sum_f32 = sum_f32_avx512, .max_f32 = max_f32_avx512,
        .sum_i8 = sum_i8_avx512, .max_i8 = max_i8_avx512, .winograd_in = winograd_in_avx512,
        .winograd_out = winograd_out_avx512, .winograd_dy = winograd_dy_avx512,
    .winograd4_in = winograd4_in_avx512, .winograd4_out = winograd4_out_avx512, .winograd4_dy = winograd4_dy_avx512, .outer_f32 = outer_f32_avx512,
        .depthwise_dw_f32 = depthwise_dw_f32_avx512, .mask_f32 = mask_f32_avx512, .resample_row = kn_avx2.resample_row, .resample_column = kn_avx2.resample_column, .peak_f32 = peak_f32_avx512, .peak_i8 = peak_i8_avx512,
    };
}
#endif
