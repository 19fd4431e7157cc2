// What the templates share.
#ifndef KINGLET_KERNELS_COMMON_H
#define KINGLET_KERNELS_COMMON_H
#include "CKernels.h"

// Multiply-add is written where it is meant; every other product is rounded on its own, on every instruction set.
#pragma clang fp contract(off)

// a · b + c: fused, but on ARMv7, where the instruction that every processor has rounds twice.
#if defined(__arm__)
#define KN_FMA(a, b, c) ((a) * (b) + (c))
#define KN_FMA_ONE KN_FMA
#else
#define KN_FMA __builtin_elementwise_fma
#define KN_FMA_ONE __builtin_fmaf
#endif

// Sums are done up to here before what follows is loaded: the compiler would begin so many loads that the registers of
// ARMv7 do not do.
#if defined(__arm__)
#define KN_FENCE(sum) __asm__ volatile("" : "+w"(sum) : : "memory")
#else
#define KN_FENCE(sum)
#endif

#define KN_INLINE static inline __attribute__((always_inline))
#define KN_UNROLL _Pragma("clang loop unroll(full)")

// 1.5 · 2²³: adding it rounds half to even.
#define KN_MAGIC 12582912.0f
#define KN_MAGIC_BITS 0x4B400000

// Columns of the panels of wide.h.
#define KN_WIDE 16

// Four bytes anywhere.
typedef struct {
    int8_t bytes[4];
} kn_group;

// One register indexes all rows: a compiler that sees through it steps a pointer for each.
// (ARMv7 steps pointers while it loads.)
#if defined(__arm__)
#define KN_HIDE(index) (void)(index)
#else
#define KN_HIDE(index) __asm__("" : "+r"(index))
#endif

KN_INLINE int32_t kn_word(const int8_t *p) {
    int32_t word;
    __builtin_memcpy(&word, p, 4);
    return word;
}

typedef struct {
    ptrdiff_t first, last;
} kn_range;

// The columns of y whose windows of `reach` columns of x lie inside 0 ..< width.
KN_INLINE kn_range kn_inside(ptrdiff_t columns, ptrdiff_t width, ptrdiff_t stride, ptrdiff_t pad, ptrdiff_t reach) {
    ptrdiff_t first = pad > 0 ? (pad + stride - 1) / stride : 0;
    ptrdiff_t room = width + pad - reach, last = room < 0 ? 0 : room / stride + 1;
    if (first > columns) first = columns;
    if (last > columns) last = columns;
    return (kn_range){first, last < first ? first : last};
}

// The first `count` < 16 bytes at `from`.
KN_INLINE void kn_copy_part(int8_t *to, const int8_t *from, ptrdiff_t count) {
    KN_UNROLL for (ptrdiff_t part = 8; part > 0; part /= 2)
        if (count & part) {
            __builtin_memcpy(to, from, (size_t)part);
            to += part;
            from += part;
        }
}

// Bytes from i on of a row that is resized along columns.
KN_INLINE void kn_resample_rest(const kn_resample_column *t, ptrdiff_t i) {
    for (; i < t->bytes; i++) {
        int32_t sum = 1 << 21;
        for (ptrdiff_t k = 0; k < t->count; k++) sum += t->x[k * t->x_stride + i] * t->weights[k];
        t->y[i] = (uint8_t)(sum >> 22);
    }
}

#define NAME(x) KN_JOIN(x, SUFFIX)
#define KN_JOIN(a, b) KN_JOIN_(a, b)
#define KN_JOIN_(a, b) a##b

// clamp(roundHalfEven(x) + zero, low, high); NaN becomes low. See Twin.round.
KN_INLINE int32_t kn_round_one(float x, int32_t zero, int32_t low, int32_t high) {
    float least = (float)(low - zero), most = (float)(high - zero);
    x = x > least ? x : least;
    x = (x < most ? x : most) + KN_MAGIC;
    int32_t bits;
    __builtin_memcpy(&bits, &x, 4);
    return bits - KN_MAGIC_BITS + zero;
}

typedef float kn_four __attribute__((ext_vector_type(4), aligned(4)));

// min(max(x, low), high) of ext_vector_type vectors; NaN stays NaN.
#define kn_clamp(x, low, high)                                      \
    ({                                                              \
        __auto_type x_ = (x), low_ = (low), high_ = (high);         \
        x_ = x_ < low_ ? low_ : x_;                                 \
        x_ > high_ ? high_ : x_;                                    \
    })
#endif
