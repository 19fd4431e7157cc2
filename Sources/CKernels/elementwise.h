// The elementwise kernels of one instruction set, as a template over vectors.h.
// Arrays may be the same, so the loops are written in vectors: a compiler would have to assume overlap.

KN_INLINE NAME(vec) NAME(widen)(const int8_t *p) {
    return __builtin_convertvector(__builtin_convertvector(*(const NAME(bytes) *)p, NAME(ivec)), NAME(vec));
}

static void NAME(add_f32)(const kn_add_f32 *t) {
    NAME(vec) low = NAME(fill)(t->low), high = NAME(fill)(t->high);
    ptrdiff_t i = 0;
    for (; i + LANES <= t->count; i += LANES)
        *(NAME(loose) *)(t->y + i) = kn_clamp(NAME(load)(t->a + i) + NAME(load)(t->b + i), low, high);
    for (; i < t->count; i++) t->y[i] = kn_clamp(t->a[i] + t->b[i], t->low, t->high);
}

static void NAME(clamp_f32)(const kn_clamp_f32 *t) {
    NAME(vec) low = NAME(fill)(t->low), high = NAME(fill)(t->high);
    ptrdiff_t i = 0;
    for (; i + LANES <= t->count; i += LANES) *(NAME(loose) *)(t->y + i) = kn_clamp(NAME(load)(t->x + i), low, high);
    for (; i < t->count; i++) t->y[i] = kn_clamp(t->x[i], t->low, t->high);
}

static void NAME(mask_f32)(const kn_mask_f32 *t) {
    NAME(vec) low = NAME(fill)(t->low), high = NAME(fill)(t->high);
    ptrdiff_t i = 0;
    for (; i + LANES <= t->count; i += LANES) {
        NAME(vec) y = NAME(load)(t->y + i);
        NAME(ivec) dy = *(const NAME(iloose) *)(t->dy + i) & (y > low) & (y < high);
        *(NAME(iloose) *)(t->dy + i) = dy;
    }
    for (; i < t->count; i++) t->dy[i] = t->y[i] > t->low && t->y[i] < t->high ? t->dy[i] : 0;
}

static void NAME(add_i8)(const kn_add_i8 *t) {
    ptrdiff_t i = 0;
    for (; i + LANES <= t->count; i += LANES) {
        NAME(vec) x = NAME(widen)(t->a + i) * t->a_scale + (NAME(widen)(t->b + i) * t->b_scale + t->shift);
        *(NAME(bytes) *)(t->y + i) = __builtin_convertvector(NAME(round)(x, 0, t->low, t->high), NAME(bytes));
    }
    for (; i < t->count; i++) {
        float x = (float)t->a[i] * t->a_scale + ((float)t->b[i] * t->b_scale + t->shift);
        t->y[i] = (int8_t)kn_round_one(x, 0, t->low, t->high);
    }
}

static void NAME(quantize)(const kn_quantize *t) {
    ptrdiff_t i = 0;
    for (; i + LANES <= t->count; i += LANES) {
        NAME(ivec) q = NAME(round)(NAME(load)(t->x + i) / t->scale, t->zero, t->low, t->high);
        *(NAME(bytes) *)(t->y + i) = __builtin_convertvector(q, NAME(bytes));
    }
    for (; i < t->count; i++) t->y[i] = (int8_t)kn_round_one(t->x[i] / t->scale, t->zero, t->low, t->high);
}

static void NAME(dequantize)(const kn_dequantize *t) {
    // Differences of bytes are exact in float.
    const float zero = (float)t->zero;
    ptrdiff_t i = 0;
    for (; i + LANES <= t->count; i += LANES)
        *(NAME(loose) *)(t->y + i) = (NAME(widen)(t->x + i) - zero) * t->scale;
    for (; i < t->count; i++) t->y[i] = ((float)t->x[i] - zero) * t->scale;
}

#define REDUCE(name, type, element, vector, get, combine)                             \
    static void NAME(name)(const type *t) {                                           \
        ptrdiff_t c = 0;                                                              \
        for (; c + LANES <= t->channels; c += LANES) {                                \
            vector y = *(vector *)(t->y + c);                                         \
            for (ptrdiff_t r = 0; r < t->count; r++) {                                \
                vector x = get(t->x + r * t->stride + c);                             \
                y = combine;                                                          \
            }                                                                         \
            *(vector *)(t->y + c) = y;                                                \
        }                                                                             \
        for (; c < t->channels; c++) {                                                \
            element y = t->y[c];                                                      \
            for (ptrdiff_t r = 0; r < t->count; r++) {                                \
                element x = t->x[r * t->stride + c];                                  \
                y = combine;                                                          \
            }                                                                         \
            t->y[c] = y;                                                              \
        }                                                                             \
    }
#define WIDE(p) (NAME(uvec)) __builtin_convertvector(*(const NAME(bytes) *)(p), NAME(ivec))
#define SAME(p) *(const NAME(bytes) *)(p)
REDUCE(sum_f32, kn_rows_f32, float, NAME(loose), NAME(load), y + x)
REDUCE(max_f32, kn_rows_f32, float, NAME(loose), NAME(load), x > y ? x : y)
REDUCE(sum_i8, kn_sum_i8, uint32_t, NAME(uvec), WIDE, y + x)
REDUCE(max_i8, kn_max_i8, int8_t, NAME(bytes), SAME, x > y ? x : y)
#undef REDUCE
#undef WIDE
#undef SAME
