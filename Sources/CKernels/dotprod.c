// Dot products of ARMv8.2-A: sixteen products at once, a by lane. What is not int8 comes from neon.c.
#if defined(__aarch64__)
#include "tables.h"
#include "common.h"
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#include <arm_neon.h>
#define SUFFIX _dotprod
#define LANES 4
#include "vectors.h"
#include "store_i8.h"
#include "wide_i8.h"

#define MR 8
#define A int8x16_t
#define B int8x16_t
#define ACC int32x4_t
#define START(bias) ((int32x4_t)(bias))
#define FINISH(acc, bias) (acc)
#define READ_A(p) vld1q_s8(p)
#define READ_B(p) vld1q_s8(p)
#define DOT(c, a, b) vdotq_s32(c, a, b)
#define KEEP(a) __asm__("" : "+w"(a))
#include "peak_i8.h"
#include "depthwise_bytes.h"
#include "depthwise_dotprod.h"
#pragma clang attribute pop

kn_table kn_dotprod(void) {
    kn_table table = kn_neon;
    table.i8_mr = 8;
    table.i8_nr = KN_WIDE;
    table.tile_i8 = wide_dotprod;
    table.depthwise_i8 = depthwise_i8;
    table.peak_i8 = peak_i8_dotprod;
    return table;
}
#endif
