// What the Arm files share: int8 results are narrowed by conversions that round to even and saturate.
#include <arm_neon.h>

// Bytes of two rows of two vectors.
KN_INLINE int8x16_t NAME(narrow)(const kn_tile_i8 *t, const NAME(ivec) *a, const NAME(ivec) *b, const NAME(vec) *scale) {
    const int16x8_t zero = vdupq_n_s16((int16_t)t->zero);
#define SCALED(x, v) vcvtnq_s32_f32(vmulq_f32(vcvtq_f32_s32((int32x4_t)(x)), (float32x4_t)(v)))
    int16x8_t p = vqmovn_high_s32(vqmovn_s32(SCALED(a[0], scale[0])), SCALED(a[1], scale[1]));
    int16x8_t q = vqmovn_high_s32(vqmovn_s32(SCALED(b[0], scale[0])), SCALED(b[1], scale[1]));
#undef SCALED
    int8x16_t bytes = vqmovn_high_s16(vqmovn_s16(vqaddq_s16(p, zero)), vqaddq_s16(q, zero));
    return vminq_s8(vmaxq_s8(bytes, vdupq_n_s8((int8_t)t->low)), vdupq_n_s8((int8_t)t->high));
}

// Rows row ..< row + rows of one panel; a panel one vector wide repeats it.
KN_INLINE void NAME(store_pairs)(const kn_tile_i8 *t, NAME(ivec) sum[][2], ptrdiff_t row, ptrdiff_t column,
                                 ptrdiff_t columns, const int rows, const int vectors) {
    NAME(vec) scale[2];
    KN_UNROLL for (int v = 0; v < 2; v++) scale[v] = NAME(load)(t->scale + column + (vectors == 2 ? v : 0) * LANES);
    int8_t *y = t->y + row * t->y_stride + column;
    KN_UNROLL for (int i = 0; i < rows; i += 2, y += 2 * t->y_stride) {
        const int j = i + 1 < rows ? i + 1 : i;
        if (vectors == 1) sum[i][1] = sum[i][0], sum[j][1] = sum[j][0];
        int8x16_t q = NAME(narrow)(t, sum[i], sum[j], scale);
        if (columns >= 2 * LANES) {
            vst1_s8(y, vget_low_s8(q));
            if (j > i) vst1_s8(y + t->y_stride, vget_high_s8(q));
        } else {
            kn_copy_part(y, (const int8_t *)&q, columns);
            if (j > i) kn_copy_part(y + t->y_stride, (const int8_t *)&q + 8, columns);
        }
    }
}

// Only a scale that is not a number comes out of conversion otherwise than the twin has it.
KN_INLINE int NAME(finite_scales)(const kn_tile_i8 *t, ptrdiff_t column, ptrdiff_t count) {
    NAME(ivec) odd = 0;
    for (ptrdiff_t j = 0; j < count; j += LANES) {
        NAME(vec) scale = NAME(load)(t->scale + column + j);
        odd |= ~((scale <= 1e30f) & (scale >= -1e30f));
    }
    return !__builtin_reduce_or(odd);
}

#define STORE_PAIRS NAME(store_pairs)
#define STORE_PAIRS_FITS(t, column, vectors) (!(t)->y_f32 && NAME(finite_scales)(t, column, panels * (vectors) * LANES))
