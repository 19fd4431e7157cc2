// Partial stores by mask, and what store_x86.h needs.
KN_INLINE void NAME(put_floats)(float *to, NAME(vec) x, ptrdiff_t count) {
    _mm512_mask_storeu_ps(to, (__mmask16)((1u << count) - 1), (__m512)x);
}
KN_INLINE void NAME(put_bytes)(int8_t *to, NAME(bytes) x, ptrdiff_t count) {
    _mm_mask_storeu_epi8(to, (__mmask16)((1u << count) - 1), (__m128i)x);
}

#define I(x) _mm512_##x
#define V __m512i
#define F __m512
#define PERMUTE(x) \
    _mm512_permutexvar_epi32(_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), x)
// The first 16 · vectors bytes, or `columns` bytes, of one half of x.
#define STORE_HALF(to, x, half, vectors)                                                                 \
    do {                                                                                                 \
        if ((vectors) == 2)                                                                              \
            _mm256_storeu_si256((__m256i *)(to), _mm512_extracti64x4_epi64(x, half));                    \
        else                                                                                             \
            _mm_storeu_si128((__m128i *)(to), _mm512_extracti32x4_epi32(x, 2 * (half)));                 \
    } while (0)
#define STORE_PART(to, x, half, columns) \
    _mm256_mask_storeu_epi8(to, (__mmask32)((1u << (columns)) - 1), _mm512_extracti64x4_epi64(x, half))
