// How int8 tiles end on x86: rows two by two, through the instructions that narrow two vectors into one. Before
// including it define I(x), the intrinsic x of the width, V and F, its integer and float vectors, and ORDER.
// Conversion turns what is too large for int32 into its least value, wrong only above; scales up to 1/2 exclude that.
KN_INLINE int NAME(small_scales)(const kn_tile_i8 *t, ptrdiff_t column, ptrdiff_t count) {
    typedef int32_t flags __attribute__((ext_vector_type(LANES)));
    flags large = 0;
    for (ptrdiff_t j = 0; j < count; j += LANES) {
        NAME(vec) scale = NAME(load)(t->scale + column + j);
        large |= ~((scale <= 0.5f) & (scale >= -0.5f));
    }
    return !__builtin_reduce_or(large);
}

KN_INLINE V NAME(scaled)(NAME(ivec) sum, NAME(vec) scale) {
    return I(cvtps_epi32)((F)(__builtin_convertvector(sum, NAME(vec)) * scale));
}

// For every lane: the zero point as words, the limits as bytes.
typedef struct {
    V zero, low, high;
} NAME(limits);

KN_INLINE NAME(limits) NAME(limits_of)(const kn_tile_i8 *t) {
    return (NAME(limits)){I(set1_epi16)((short)t->zero), I(set1_epi8)((char)t->low), I(set1_epi8)((char)t->high)};
}

// Bytes of two rows, one in each half; `limited`: low or high may be another than int8's.
KN_INLINE V NAME(narrow)(const NAME(limits) *limits, const NAME(ivec) *a, const NAME(ivec) *b, const NAME(vec) *scale,
                         const int vectors, const int limited) {
    const int last = vectors - 1;
    V words = I(adds_epi16)(I(packs_epi32)(NAME(scaled)(a[0], scale[0]), NAME(scaled)(a[last], scale[last])), limits->zero);
    V more = I(adds_epi16)(I(packs_epi32)(NAME(scaled)(b[0], scale[0]), NAME(scaled)(b[last], scale[last])), limits->zero);
    V bytes = I(packs_epi16)(words, more);
    if (limited) bytes = I(min_epi8)(I(max_epi8)(bytes, limits->low), limits->high);
    // Narrowing works within lanes of 16 bytes: now groups of 4 columns alternate between vectors and rows.
    return PERMUTE(bytes);
}

// Rows row ..< row + rows of one panel.
KN_INLINE void NAME(store_pairs)(const kn_tile_i8 *t, NAME(ivec) sum[][2], ptrdiff_t row, ptrdiff_t column,
                                 ptrdiff_t columns, const int rows, const int vectors) {
    NAME(vec) scale[2];
    KN_UNROLL for (int v = 0; v < vectors; v++) scale[v] = NAME(load)(t->scale + column + v * LANES);
    const NAME(limits) limits = NAME(limits_of)(t);
    int8_t *y = t->y + row * t->y_stride + column;
    if (columns >= vectors * LANES) {
        KN_UNROLL for (int i = 0; i < rows; i += 2, y += 2 * t->y_stride) {
            V q = NAME(narrow)(&limits, sum[i], sum[i + 1 < rows ? i + 1 : i], scale, vectors, 1);
            STORE_HALF(y, q, 0, vectors);
            if (i + 1 < rows) STORE_HALF(y + t->y_stride, q, 1, vectors);
        }
    } else {
        KN_UNROLL for (int i = 0; i < rows; i += 2, y += 2 * t->y_stride) {
            V q = NAME(narrow)(&limits, sum[i], sum[i + 1 < rows ? i + 1 : i], scale, vectors, 1);
            STORE_PART(y, q, 0, columns);
            if (i + 1 < rows) STORE_PART(y + t->y_stride, q, 1, columns);
        }
    }
}

#define STORE_PAIRS NAME(store_pairs)
#define STORE_PAIRS_FITS(t, column, vectors) (!(t)->y_f32 && NAME(small_scales)(t, column, panels * (vectors) * LANES))
