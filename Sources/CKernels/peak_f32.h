// As many independent chains as the tile has.
static double NAME(peak_f32)(ptrdiff_t rounds) {
    volatile float start = 0.5f;
    NAME(vec) sum[2 * MR], factor = NAME(fill)(start);
    KN_UNROLL for (int i = 0; i < 2 * MR; i++) sum[i] = NAME(fill)(start + (float)i);
    for (ptrdiff_t r = 0; r < rounds; r++)
        KN_UNROLL for (int i = 0; i < 2 * MR; i++) sum[i] = KN_FMA(sum[i], factor, factor);
    KN_UNROLL for (int i = 1; i < 2 * MR; i++) sum[0] += sum[i];
    start = sum[0][0];
    return 2.0 * (2 * MR) * LANES * (double)rounds;
}
