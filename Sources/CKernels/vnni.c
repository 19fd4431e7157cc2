// AVX-512 VNNI: four products of unsigned a and signed b at once. What is not int8 comes from avx512.c.
#if defined(__x86_64__)
#include "tables.h"
#include "common.h"
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512vnni,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#include "depthwise_bytes.h"

#define FLIP -128
#define MAKE_A(v) (v)
#define MAKE_B(v) (v)

#define SUFFIX _vnni4
#define LANES 4
#include "vectors.h"
#define I(x) _mm_##x
#define V __m128i
#define F __m128
#define A V
#define B V
#define DOT(c, a, b) ((ivec_vnni4)_mm_dpbusd_epi32((V)(c), a, b))
#include "depthwise_i8.h"
#include "undefine.h"

#define SUFFIX _vnni8
#define LANES 8
#include "vectors.h"
#define I(x) _mm256_##x
#define V __m256i
#define F __m256
#define A V
#define B V
#define DOT(c, a, b) ((ivec_vnni8)_mm256_dpbusd_epi32((V)(c), a, b))
#include "depthwise_i8.h"
#include "undefine.h"

#define SUFFIX _vnni16
#define LANES 16
#define OWN_PUT
#include "vectors.h"
#include "avx512_put.h"
#define A V
#define B V
#define DOT(c, a, b) ((ivec_vnni16)_mm512_dpbusd_epi32((V)(c), a, b))
#include "depthwise_i8.h"

// Four bytes at p with their sign bits turned, for every lane: one instruction that compilers split into three.
KN_INLINE __m512i flipped(const int8_t *p, __m512i signs) {
    __m512i x;
    __asm__("vpxord %1%{1to16%}, %2, %0" : "=v"(x) : "m"(*(const kn_group *)p), "v"(signs));
    return x;
}

#define MR 8
#define KN_EACH_ROW(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#define READ_A(p) flipped(p, _mm512_set1_epi8(FLIP))
#define READ_B(p) _mm512_loadu_si512(p)
#define KEEP(a) __asm__("" : "+v"(a))
#include "store_x86.h"
#include "tile_i8.h"
#include "overlap_i8.h"

static void depthwise_i8(const kn_depthwise_i8 *t) {
    KN_DEPTHWISE_I8(t, 32, depthwise_i8_vnni16, depthwise_i8_vnni8, depthwise_i8_vnni4);
}
#pragma clang attribute pop

kn_table kn_vnni(void) {
    kn_table table = kn_avx512();
    table.unsigned_a = 1;
    table.tile_i8 = overlap_i8_vnni16;
    table.peak_i8 = peak_i8_vnni16;
    table.depthwise_i8 = depthwise_i8;
    return table;
}
#endif
