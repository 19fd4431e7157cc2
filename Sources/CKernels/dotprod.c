// Dot products of ARMv8.2-A: sixteen products at once, a by lane. What is not int8 comes from neon.c.
#if defined(__aarch64__)
#include "tables.h"
#include "common.h"
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#include <arm_neon.h>
#include "depthwise_bytes.h"
#define SUFFIX _dotprod
#define LANES 4
#include "vectors.h"

#define MR 8
#define KN_EACH_ROW(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#define A int8x16_t
#define B int8x16_t
#define READ_A(p) vreinterpretq_s8_s32(vdupq_n_s32(kn_word(p)))
#define READ_B(p) vld1q_s8(p)
#define DOT(c, a, b) ((ivec_dotprod)vdotq_s32((int32x4_t)(c), a, b))
#define KEEP(a) __asm__("" : "+w"(a))
#include "neon.h"

// Groups of four go through one load of 16 bytes of every row and the lanes of it.
KN_INLINE void block_i8_dotprod(const kn_tile_i8 *t, ptrdiff_t row, ptrdiff_t column, ptrdiff_t columns, const int rows,
                                const int panels, const int vectors);
#define OWN_BLOCK
#include "tile_i8.h"

KN_INLINE void block_i8_dotprod(const kn_tile_i8 *t, ptrdiff_t row, ptrdiff_t column, ptrdiff_t columns, const int rows,
                                const int panels, const int vectors) {
    ivec_dotprod sum[4][MR][2];
    const ptrdiff_t depth = 4 * t->segments * t->run4, step = 2 * LANES * depth;
    const int8_t *const *a = t->a + row, *b = t->b + column * depth;
    KN_UNROLL for (int p = 0; p < panels; p++)
        KN_UNROLL for (int v = 0; v < vectors; v++) {
            ivec_dotprod bias = iload_dotprod(t->bias + column + (2 * p + v) * LANES);
            KN_UNROLL for (int i = 0; i < rows; i++) sum[p][i][v] = bias;
        }
#define TIMES(lane)                                                                                              \
    KN_UNROLL for (int p = 0; p < panels; p++)                                                                   \
        KN_UNROLL for (int v = 0; v < vectors; v++) {                                                            \
            int8x16_t w = vld1q_s8(b + p * step + 16 * v);                                                       \
            KN_UNROLL for (int i = 0; i < rows; i++)                                                             \
                sum[p][i][v] = (ivec_dotprod)vdotq_laneq_s32((int32x4_t)sum[p][i][v], w, e[i], lane);            \
        }                                                                                                        \
    b += 8 * LANES
    for (ptrdiff_t s = 0; s < t->segments; s++) {
        const int8_t *x[MR];
        int8x16_t e[MR];
        KN_UNROLL for (int i = 0; i < rows; i++) {
            x[i] = a[i] + t->offset[s];
            KN_HIDE(x[i]);
        }
        ptrdiff_t left = t->run4;
#define SIXTEEN(at)                                                              \
    KN_UNROLL for (int i = 0; i < rows; i++) e[i] = vld1q_s8(x[i] + (at));       \
    TIMES(0);                                                                    \
    TIMES(1);                                                                    \
    TIMES(2);                                                                    \
    TIMES(3)
        for (; left >= 8; left -= 8) {
            SIXTEEN(0);
            // Or loads would be paired across, which takes eight registers more than there are.
            __asm__("" ::: "memory");
            SIXTEEN(16);
            KN_UNROLL for (int i = 0; i < rows; i++) x[i] += 32;
        }
        for (; left >= 4; left -= 4) {
            SIXTEEN(0);
            KN_UNROLL for (int i = 0; i < rows; i++) x[i] += 16;
        }
        for (; left > 0; left--) {
            KN_UNROLL for (int i = 0; i < rows; i++) {
                e[i] = vreinterpretq_s8_s32(vsetq_lane_s32(kn_word(x[i]), vdupq_n_s32(0), 0));
                x[i] += 4;
            }
            TIMES(0);
        }
    }
#undef SIXTEEN
#undef TIMES
    STORE_I8;
}

// x86's names for what depthwise_i8.h does with bytes.
#define I(x) neon_##x
#define V int8x16_t
#define F float32x4_t
#define W(x) vreinterpretq_s16_s8(x)
KN_INLINE V neon_set1_epi8(char x) { return vdupq_n_s8((int8_t)x); }
KN_INLINE V neon_set1_epi16(short x) { return vreinterpretq_s8_s16(vdupq_n_s16(x)); }
KN_INLINE V neon_unpacklo_epi8(V a, V b) { return vzip1q_s8(a, b); }
KN_INLINE V neon_unpackhi_epi8(V a, V b) { return vzip2q_s8(a, b); }
KN_INLINE V neon_unpacklo_epi16(V a, V b) { return vreinterpretq_s8_s16(vzip1q_s16(W(a), W(b))); }
KN_INLINE V neon_unpackhi_epi16(V a, V b) { return vreinterpretq_s8_s16(vzip2q_s16(W(a), W(b))); }
KN_INLINE F neon_set1_ps(float x) { return vdupq_n_f32(x); }
KN_INLINE F neon_min_ps(F a, F b) { return vminq_f32(a, b); }
KN_INLINE V neon_cvtps_epi32(F x) { return vreinterpretq_s8_s32(vcvtnq_s32_f32(x)); }
KN_INLINE V neon_packs_epi32(V a, V b) {
    return vreinterpretq_s8_s16(vqmovn_high_s32(vqmovn_s32(vreinterpretq_s32_s8(a)), vreinterpretq_s32_s8(b)));
}
KN_INLINE V neon_packs_epi16(V a, V b) { return vqmovn_high_s16(vqmovn_s16(W(a)), W(b)); }
KN_INLINE V neon_adds_epi16(V a, V b) { return vreinterpretq_s8_s16(vqaddq_s16(W(a), W(b))); }
KN_INLINE V neon_min_epi8(V a, V b) { return vminq_s8(a, b); }
KN_INLINE V neon_max_epi8(V a, V b) { return vmaxq_s8(a, b); }
#define FLIP 0
#define MAKE_A(v) (v)
#define MAKE_B(v) (v)
#include "depthwise_i8.h"

static int depthwise_i8_pair(const kn_depthwise_i8 *t, ptrdiff_t c, ptrdiff_t count) {
    return depthwise_i8_dotprod(t, c, count / 2) && depthwise_i8_dotprod(t, c + count / 2, count / 2);
}

static void depthwise_i8(const kn_depthwise_i8 *t) {
    KN_DEPTHWISE_I8(t, 16, depthwise_i8_pair, depthwise_i8_dotprod, depthwise_i8_dotprod);
}
#pragma clang attribute pop

kn_table kn_dotprod(void) {
    kn_table table = kn_neon;
    table.i8_mr = 8;
    table.i8_nr = 8;
    table.tile_i8 = tile_i8_dotprod;
    table.depthwise_i8 = depthwise_i8;
    table.peak_i8 = peak_i8_dotprod;
    return table;
}
#endif
