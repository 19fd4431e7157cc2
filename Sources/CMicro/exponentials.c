// On x86-64, glibc chooses its exp, log, pow and cos by the processor; so does this, for a C library that does not.
#if defined(__x86_64__)
#define CHOSEN(name, internal, arguments, values) \
    double internal##_fma arguments;              \
    double internal##_sse2 arguments;             \
    double name arguments;                        \
    double name arguments { return fused() ? internal##_fma values : internal##_sse2 values; }

static int fused(void) { return __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2"); }

CHOSEN(exp, __ieee754_exp, (double x), (x))
CHOSEN(log, __ieee754_log, (double x), (x))
CHOSEN(pow, __ieee754_pow, (double x, double y), (x, y))
CHOSEN(cos, __cos, (double x), (x))

// What glibc's own choice would read.
char _dl_x86_cpu_features[4096];
#endif

// Where glibc's functions report errors, which nobody reads.
__thread int reported __asm__("errno");
