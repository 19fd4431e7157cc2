// AVX2 and FMA: 8 floats per vector, 16 registers.
#if defined(__x86_64__)
#include "tables.h"
#include "common.h"
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "depthwise_channels.h"
#include "depthwise_bytes.h"

#define SUFFIX _avx2_half
#define LANES 4
#include "vectors.h"
#include "depthwise_f32.h"

// Four bytes of each lane as two pairs of 16-bit words: 0 and 2, 1 and 3.
typedef struct {
    __m128i even, odd;
} pairs_half;

KN_INLINE pairs_half split_half(__m128i x) {
    return (pairs_half){_mm_srai_epi16(_mm_slli_epi16(x, 8), 8), _mm_srai_epi16(x, 8)};
}

KN_INLINE ivec_avx2_half dot_half(ivec_avx2_half c, pairs_half a, pairs_half b) {
    __m128i even = _mm_add_epi32((__m128i)c, _mm_madd_epi16(a.even, b.even));
    return (ivec_avx2_half)_mm_add_epi32(even, _mm_madd_epi16(a.odd, b.odd));
}

#define FLIP 0
#define I(x) _mm_##x
#define V __m128i
#define F __m128
#define A pairs_half
#define B pairs_half
#define MAKE_A(v) split_half(v)
#define MAKE_B(v) split_half(v)
#define DOT(c, a, b) dot_half(c, a, b)
#include "depthwise_i8.h"
#undef MAKE_A
#undef MAKE_B
#include "undefine.h"

#define SUFFIX _avx2
#define LANES 8
#include "vectors.h"
#include "depthwise_f32.h"
#include "elementwise.h"
#include "winograd.h"

#define MR 6
#define BY_LANE 0
#define KN_EACH_ROW(X) X(1) X(2) X(3) X(4) X(5) X(6)
#include "tile_f32.h"
#define OUTER_ROWS 6
#define OUTER_VECTORS 2
#define KN_EACH_OUTER(X) X(1) X(2) X(3) X(4) X(5) X(6)
#include "outer_f32.h"
#include "depthwise_dw.h"
#undef OUTER_ROWS
#undef OUTER_VECTORS
#undef KN_EACH_OUTER
#undef MR
#undef KN_EACH_ROW

typedef struct {
    __m256i even, odd;
} pairs;

KN_INLINE pairs split(__m256i x) {
    return (pairs){_mm256_srai_epi16(_mm256_slli_epi16(x, 8), 8), _mm256_srai_epi16(x, 8)};
}

KN_INLINE ivec_avx2 dot(ivec_avx2 c, pairs a, pairs b) {
    __m256i even = _mm256_add_epi32((__m256i)c, _mm256_madd_epi16(a.even, b.even));
    return (ivec_avx2)_mm256_add_epi32(even, _mm256_madd_epi16(a.odd, b.odd));
}

#define I(x) _mm256_##x
#define V __m256i
#define F __m256
#define A pairs
#define B pairs
#define MAKE_A(v) split(v)
#define MAKE_B(v) split(v)
#define DOT(c, a, b) dot(c, a, b)
#include "depthwise_i8.h"

#define MR 4
#define KN_EACH_ROW(X) X(1) X(2) X(3) X(4)
#define READ_A(p) split(_mm256_set1_epi32(kn_word(p)))
#define READ_B(p) split(_mm256_loadu_si256((const __m256i *)(p)))
#define KEEP(a) __asm__("" : "+v"(a.even), "+v"(a.odd))
#define PERMUTE(x) _mm256_permutevar8x32_epi32(x, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7))
#define STORE_HALF(to, x, half, vectors)                                           \
    do {                                                                           \
        if ((vectors) == 2)                                                        \
            _mm_storeu_si128((__m128i *)(to), _mm256_extracti128_si256(x, half));  \
        else                                                                       \
            _mm_storel_epi64((__m128i *)(to), _mm256_extracti128_si256(x, half));  \
    } while (0)
#define STORE_PART(to, x, half, columns)                                           \
    do {                                                                           \
        __m128i part = _mm256_extracti128_si256(x, half);                          \
        kn_copy_part(to, (const int8_t *)&part, columns);                          \
    } while (0)
#include "store_x86.h"
#include "tile_i8.h"

static void depthwise_f32(const kn_depthwise_f32 *t) {
    kn_range inside = kn_inside(t->columns, t->width, t->stride, t->pad, (t->kw - 1) * t->dilation + 1);
#define WIDE(first, last) depthwise_avx2(t, inside, (kn_range){first, last})
#define HALF(first, last) depthwise_avx2_half(t, inside, (kn_range){first, last})
#define ONE(c) depthwise_one(t, c)
    KN_DEPTHWISE_CHANNELS(t->channels, 8, WIDE, HALF, ONE);
}

static void depthwise_i8(const kn_depthwise_i8 *t) {
    KN_DEPTHWISE_I8(t, 16, depthwise_i8_avx2, depthwise_i8_avx2_half, depthwise_i8_avx2_half);
}
#include "resample_avx2.h"
#pragma clang attribute pop

const kn_table kn_avx2 = {
    .f32_mr = 6, .f32_nr = 16, .tile_f32 = tile_f32_avx2, .i8_mr = 4, .i8_nr = 16, .tile_i8 = tile_i8_avx2,
    .depthwise_f32 = depthwise_f32, .depthwise_i8 = depthwise_i8, .add_f32 = add_f32_avx2, .clamp_f32 = clamp_f32_avx2, .add_i8 = add_i8_avx2,
    .quantize = quantize_avx2, .dequantize = dequantize_avx2, .sum_f32 = sum_f32_avx2, .max_f32 = max_f32_avx2,
    .sum_i8 = sum_i8_avx2, .max_i8 = max_i8_avx2, .winograd_in = winograd_in_avx2,
    .winograd_out = winograd_out_avx2, .winograd_dy = winograd_dy_avx2,
    .winograd4_in = winograd4_in_avx2, .winograd4_out = winograd4_out_avx2, .winograd4_dy = winograd4_dy_avx2, .outer_f32 = outer_f32_avx2,
    .depthwise_dw_f32 = depthwise_dw_f32_avx2, .mask_f32 = mask_f32_avx2, .resample_row = resample_row_avx2, .resample_column = resample_column_avx2, .peak_f32 = peak_f32_avx2, .peak_i8 = peak_i8_avx2,
};
#endif
