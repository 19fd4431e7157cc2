#ifndef OPS
#define OPS 8
#endif
// As many independent chains as the tile has.
static __attribute__((unused)) double NAME(peak_i8)(ptrdiff_t rounds) {
    int8_t bytes[4 * LANES] = {1};
    volatile int32_t sink;
    ACC sum[2 * MR];
    KN_UNROLL for (int i = 0; i < 2 * MR; i++) sum[i] = START((NAME(ivec))i);
    A a = READ_A(bytes);
    B b = READ_B(bytes);
    for (ptrdiff_t r = 0; r < rounds; r++)
        KN_UNROLL for (int i = 0; i < 2 * MR; i++) {
            sum[i] = DOT(sum[i], a, b);
            KEEP(a);
        }
    KN_UNROLL for (int i = 0; i < 2 * MR; i++) sink = FINISH(sum[i], (NAME(ivec))i)[0];
    (void)sink;
    return (double)OPS * (2 * MR) * LANES * (double)rounds;
}
