// 4 · LANES channels of a depthwise row in int8 on x86, as a template over vectors.h. Bytes of four rows of x alternate,
// so that one DOT takes a column of the window for LANES channels. Before including it define
//   I(x), V, F   the intrinsic x of the width, its integer and float vectors
//   FLIP         what x is xored with: -128 where DOT wants it unsigned, else 0
//   A, B         types of what DOT multiplies; MAKE_A(v), MAKE_B(v) make them from bytes
//   DOT(c, a, b) c + a · b, four products per lane
// Unpacking leaves the channels of each vector in groups of 4 apart; narrowing puts them back in order.
typedef struct {
    A part[4];
} NAME(column);

typedef struct {
    const kn_depthwise_i8 *t;
    const int8_t *row[4 * KN_GROUPS];  // rows of x from channel c on, or `fill`
    ptrdiff_t step[4 * KN_GROUPS];     // bytes between their columns, 0 in `fill`
    B w[KN_COLUMNS][4];
    NAME(ivec) bias[4];
    NAME(vec) scale[4];
    NAME(column) outside;
    int8_t fill[4 * LANES];
    ptrdiff_t groups, c, count;
} NAME(job);

// What the loops over columns keep in registers: stores to y could change anything that lies in memory.
typedef struct {
    const int8_t *row[4 * KN_GROUPS];
    ptrdiff_t step[4 * KN_GROUPS];
    ptrdiff_t width, channels, count;
    NAME(ivec) bias[4];
    NAME(vec) scale[4];
    V zero, low, high;
    NAME(column) outside;
    int8_t *y;
} NAME(view);

KN_INLINE NAME(view) NAME(look)(const NAME(job) *j, const int rows) {
    const kn_depthwise_i8 *t = j->t;
    NAME(view) v = {
        .width = t->width, .channels = t->channels, .count = j->count, .outside = j->outside, .y = t->y + j->c,
        .zero = I(set1_epi16)((short)t->zero), .low = I(set1_epi8)((char)t->low), .high = I(set1_epi8)((char)t->high)};
    KN_UNROLL for (int i = 0; i < rows; i++) v.row[i] = j->row[i], v.step[i] = j->step[i];
    KN_UNROLL for (int q = 0; q < 4; q++) v.bias[q] = j->bias[q], v.scale[q] = j->scale[q];
    return v;
}

KN_INLINE V NAME(read)(const int8_t *p) {
    typedef struct {
        V v;
    } __attribute__((packed, may_alias)) loose;
    return ((const loose *)p)->v;
}

// Bytes of four vectors, channel by channel.
KN_INLINE void NAME(weave)(V out[4], V a, V b, V c, V d) {
    V ab = I(unpacklo_epi8)(a, b), cd = I(unpacklo_epi8)(c, d);
    out[0] = I(unpacklo_epi16)(ab, cd);
    out[1] = I(unpackhi_epi16)(ab, cd);
    ab = I(unpackhi_epi8)(a, b), cd = I(unpackhi_epi8)(c, d);
    out[2] = I(unpacklo_epi16)(ab, cd);
    out[3] = I(unpackhi_epi16)(ab, cd);
}

// Column x of rows 4g ..< 4g + height.
KN_INLINE NAME(column) NAME(column_at)(const NAME(view) *v, ptrdiff_t g, ptrdiff_t x, const int height) {
    if (x < 0 || x >= v->width) return v->outside;
    const V flip = I(set1_epi8)((char)FLIP);
    V r[4], woven[4];
    KN_UNROLL for (int i = 0; i < height; i++) r[i] = NAME(read)(v->row[4 * g + i] + x * v->step[4 * g + i]) ^ flip;
    // Weights of rows past the height are zero: any bytes will do.
    NAME(weave)(woven, r[0], r[1], r[2], height == 4 ? r[3] : r[2]);
    NAME(column) column;
    KN_UNROLL for (int q = 0; q < 4; q++) column.part[q] = MAKE_A(woven[q]);
    return column;
}

KN_INLINE void NAME(finish)(const NAME(view) *v, const NAME(ivec) sum[4], ptrdiff_t x) {
    const F limit = I(set1_ps)(2147483520.0f);
    V q[4];
    KN_UNROLL for (int i = 0; i < 4; i++)
        // Conversion would turn what is too large for int32 into its least value.
        q[i] = I(cvtps_epi32)(I(min_ps)((F)(__builtin_convertvector(sum[i], NAME(vec)) * v->scale[i]), limit));
    V bytes = I(packs_epi16)(I(adds_epi16)(I(packs_epi32)(q[0], q[1]), v->zero),
                             I(adds_epi16)(I(packs_epi32)(q[2], q[3]), v->zero));
    bytes = I(min_epi8)(I(max_epi8)(bytes, v->low), v->high);
    int8_t *y = v->y + x * v->channels;
    if (LANES > 4 || v->count == 4 * LANES)
        __builtin_memcpy(y, &bytes, sizeof bytes);
    else
        kn_copy_part(y, (const int8_t *)&bytes, v->count);
}

KN_INLINE void NAME(taps)(NAME(ivec) sum[4], const B w[4], NAME(column) column) {
    KN_UNROLL for (int q = 0; q < 4; q++) sum[q] = DOT(sum[q], column.part[q], w[q]);
}

// One output of a window three columns wide.
KN_INLINE void NAME(output_3)(const NAME(view) *v, const B w[3][4], ptrdiff_t x, NAME(column) a, NAME(column) b,
                              NAME(column) c) {
    NAME(ivec) sum[4];
    KN_UNROLL for (int q = 0; q < 4; q++) sum[q] = v->bias[q];
    NAME(taps)(sum, w[0], a);
    NAME(taps)(sum, w[1], b);
    NAME(taps)(sum, w[2], c);
    NAME(finish)(v, sum, x);
}

