// Resizing with AVX2. A weight of 22 bits is 2048 · high + low, both of which are int16: one instruction multiplies two
// pixels by theirs and adds.

// Four pixels and their weights: words of pixels 0 and 1 side by side for red, green, blue and nothing, then 2 and 3.
KN_INLINE __m256i four_pixels(const uint8_t *p) {
    const __m256i order = _mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1, //
                                           6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)p)), order);
}

KN_INLINE __m256i four_weights(const int16_t *w) {
    const __m256i twice = _mm256_broadcastq_epi64(_mm_loadl_epi64((const __m128i *)w));
    return _mm256_permutevar8x32_epi32(twice, _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1));
}

static void resample_row_avx2(const kn_resample_row *t) {
    const ptrdiff_t groups = (t->taps + 3) / 4;
    int16_t *packed = t->room;
    for (ptrdiff_t j = 0; j < t->columns; j++)
        for (ptrdiff_t k = 0; k < 4 * groups; k++) {
            const int32_t w = k < t->count[j] ? t->weights[j * t->taps + k] : 0;
            packed[(j * groups + k / 4) * 8 + k % 4] = (int16_t)(w & 2047);
            packed[(j * groups + k / 4) * 8 + 4 + k % 4] = (int16_t)(w >> 11);
        }
    for (ptrdiff_t r = 0; r < t->rows; r++) {
        const uint8_t *const x = t->x + r * t->x_stride;
        uint8_t *y = t->y + r * t->y_stride;
        const int16_t *w = packed;
        for (ptrdiff_t j = 0; j < t->columns; j++, y += 3) {
            const uint8_t *p = x + 3 * t->first[j];
            __m256i low = _mm256_setzero_si256(), high = low;
            const ptrdiff_t used = (t->count[j] + 3) / 4;
            for (ptrdiff_t g = 0; g < used; g++, p += 12) {
                const __m256i pixels = four_pixels(p);
                low = _mm256_add_epi32(low, _mm256_madd_epi16(pixels, four_weights(w + 8 * g)));
                high = _mm256_add_epi32(high, _mm256_madd_epi16(pixels, four_weights(w + 8 * g + 4)));
            }
            w += 8 * groups;
            const __m256i both = _mm256_add_epi32(low, _mm256_slli_epi32(high, 11));
            __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
            sum = _mm_srli_epi32(_mm_add_epi32(sum, _mm_set1_epi32(1 << 21)), 22);
            const int32_t pixel = _mm_cvtsi128_si32(_mm_shuffle_epi8(sum, _mm_set1_epi32(0x0C080400)));
            __builtin_memcpy(y, &pixel, 3);
        }
    }
}

static void resample_column_avx2(const kn_resample_column *t) {
    ptrdiff_t i = 0;
    for (; i + 32 <= t->bytes; i += 32) {
        __m256i sum[4];
        KN_UNROLL for (int v = 0; v < 4; v++) sum[v] = _mm256_set1_epi32(1 << 21);
        for (ptrdiff_t k = 0; k < t->count; k++) {
            const __m256i w = _mm256_set1_epi32(t->weights[k]);
            const uint8_t *p = t->x + k * t->x_stride + i;
            KN_UNROLL for (int v = 0; v < 4; v++) {
                const __m256i x = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(p + 8 * v)));
                sum[v] = _mm256_add_epi32(sum[v], _mm256_mullo_epi32(x, w));
            }
        }
        KN_UNROLL for (int v = 0; v < 4; v++) sum[v] = _mm256_srli_epi32(sum[v], 22);
        const __m256i words = _mm256_packs_epi32(sum[0], sum[1]), more = _mm256_packs_epi32(sum[2], sum[3]);
        const __m256i bytes = _mm256_packus_epi16(words, more);
        const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
        _mm256_storeu_si256((__m256i *)(t->y + i), _mm256_permutevar8x32_epi32(bytes, order));
    }
    kn_resample_rest(t, i);
}
