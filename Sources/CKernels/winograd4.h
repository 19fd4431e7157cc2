// The transforms of Winograd F(4×4, 3×3), included by winograd.h. Scales of 2, 4 and 8 are exact, so fused or not makes
// no difference.

// Bᵀ of six numbers.
#define SPREAD_IN(V, put, a, b, c, d, e, f)                                                                   \
    do {                                                                                                      \
        const V p = e - c, q = d - b, s = KN_FMA((V)-4.0f, c, e), u = KN_FMA((V)-4.0f, b, d);                 \
        put(0, KN_FMA((V)4.0f, a - c, p));                                                                    \
        put(1, s + u);                                                                                        \
        put(2, s - u);                                                                                        \
        put(3, KN_FMA((V)2.0f, q, p));                                                                        \
        put(4, KN_FMA((V)-2.0f, q, p));                                                                       \
        put(5, KN_FMA((V)-4.0f, q, f - d));                                                                   \
    } while (0)

// Aᵀ of six numbers.
#define GATHER_OUT(V, put, a, b, c, d, e, f)                                                                  \
    do {                                                                                                      \
        const V p = b + c, q = b - c, s = d + e, u = d - e;                                                   \
        put(0, a + p + s);                                                                                    \
        put(1, KN_FMA((V)2.0f, u, q));                                                                        \
        put(2, KN_FMA((V)4.0f, s, p));                                                                        \
        put(3, KN_FMA((V)8.0f, u, q) + f);                                                                    \
    } while (0)

// A of four numbers.
#define SPREAD_DY(V, put, a, b, c, d)                                                                         \
    do {                                                                                                      \
        const V p = a + c, q = b + d, s = KN_FMA((V)4.0f, c, a), u = (V)2.0f * KN_FMA((V)4.0f, d, b);         \
        put(0, a);                                                                                            \
        put(1, p + q);                                                                                        \
        put(2, p - q);                                                                                        \
        put(3, s + u);                                                                                        \
        put(4, s - u);                                                                                        \
        put(5, d);                                                                                            \
    } while (0)