#define VIEW_3                                        \
    const NAME(view) v = NAME(look)(j, 3);            \
    const ptrdiff_t n = j->t->columns;                \
    ptrdiff_t at = -j->t->pad;                        \
    B w[3][4];                                        \
    KN_UNROLL for (int k = 0; k < 3; k++)             \
        KN_UNROLL for (int q = 0; q < 4; q++) w[k][q] = j->w[k][q]

// 3 × 3, stride 1: every column of x is woven once for the three outputs that it is part of.
static void NAME(stride_1)(const NAME(job) *j) {
    VIEW_3;
    NAME(column) a = NAME(column_at)(&v, 0, at, 3), b = NAME(column_at)(&v, 0, at + 1, 3), c;
    for (ptrdiff_t x = 0; x < n; x += 3, at += 3) {
        c = NAME(column_at)(&v, 0, at + 2, 3);
        NAME(output_3)(&v, w, x, a, b, c);
        if (x + 1 >= n) break;
        a = NAME(column_at)(&v, 0, at + 3, 3);
        NAME(output_3)(&v, w, x + 1, b, c, a);
        if (x + 2 >= n) break;
        b = NAME(column_at)(&v, 0, at + 4, 3);
        NAME(output_3)(&v, w, x + 2, c, a, b);
    }
}

static void NAME(stride_2)(const NAME(job) *j) {
    VIEW_3;
    NAME(column) a = NAME(column_at)(&v, 0, at, 3);
    for (ptrdiff_t x = 0; x < n; x++, at += 2) {
        NAME(column) b = NAME(column_at)(&v, 0, at + 1, 3), c = NAME(column_at)(&v, 0, at + 2, 3);
        NAME(output_3)(&v, w, x, a, b, c);
        a = c;
    }
}
#undef VIEW_3

static void NAME(any_window)(const NAME(job) *j) {
    const kn_depthwise_i8 *t = j->t;
    const NAME(view) v = NAME(look)(j, 4 * KN_GROUPS);
    for (ptrdiff_t x = 0; x < t->columns; x++) {
        NAME(ivec) sum[4];
        KN_UNROLL for (int q = 0; q < 4; q++) sum[q] = v.bias[q];
        for (ptrdiff_t g = 0; g < j->groups; g++)
            for (ptrdiff_t k = 0; k < t->kw; k++)
                NAME(taps)(sum, j->w[g * t->kw + k],
                           NAME(column_at)(&v, g, x * t->stride - t->pad + k * t->dilation, 4));
        NAME(finish)(&v, sum, x);
    }
}

// Channels c ..< c + count, count at most 4 · LANES; 0 if a scale is no number.
static int NAME(depthwise_i8)(const kn_depthwise_i8 *t, ptrdiff_t c, ptrdiff_t count) {
    NAME(job) j;
    j.t = t, j.c = c, j.count = count, j.groups = (t->kh + 3) / 4;
    __builtin_memset(j.fill, (int8_t)t->x_zero, sizeof j.fill);
    KN_UNROLL for (int q = 0; q < 4; q++) j.outside.part[q] = MAKE_A(I(set1_epi8)((char)(t->x_zero ^ FLIP)));
    for (ptrdiff_t i = 0; i < 4 * j.groups; i++) {
        const int8_t *row = i < t->kh ? t->rows[i] : 0;
        j.row[i] = row ? row + c : j.fill;
        j.step[i] = row ? t->channels : 0;
    }
    // Groups of 4 channels in the order that weaving leaves them in.
    NAME(ivec) odd = 0;
    KN_UNROLL for (int q = 0; q < 4; q++) {
        NAME(ivec) bias;
        NAME(vec) scale;
        KN_UNROLL for (int l = 0; l < LANES; l += 4) {
            __builtin_memcpy((int32_t *)&bias + l, t->bias + c + 4 * l + 4 * q, 16);
            __builtin_memcpy((float *)&scale + l, t->scale + c + 4 * l + 4 * q, 16);
        }
        j.bias[q] = bias, j.scale[q] = scale;
        odd |= ~((scale <= 1e30f) & (scale >= -1e30f));
    }
    // Scales past the channels are whatever lies there.
    if (__builtin_reduce_or(odd))
        for (ptrdiff_t i = 0; i < count; i++)
            if (!(t->scale[c + i] <= 1e30f && t->scale[c + i] >= -1e30f)) return 0;
    for (ptrdiff_t g = 0; g < j.groups; g++)
        for (ptrdiff_t k = 0; k < t->kw; k++) {
            V w[4], woven[4];
            KN_UNROLL for (int i = 0; i < 4; i++)
                w[i] = 4 * g + i < t->kh ? NAME(read)(t->w + ((4 * g + i) * t->kw + k) * t->channels + c) : (V){0};
            NAME(weave)(woven, w[0], w[1], w[2], w[3]);
            KN_UNROLL for (int q = 0; q < 4; q++) {
                B b = MAKE_B(woven[q]);
                j.w[g * t->kw + k][q] = b;
                // Σ (x - x_zero) · w = Σ x · w - Σ x_zero · w
                NAME(ivec) shift = DOT((NAME(ivec))0, j.outside.part[q], b);
                j.bias[q] = (NAME(ivec))((NAME(uvec))j.bias[q] - (NAME(uvec))shift);
            }
        }
    const int small = t->kh == 3 && t->kw == 3 && t->dilation == 1;
    if (small && t->stride == 1)
        NAME(stride_1)(&j);
    else if (small && t->stride == 2)
        NAME(stride_2)(&j);
    else
        NAME(any_window)(&j);
    return 1;
}
