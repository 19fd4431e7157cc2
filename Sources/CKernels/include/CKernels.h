// Leaf kernels above the baseline instruction set. No state, no allocation.
// Each has a twin in Sources/Engine/Kernels, which is its specification; call them through Engine's `Kernels`.
#ifndef KINGLET_CKERNELS_H
#define KINGLET_CKERNELS_H
#include <stddef.h>
#include <stdint.h>

// y[rows, columns] = clamp(bias + Σ_s Σ_k a_i[offset[s] + k] · b[s · run + k, :] + residual, low, high).
// `a` holds `rows` pointers. b is packed in panels of nr columns that follow each other, each [segments · run, nr];
// columns of the last panel past `columns` are zero, and bias has as many entries as the panels have columns.
// Any number of rows and columns: the kernel takes mr × nr at a time, all rows against one panel before the next.
// It splits rows evenly, so counts need not be multiples of mr. Every sum runs in order of s, k whatever the split.
typedef struct {
    ptrdiff_t rows, columns;
    ptrdiff_t segments, run;   // elements of a per segment
    const float *_Nonnull const *_Nonnull a;
    const ptrdiff_t *_Nonnull offset;  // one per segment, in elements
    const float *_Nonnull b;
    const float *_Nonnull bias;
    const float *_Nullable residual;   // [rows, columns], or NULL for none; may be y
    ptrdiff_t residual_stride;
    float low, high;
    float *_Nonnull y;
    ptrdiff_t y_stride;        // elements between rows of y
} kn_tile_f32;

// y[rows, columns] = clamp(roundHalfEven(float(bias + Σ a · b) · scale) + zero, low, high), int32 sums that wrap;
// or, where y_f32 is given, y_f32 = float(bias + Σ a · b) · scale, and y is not used.
// Rows, columns and panels as above. Runs are padded to whole groups of 4: a panel is [segments][run4][nr][4] with
// zeros, and up to 3 bytes past a run of `a` are read. With `unsigned_a` of the table, a is taken as a ^ 0x80
// unsigned; packing put the difference into bias: bias - 128 · Σ b. `has_least`: whether b may hold a -128.
typedef struct {
    ptrdiff_t rows, columns;
    ptrdiff_t segments, run4;  // groups of 4 bytes per segment
    const int8_t *_Nonnull const *_Nonnull a;
    const ptrdiff_t *_Nonnull offset;  // in bytes
    const int8_t *_Nonnull b;
    int has_least;
    const int32_t *_Nonnull bias;   // one per column of the panels
    const float *_Nonnull scale;    // one per column of the panels
    int32_t zero, low, high;        // all within int8
    int8_t *_Nullable y;
    float *_Nullable y_f32;
    ptrdiff_t y_stride;             // elements between rows of y or y_f32
} kn_tile_i8;

// One row of a depthwise convolution: y[ox, c] = clamp(bias[c] + Σ_i Σ_j row_i[ox · stride + j · dilation - pad, c] · w[i, j, c], low, high).
// Columns outside 0 ..< width count as zero. `rows` holds kh pointers to [width, channels]; NULL = a row of zeros.
// A part of a row is computed by moving y and pad (which may be negative).
typedef struct {
    ptrdiff_t width, channels, kh, kw, stride, dilation, pad, columns;  // columns of y
    const float *_Nullable const *_Nonnull rows;
    const float *_Nonnull w;     // [kh, kw, channels]
    const float *_Nonnull bias;  // [channels]
    float low, high;
    float *_Nonnull y;           // [columns, channels], columns y_step elements apart
    ptrdiff_t y_step;
} kn_depthwise_f32;

// The same in int8: y = clamp(roundHalfEven(float(bias[c] + Σ (x - x_zero) · w) · scale[c]) + zero, low, high);
// columns outside, and NULL rows, hold x_zero. Signed x in every table: unsigned_a is of no concern here.
typedef struct {
    ptrdiff_t width, channels, kh, kw, stride, dilation, pad, columns;
    const int8_t *_Nullable const *_Nonnull rows;
    const int8_t *_Nonnull w;
    const int32_t *_Nonnull bias;
    const float *_Nonnull scale;
    int32_t x_zero, zero, low, high;  // all within int8
    int8_t *_Nonnull y;
} kn_depthwise_i8;

// y[i, j] = y[i, j] + Σ_p a_p[i] · b_p[j], i < rows, j < columns, over the points p = (image, line, point) in that order:
// a_p = a + image · a_image + line · a_line + point · a_point, b_p alike. The sum is made apart from y.
typedef struct {
    ptrdiff_t rows, columns;
    ptrdiff_t images, lines, points;
    const float *_Nonnull a;
    ptrdiff_t a_image, a_line, a_point;  // in elements
    const float *_Nonnull b;
    ptrdiff_t b_image, b_line, b_point;
    float *_Nonnull y;
    ptrdiff_t y_stride;                  // elements between rows of y
} kn_outer_f32;

