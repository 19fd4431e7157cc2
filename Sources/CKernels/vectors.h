// Vectors of LANES floats, 32-bit integers and bytes, their names ending in SUFFIX: what the templates work with.
// No include guard: it is included once for each SUFFIX.
#include "common.h"

typedef float NAME(vec) __attribute__((ext_vector_type(LANES)));
typedef float NAME(loose) __attribute__((ext_vector_type(LANES), aligned(4)));
typedef int32_t NAME(ivec) __attribute__((ext_vector_type(LANES)));
typedef int32_t NAME(iloose) __attribute__((ext_vector_type(LANES), aligned(4)));
typedef uint32_t NAME(uvec) __attribute__((ext_vector_type(LANES), aligned(4)));
typedef int8_t NAME(bytes) __attribute__((ext_vector_type(LANES), aligned(1)));

KN_INLINE NAME(vec) NAME(load)(const float *p) { return *(const NAME(loose) *)p; }
KN_INLINE NAME(ivec) NAME(iload)(const int32_t *p) { return *(const NAME(iloose) *)p; }
KN_INLINE NAME(vec) NAME(fill)(float x) { return (NAME(vec))x; }

#ifndef OWN_PUT
// The first `count` elements of x.
KN_INLINE void NAME(put_floats)(float *to, NAME(vec) x, ptrdiff_t count) {
    const float *from = (const float *)&x;
    KN_UNROLL for (ptrdiff_t part = LANES / 2; part > 0; part /= 2)
        if (count & part) {
            __builtin_memcpy(to, from, (size_t)part * 4);
            to += part;
            from += part;
        }
}
KN_INLINE void NAME(put_bytes)(int8_t *to, NAME(bytes) x, ptrdiff_t count) {
    const int8_t *from = (const int8_t *)&x;
    KN_UNROLL for (ptrdiff_t part = LANES / 2; part > 0; part /= 2)
        if (count & part) {
            __builtin_memcpy(to, from, (size_t)part);
            to += part;
            from += part;
        }
}
#endif

// clamp(roundHalfEven(x) + zero, low, high); NaN becomes low. See Twin.round.
KN_INLINE NAME(ivec) NAME(round)(NAME(vec) x, int32_t zero, int32_t low, int32_t high) {
    NAME(vec) least = NAME(fill)((float)(low - zero)), most = NAME(fill)((float)(high - zero));
    x = x > least ? x : least;
    x = x < most ? x : most;
    return (NAME(ivec))(x + KN_MAGIC) + (NAME(ivec))(zero - KN_MAGIC_BITS);
}

// min(max(x, low), high); NaN stays NaN.
#if defined(__aarch64__) && LANES == 4
KN_INLINE NAME(vec) NAME(limit)(NAME(vec) x, NAME(vec) low, NAME(vec) high) {
    return (NAME(vec))vminq_f32(vmaxq_f32((float32x4_t)x, (float32x4_t)low), (float32x4_t)high);
}
#elif defined(__aarch64__) && LANES == 8
KN_INLINE NAME(vec) NAME(limit)(NAME(vec) x, NAME(vec) low, NAME(vec) high) {
    float32x4_t a = vminq_f32(vmaxq_f32((float32x4_t)x.lo, (float32x4_t)low.lo), (float32x4_t)high.lo);
    float32x4_t b = vminq_f32(vmaxq_f32((float32x4_t)x.hi, (float32x4_t)low.hi), (float32x4_t)high.hi);
    return (NAME(vec))__builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7);
}
#else
KN_INLINE NAME(vec) NAME(limit)(NAME(vec) x, NAME(vec) low, NAME(vec) high) { return kn_clamp(x, low, high); }
#endif
