// The transforms of Winograd F(2×2, 3×3), as a template over vectors.h.

typedef float NAME(quad) __attribute__((ext_vector_type(4)));
typedef float NAME(loose_quad) __attribute__((ext_vector_type(4), aligned(4)));

// Elements from one column of x, and one matrix, to the others: registers, not sums made again for every vector.
typedef struct {
    ptrdiff_t column[4], plane[4];
} NAME(steps);

KN_INLINE NAME(steps) NAME(steps_of)(ptrdiff_t channels, ptrdiff_t plane) {
    NAME(steps) by = {{0}, {0}};
    KN_UNROLL for (int j = 1; j < 4; j++) {
        by.column[j] = j * channels, by.plane[j] = j * plane;
        KN_HIDE(by.column[j]);
        KN_HIDE(by.plane[j]);
    }
    return by;
}

// For vectors V of channels, in memory LOOSE.
#define TRANSFORMS(V, LOOSE, suffix)                                                                          \
    KN_INLINE void NAME(winograd_in_##suffix)(const kn_winograd_in *t, const NAME(steps) *by, const float *x, \
                                              float *v) {                                                     \
        V d[4][4];                                                                                            \
        KN_HIDE(x);                                                                                           \
        KN_HIDE(v);                                                                                           \
        KN_UNROLL for (int j = 0; j < 4; j++) {                                                               \
            const V a = *(const LOOSE *)(x + by->column[j]), b = *(const LOOSE *)(x + t->line + by->column[j]);\
            const V c = *(const LOOSE *)(x + 2 * t->line + by->column[j]);                                    \
            const V e = *(const LOOSE *)(x + 3 * t->line + by->column[j]);                                    \
            d[0][j] = a - c, d[1][j] = b + c, d[2][j] = c - b, d[3][j] = b - e;                               \
        }                                                                                                     \
        KN_UNROLL for (int i = 0; i < 4; i++, v += 4 * t->plane) {                                            \
            *(LOOSE *)v = d[i][0] - d[i][2];                                                                  \
            *(LOOSE *)(v + by->plane[1]) = d[i][1] + d[i][2];                                                 \
            *(LOOSE *)(v + by->plane[2]) = d[i][2] - d[i][1];                                                 \
            *(LOOSE *)(v + by->plane[3]) = d[i][1] - d[i][3];                                                 \
        }                                                                                                     \
    }                                                                                                         \
    KN_INLINE void NAME(winograd_out_##suffix)(const kn_winograd_out *t, const NAME(steps) *by, ptrdiff_t tile,\
                                               ptrdiff_t channel) {                                           \
        const float *m = t->m + tile * t->channels + channel;                                                 \
        ptrdiff_t at = 2 * tile * t->channels + channel;                                                      \
        KN_HIDE(m);                                                                                           \
        KN_HIDE(at);                                                                                          \
        V s[2][4], y[2][2], bias = *(const LOOSE *)(t->bias + channel);                                       \
        KN_UNROLL for (int j = 0; j < 4; j++) {                                                               \
            const V a = *(const LOOSE *)(m + by->plane[j]), b = *(const LOOSE *)(m + 4 * t->plane + by->plane[j]);\
            const V c = *(const LOOSE *)(m + 8 * t->plane + by->plane[j]);                                    \
            const V d = *(const LOOSE *)(m + 12 * t->plane + by->plane[j]);                                   \
            s[0][j] = a + b + c, s[1][j] = b - c - d;                                                         \
        }                                                                                                     \
        KN_UNROLL for (int i = 0; i < 2; i++) {                                                               \
            y[i][0] = s[i][0] + s[i][1] + s[i][2];                                                            \
            y[i][1] = s[i][1] - s[i][2] - s[i][3];                                                            \
        }                                                                                                     \
        ptrdiff_t columns = t->columns - 2 * tile;                                                            \
        KN_UNROLL for (int i = 0; i < 2; i++, at += t->line)                                                  \
            KN_UNROLL for (int j = 0; j < 2; j++) {                                                           \
                if (i >= t->rows || j >= columns) continue;                                                   \
                V sum = y[i][j] + bias;                                                                       \
                if (t->residual) sum += *(const LOOSE *)(t->residual + at + by->column[j]);                   \
                *(LOOSE *)(t->y + at + by->column[j]) = LIMIT_##suffix(sum, (V)t->low, (V)t->high);           \
            }                                                                                                 \
    }                                                                                                         \
    KN_INLINE void NAME(winograd_dy_##suffix)(const kn_winograd_dy *t, ptrdiff_t tile, ptrdiff_t channel) {   \
        V s[4][2], zero = (V)0.0f;                                                                            \
        KN_UNROLL for (int j = 0; j < 2; j++) {                                                               \
            const float *p = t->dy + (2 * tile + j) * t->channels + channel;                                  \
            V a = 2 * tile + j < t->columns ? *(const LOOSE *)p : zero;                                       \
            V b = 2 * tile + j < t->columns && t->rows > 1 ? *(const LOOSE *)(p + t->line) : zero;            \
            s[0][j] = a, s[1][j] = a + b, s[2][j] = a - b, s[3][j] = zero - b;                                \
        }                                                                                                     \
        KN_UNROLL for (int i = 0; i < 4; i++) {                                                               \
            float *to = t->v + tile * t->channels + channel + 4 * i * t->plane;                               \
            *(LOOSE *)to = s[i][0];                                                                           \
            *(LOOSE *)(to + t->plane) = s[i][0] + s[i][1];                                                    \
            *(LOOSE *)(to + 2 * t->plane) = s[i][0] - s[i][1];                                                \
            *(LOOSE *)(to + 3 * t->plane) = zero - s[i][1];                                                   \
        }                                                                                                     \
    }