// One row of the gradient of depthwise weights: y[i, j, c] = y[i, j, c] + Σ_ox dy[ox, c] · row_i[ox · stride + j · dilation - pad, c].
// Columns outside 0 ..< width count as zero; NULL = a row of zeros. Pixels are `channels` elements apart; only the
// first `count` channels are summed.
typedef struct {
    ptrdiff_t width, channels, count, kh, kw, stride, dilation, pad, columns;  // columns of dy
    const float *_Nullable const *_Nonnull rows;
    const float *_Nonnull dy;    // [columns, channels]
    float *_Nonnull y;           // [kh, kw, channels]
} kn_depthwise_dw_f32;

// y = clamp(a + b, low, high). y may be a or b.
typedef struct {
    ptrdiff_t count;
    const float *_Nonnull a;
    const float *_Nonnull b;
    float low, high;
    float *_Nonnull y;
} kn_add_f32;

// y = clamp(x, low, high). y may be x.
typedef struct {
    ptrdiff_t count;
    const float *_Nonnull x;
    float low, high;
    float *_Nonnull y;
} kn_clamp_f32;

// dy = y > low && y < high ? dy : 0.
typedef struct {
    ptrdiff_t count;
    const float *_Nonnull y;
    float low, high;
    float *_Nonnull dy;
} kn_mask_f32;

// y = clamp(roundHalfEven(float(a) · a_scale + (float(b) · b_scale + shift)), low, high), every step rounded to float.
// a_scale = sa / sy, b_scale = sb / sy, shift = zy - (a_scale · za + b_scale · zb). y may be a or b.
typedef struct {
    ptrdiff_t count;
    const int8_t *_Nonnull a;
    const int8_t *_Nonnull b;
    float a_scale, b_scale, shift;
    int32_t low, high;
    int8_t *_Nonnull y;
} kn_add_i8;

// y = clamp(roundHalfEven(x / scale) + zero, low, high); NaN becomes low.
typedef struct {
    ptrdiff_t count;
    const float *_Nonnull x;
    float scale;
    int32_t zero, low, high;
    int8_t *_Nonnull y;
} kn_quantize;

// y = float(x - zero) · scale.
typedef struct {
    ptrdiff_t count;
    const int8_t *_Nonnull x;
    float scale;
    int32_t zero;
    float *_Nonnull y;
} kn_dequantize;

// y[c] = y[c] + Σ_r x[r · stride + c], or max(y[c], max_r x[r · stride + c]), r in 0 ..< count.
typedef struct {
    ptrdiff_t count, channels, stride;
    const float *_Nonnull x;
    float *_Nonnull y;
} kn_rows_f32;

// y[c] = y[c] + Σ_r x[r · stride + c], wrapping.
typedef struct {
    ptrdiff_t count, channels, stride;
    const int8_t *_Nonnull x;
    int32_t *_Nonnull y;
} kn_sum_i8;

// y[c] = max(y[c], max_r x[r · stride + c]).
typedef struct {
    ptrdiff_t count, channels, stride;
    const int8_t *_Nonnull x;
    int8_t *_Nonnull y;
} kn_max_i8;

// Input of Winograd F(2×2, 3×3), a line of tiles: v[p][t, c] = (Bᵀ d B)[p] where d is the 4 × 4 pixels at x + 2t · channels.
typedef struct {
    ptrdiff_t count, channels;  // tiles
    const float *_Nonnull x;
    ptrdiff_t line;             // elements between lines of x
    float *_Nonnull v;          // 16 matrices [count, channels], `plane` elements apart
    ptrdiff_t plane;
} kn_winograd_in;

// Output of Winograd F(2×2, 3×3), a line of tiles: the 2 × 2 pixels at y + 2t · channels are
// clamp((Aᵀ m[·][t, c] A) + bias[c] + residual, low, high). Only `rows` (1 or 2) lines and `columns` pixels of y exist.
typedef struct {
    ptrdiff_t rows, columns, channels;
    const float *_Nonnull m;    // 16 matrices [⌈columns / 2⌉, channels], `plane` elements apart
    ptrdiff_t plane;
    const float *_Nonnull bias;
    const float *_Nullable residual;  // like y, or y, or NULL for none
    float low, high;
    float *_Nonnull y;
    ptrdiff_t line;             // elements between lines of y and of residual
} kn_winograd_out;

