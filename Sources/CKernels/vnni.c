// AVX-512 VNNI: four products of unsigned a and signed b at once. What is not int8 comes from avx512.c.
#if defined(__x86_64__)
#include "tables.h"
#include "common.h"
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512vnni,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define SUFFIX _vnni
#define LANES 16
#define OWN_PUT
#include "vectors.h"
#include "avx512_put.h"

// Four bytes at p with their sign bits turned, for every lane: one instruction that compilers split into three.
KN_INLINE __m512i flipped(const int8_t *p, __m512i signs) {
    __m512i x;
    __asm__("vpxord %1%{1to16%}, %2, %0" : "=v"(x) : "m"(*(const kn_group *)p), "v"(signs));
    return x;
}

#define MR 8
#define KN_EACH_ROW(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#define A __m512i
#define B __m512i
#define READ_A(p) flipped(p, _mm512_set1_epi8(-128))
#define READ_B(p) _mm512_loadu_si512(p)
#define DOT(c, a, b) ((ivec_vnni)_mm512_dpbusd_epi32((__m512i)(c), a, b))
#define KEEP(a) __asm__("" : "+v"(a))
#include "store_x86.h"
#include "tile_i8.h"
#pragma clang attribute pop

kn_table kn_vnni(void) {
    kn_table table = kn_avx512;
    table.unsigned_a = 1;
    table.tile_i8 = tile_i8_vnni;
    table.peak_i8 = peak_i8_vnni;
    return table;
}
#endif