#define LIMIT_vec NAME(limit)
#define LIMIT_quad kn_clamp
#define LIMIT_one kn_clamp
TRANSFORMS(NAME(vec), NAME(loose), vec)
TRANSFORMS(NAME(quad), NAME(loose_quad), quad)
TRANSFORMS(float, float, one)
#undef TRANSFORMS

// Runs `what(suffix, channel)` over all channels; the last vector overlaps the one before.
#define CHANNELS(what)                                                                \
    do {                                                                              \
        ptrdiff_t c = 0;                                                              \
        if (t->channels >= LANES) {                                                   \
            for (; c + LANES <= t->channels; c += LANES) what(vec, c);                \
            if (c < t->channels) what(vec, t->channels - LANES);                      \
        } else if (t->channels >= 4) {                                                \
            for (; c + 4 <= t->channels; c += 4) what(quad, c);                       \
            if (c < t->channels) what(quad, t->channels - 4);                         \
        } else {                                                                      \
            for (; c < t->channels; c++) what(one, c);                                \
        }                                                                             \
    } while (0)

// The same without an overlap: what is added to must be read once.
#define CHANNELS_ONCE(what)                                           \
    do {                                                              \
        ptrdiff_t c = 0;                                              \
        for (; c + LANES <= t->channels; c += LANES) what(vec, c);    \
        for (; c + 4 <= t->channels; c += 4) what(quad, c);           \
        for (; c < t->channels; c++) what(one, c);                    \
    } while (0)

// Copies of what is given: stores to y or v could change anything that lies in memory.
static void NAME(winograd_in)(const kn_winograd_in *given) {
    const kn_winograd_in own = *given, *t = &own;
    const NAME(steps) by = NAME(steps_of)(t->channels, t->plane);
    for (ptrdiff_t i = 0; i < t->count; i++) {
        const float *x = t->x + 2 * i * t->channels;
        float *v = t->v + i * t->channels;
#define WHAT(suffix, c) NAME(winograd_in_##suffix)(t, &by, x + (c), v + (c))
        CHANNELS(WHAT);
#undef WHAT
    }
}

static void NAME(winograd_out)(const kn_winograd_out *given) {
    const kn_winograd_out own = *given, *t = &own;
    const NAME(steps) by = NAME(steps_of)(t->channels, t->plane);
    for (ptrdiff_t i = 0; i < (t->columns + 1) / 2; i++) {
#define WHAT(suffix, c) NAME(winograd_out_##suffix)(t, &by, i, c)
        if (t->residual == t->y) {
            CHANNELS_ONCE(WHAT);
        } else {
            CHANNELS(WHAT);
        }
#undef WHAT
    }
}

static void NAME(winograd_dy)(const kn_winograd_dy *given) {
    const kn_winograd_dy own = *given, *t = &own;
    for (ptrdiff_t i = 0; i < (t->columns + 1) / 2; i++) {
#define WHAT(suffix, c) NAME(winograd_dy_##suffix)(t, i, c)
        CHANNELS(WHAT);
#undef WHAT
    }
}

#include "winograd4.h"
#undef CHANNELS
#undef CHANNELS_ONCE
#undef LIMIT_vec
#undef LIMIT_quad
#undef LIMIT_one