#define TRANSFORMS(V, LOOSE, suffix)                                                                          \
    KN_INLINE void NAME(winograd4_in_##suffix)(const kn_winograd_in *t, const float *x, float *v) {           \
        V m[6][6];                                                                                            \
        KN_UNROLL for (int j = 0; j < 6; j++) {                                                               \
            V d[6];                                                                                           \
            KN_UNROLL for (int i = 0; i < 6; i++) d[i] = *(const LOOSE *)(x + i * t->line + j * t->channels); \
            SPREAD_IN(V, KEEP, d[0], d[1], d[2], d[3], d[4], d[5]);                                           \
        }                                                                                                     \
        KN_UNROLL for (int i = 0; i < 6; i++) {                                                               \
            float *to = v + 6 * i * t->plane;                                                                 \
            SPREAD_IN(V, STORE_##suffix, m[i][0], m[i][1], m[i][2], m[i][3], m[i][4], m[i][5]);               \
        }                                                                                                     \
    }                                                                                                         \
    KN_INLINE void NAME(winograd4_out_##suffix)(const kn_winograd_out *t, ptrdiff_t tile, ptrdiff_t channel) { \
        const float *from = t->m + tile * t->channels + channel;                                              \
        const V bias = *(const LOOSE *)(t->bias + channel);                                                   \
        V m[4][6], y[4];                                                                                      \
        KN_UNROLL for (int j = 0; j < 6; j++) {                                                               \
            V d[6];                                                                                           \
            KN_UNROLL for (int i = 0; i < 6; i++) d[i] = *(const LOOSE *)(from + (6 * i + j) * t->plane);     \
            GATHER_OUT(V, KEEP, d[0], d[1], d[2], d[3], d[4], d[5]);                                          \
        }                                                                                                     \
        const ptrdiff_t columns = t->columns - 4 * tile;                                                      \
        KN_UNROLL for (int i = 0; i < 4; i++) {                                                               \
            if (i >= t->rows) continue;                                                                        \
            GATHER_OUT(V, KEEP_ROW, m[i][0], m[i][1], m[i][2], m[i][3], m[i][4], m[i][5]);                    \
            KN_UNROLL for (int j = 0; j < 4; j++) {                                                           \
                if (j >= columns) continue;                                                                   \
                ptrdiff_t at = i * t->line + (4 * tile + j) * t->channels + channel;                          \
                V sum = y[j] + bias;                                                                          \
                if (t->residual) sum += *(const LOOSE *)(t->residual + at);                                   \
                *(LOOSE *)(t->y + at) = LIMIT_##suffix(sum, (V)t->low, (V)t->high);                                 \
            }                                                                                                 \
        }                                                                                                     \
    }                                                                                                         \
    KN_INLINE void NAME(winograd4_dy_##suffix)(const kn_winograd_dy *t, ptrdiff_t tile, ptrdiff_t channel) {  \
        V m[6][4];                                                                                            \
        KN_UNROLL for (int j = 0; j < 4; j++) {                                                               \
            const float *p = t->dy + (4 * tile + j) * t->channels + channel;                                  \
            const ptrdiff_t rows = 4 * tile + j < t->columns ? t->rows : 0;                                   \
            V d[4];                                                                                           \
            KN_UNROLL for (int i = 0; i < 4; i++) d[i] = i < rows ? *(const LOOSE *)(p + i * t->line) : (V)0.0f; \
            SPREAD_DY(V, KEEP, d[0], d[1], d[2], d[3]);                                                       \
        }                                                                                                     \
        KN_UNROLL for (int i = 0; i < 6; i++) {                                                               \
            float *to = t->v + tile * t->channels + channel + 6 * i * t->plane;                               \
            SPREAD_DY(V, STORE_##suffix, m[i][0], m[i][1], m[i][2], m[i][3]);                                 \
        }                                                                                                     \
    }
#define KEEP(i, x) m[i][j] = x
#define KEEP_ROW(k, x) y[k] = x
#define STORE_vec(k, x) *(NAME(loose) *)(to + (k) * t->plane) = x
#define STORE_quad(k, x) *(NAME(loose_quad) *)(to + (k) * t->plane) = x
#define STORE_one(k, x) to[(k) * t->plane] = x

TRANSFORMS(NAME(vec), NAME(loose), vec)
TRANSFORMS(NAME(quad), NAME(loose_quad), quad)
TRANSFORMS(float, float, one)
#undef TRANSFORMS
#undef SPREAD_IN
#undef GATHER_OUT
#undef SPREAD_DY
#undef KEEP
#undef KEEP_ROW
#undef STORE_vec
#undef STORE_quad
#undef STORE_one

static void NAME(winograd4_in)(const kn_winograd_in *given) {
    const kn_winograd_in own = *given, *t = &own;
    for (ptrdiff_t i = 0; i < t->count; i++) {
#define WHAT(suffix, c) NAME(winograd4_in_##suffix)(t, t->x + 4 * i * t->channels + (c), t->v + i * t->channels + (c))
        CHANNELS(WHAT);
#undef WHAT
    }
}

static void NAME(winograd4_out)(const kn_winograd_out *given) {
    const kn_winograd_out own = *given, *t = &own;
    for (ptrdiff_t i = 0; i < (t->columns + 3) / 4; i++) {
#define WHAT(suffix, c) NAME(winograd4_out_##suffix)(t, i, c)
        if (t->residual == t->y) {
            CHANNELS_ONCE(WHAT);
        } else {
            CHANNELS(WHAT);
        }
#undef WHAT
    }
}

static void NAME(winograd4_dy)(const kn_winograd_dy *given) {
    const kn_winograd_dy own = *given, *t = &own;
    for (ptrdiff_t i = 0; i < (t->columns + 3) / 4; i++) {
#define WHAT(suffix, c) NAME(winograd4_dy_##suffix)(t, i, c)
        CHANNELS(WHAT);
#undef WHAT
    }
}