// Gradient of Winograd's output, a line of tiles: v[p][t, c] = (A d Aᵀ)[p] where d is the 2 × 2 pixels at dy + 2t · channels.
// Only `rows` (1 or 2) lines and `columns` pixels of dy exist; the others count as zero.
typedef struct {
    ptrdiff_t rows, columns, channels;
    const float *_Nonnull dy;
    ptrdiff_t line;             // elements between lines of dy
    float *_Nonnull v;          // 16 matrices [⌈columns / 2⌉, channels], `plane` elements apart
    ptrdiff_t plane;
} kn_winograd_dy;

// The three also for F(4×4, 3×3): tiles of 6 × 6 and 4 × 4 pixels, every 4 pixels, 36 matrices, `rows` 1 to 4.

// Rows of pixels of three bytes, each byte for itself: y[r, j] = (2²¹ + Σ w[j, k] · x[r, first[j] + k]) >> 22, k < count[j].
// Weights are 0 … 2²², and those of an output add up to 2²² but for their rounding. Up to 16 bytes past x are read.
typedef struct {
    ptrdiff_t rows, columns;    // of y
    const uint8_t *_Nonnull x;
    ptrdiff_t x_stride;         // bytes between rows of x
    const ptrdiff_t *_Nonnull first, *_Nonnull count;  // in pixels, one per column
    ptrdiff_t taps;
    const int32_t *_Nonnull weights;   // [columns, taps]
    void *_Nonnull room;        // 16 · columns · ⌈taps / 4⌉ bytes to work in
    uint8_t *_Nonnull y;
    ptrdiff_t y_stride;
} kn_resample_row;

// The same along columns, for one row of y: y[i] = (2²¹ + Σ w[k] · x[k, i]) >> 22, k < count.
typedef struct {
    ptrdiff_t bytes, count;
    const uint8_t *_Nonnull x;
    ptrdiff_t x_stride;         // bytes between rows of x
    const int32_t *_Nonnull weights;
    uint8_t *_Nonnull y;
} kn_resample_column;

// The kernels of one instruction set; NULL where the Swift twin does the work.
typedef struct {
    ptrdiff_t f32_mr, f32_nr;
    void (*_Nullable tile_f32)(const kn_tile_f32 *_Nonnull);
    ptrdiff_t i8_mr, i8_nr;
    int unsigned_a;
    void (*_Nullable tile_i8)(const kn_tile_i8 *_Nonnull);
    void (*_Nullable depthwise_f32)(const kn_depthwise_f32 *_Nonnull);
    void (*_Nullable depthwise_i8)(const kn_depthwise_i8 *_Nonnull);
    void (*_Nullable add_f32)(const kn_add_f32 *_Nonnull);
    void (*_Nullable clamp_f32)(const kn_clamp_f32 *_Nonnull);
    void (*_Nullable add_i8)(const kn_add_i8 *_Nonnull);
    void (*_Nullable quantize)(const kn_quantize *_Nonnull);
    void (*_Nullable dequantize)(const kn_dequantize *_Nonnull);
    void (*_Nullable sum_f32)(const kn_rows_f32 *_Nonnull);
    void (*_Nullable max_f32)(const kn_rows_f32 *_Nonnull);
    void (*_Nullable sum_i8)(const kn_sum_i8 *_Nonnull);
    void (*_Nullable max_i8)(const kn_max_i8 *_Nonnull);
    void (*_Nullable winograd_in)(const kn_winograd_in *_Nonnull);
    void (*_Nullable winograd_out)(const kn_winograd_out *_Nonnull);
    void (*_Nullable winograd_dy)(const kn_winograd_dy *_Nonnull);
    void (*_Nullable winograd4_in)(const kn_winograd_in *_Nonnull);
    void (*_Nullable winograd4_out)(const kn_winograd_out *_Nonnull);
    void (*_Nullable winograd4_dy)(const kn_winograd_dy *_Nonnull);
    void (*_Nullable outer_f32)(const kn_outer_f32 *_Nonnull);
    void (*_Nullable depthwise_dw_f32)(const kn_depthwise_dw_f32 *_Nonnull);
    void (*_Nullable mask_f32)(const kn_mask_f32 *_Nonnull);
    void (*_Nullable resample_row)(const kn_resample_row *_Nonnull);
    void (*_Nullable resample_column)(const kn_resample_column *_Nonnull);
    // Runs independent chains of the set's best multiply-add; the number of operations (2 per multiply-add) done.
    double (*_Nullable peak_f32)(ptrdiff_t rounds);
    double (*_Nullable peak_i8)(ptrdiff_t rounds);
} kn_table;

// Instruction sets, numbered as Engine's ISA.
enum { KN_BASELINE, KN_AVX2, KN_AVX512, KN_VNNI, KN_DOTPROD, KN_I8MM, KN_NEON };
// Whether this build has kernels for the set and this processor runs them.
int kn_has(int isa);
// The table of a set that kn_has.
kn_table kn_kernels(int isa);
#endif
