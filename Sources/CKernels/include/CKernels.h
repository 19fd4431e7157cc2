// Leaf kernels above the baseline instruction set. No state, no allocation.
// Each has a twin in Sources/Engine/Kernels, which is its specification.
#ifndef KINGLET_CKERNELS_H
#define KINGLET_CKERNELS_H
#include <stddef.h>
#include <stdint.h>

// One tile of y[rows, columns] = clamp(bias + Σ_s Σ_k a_i[offset[s] + k] · b[s · run + k, :], low, high).
// `a` holds `rows` pointers; b is packed [segments · run, nr], its columns past `columns` zero; bias has nr entries.
typedef struct {
    ptrdiff_t rows, columns;   // 1 … mr, 1 … nr
    ptrdiff_t segments, run;   // elements of a per segment
    const float *_Nonnull const *_Nonnull a;
    const ptrdiff_t *_Nonnull offset;  // one per segment, in elements
    const float *_Nonnull b;
    const float *_Nonnull bias;
    float low, high;
    float *_Nonnull y;
    ptrdiff_t y_stride;        // elements between rows of y
} kn_tile_f32;

// One tile of y[rows, columns] = clamp(roundHalfEven(float(bias + Σ a · b) · scale) + zero, low, high), int32 sums.
// Runs are padded to whole groups of 4: b is packed [segments][run4][nr][4] with zeros, and up to 3 bytes past a run
// are read. With `unsigned_a` of the table, a is taken as a ^ 0x80 unsigned; packing put the difference into bias.
typedef struct {
    ptrdiff_t rows, columns;
    ptrdiff_t segments, run4;  // groups of 4 bytes per segment
    const int8_t *_Nonnull const *_Nonnull a;
    const ptrdiff_t *_Nonnull offset;  // in bytes
    const int8_t *_Nonnull b;
    const int32_t *_Nonnull bias;   // nr entries
    const float *_Nonnull scale;    // nr entries
    int32_t zero, low, high;
    int8_t *_Nonnull y;
    ptrdiff_t y_stride;
} kn_tile_i8;

// One row of a depthwise convolution: y[ox, c] = clamp(bias[c] + Σ_i Σ_j row_i[ox · stride + j · dilation - pad, c] · w[i, j, c], low, high).
// Columns outside 0 ..< width count as zero. `rows` holds kh pointers to [width, channels]; NULL = a row of zeros.
typedef struct {
    ptrdiff_t width, channels, kh, kw, stride, dilation, pad, columns;  // columns of y
    const float *_Nullable const *_Nonnull rows;
    const float *_Nonnull w;     // [kh, kw, channels]
    const float *_Nonnull bias;  // [channels]
    float low, high;
    float *_Nonnull y;           // [columns, channels]
} kn_depthwise_f32;

// The same in int8: y = clamp(roundHalfEven(float(bias[c] + Σ (x - x_zero) · w) · scale[c]) + zero, low, high);
// columns outside, and NULL rows, hold x_zero.
typedef struct {
    ptrdiff_t width, channels, kh, kw, stride, dilation, pad, columns;
    const int8_t *_Nullable const *_Nonnull rows;
    const int8_t *_Nonnull w;
    const int32_t *_Nonnull bias;
    const float *_Nonnull scale;
    int32_t x_zero, zero, low, high;
    int8_t *_Nonnull y;
} kn_depthwise_i8;

typedef struct {
    // f32 tile: at most mr × nr outputs.
    ptrdiff_t f32_mr, f32_nr;
    void (*_Nullable tile_f32)(const kn_tile_f32 *_Nonnull);
    // int8 tile.
    ptrdiff_t i8_mr, i8_nr;
    int unsigned_a;
    void (*_Nullable tile_i8)(const kn_tile_i8 *_Nonnull);
    void (*_Nullable depthwise_f32)(const kn_depthwise_f32 *_Nonnull);
    void (*_Nullable depthwise_i8)(const kn_depthwise_i8 *_Nonnull);
} kn_table;

// Instruction sets, numbered as Engine's ISA.
enum { KN_BASELINE, KN_AVX2, KN_AVX512, KN_VNNI, KN_DOTPROD, KN_I8MM };
// Whether this build has kernels for the set and this processor runs them.
int kn_has(int isa);
// The table of a set that kn_has; all zero for the baseline.
kn_table kn_kernels(int isa);
#endif
