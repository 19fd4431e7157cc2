#include "tables.h"

#if defined(__x86_64__)
#include <cpuid.h>

// The operating system saves the registers that `mask` names.
static int saves(uint32_t mask) {
    uint32_t low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & mask) == mask;
}

int kn_has(int isa) {
    uint32_t a, b, c, d, b7, c7;
    if (isa == KN_BASELINE) return 1;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE) || !(c & bit_AVX) || !(c & bit_FMA)) return 0;
    if (!saves(0x6) || !__get_cpuid_count(7, 0, &a, &b7, &c7, &d) || !(b7 & bit_AVX2)) return 0;
    if (isa == KN_AVX2) return 1;
    const uint32_t all = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL;
    if (!saves(0xe6) || (b7 & all) != all) return 0;
    return isa == KN_AVX512 || (isa == KN_VNNI && (c7 & bit_AVX512VNNI));
}

kn_table kn_kernels(int isa) {
    switch (isa) {
    case KN_AVX2: return kn_avx2;
    case KN_AVX512: return kn_avx512();
    case KN_VNNI: return kn_vnni();
    default: return (kn_table){0};
    }
}
#elif defined(__aarch64__)
#if defined(__linux__)
extern unsigned long getauxval(unsigned long type);

int kn_has(int isa) {
    // AT_HWCAP's dot products, AT_HWCAP2's int8 matrix products.
    if (isa == KN_DOTPROD) return (getauxval(16) >> 20 & 1) != 0;
    if (isa == KN_I8MM) return kn_has(KN_DOTPROD) && (getauxval(26) >> 13 & 1) != 0;
    return isa == KN_BASELINE;
}
#else
int kn_has(int isa) { return isa == KN_BASELINE; }
#endif

kn_table kn_kernels(int isa) {
    switch (isa) {
    case KN_BASELINE: return kn_neon;
    case KN_DOTPROD: return kn_dotprod();
    case KN_I8MM: return kn_i8mm();
    default: return (kn_table){0};
    }
}
#elif defined(__arm__) && defined(__ARM_NEON) && defined(__linux__)
extern unsigned long getauxval(unsigned long type);

// AT_HWCAP's NEON.
int kn_has(int isa) { return isa == KN_BASELINE || (isa == KN_NEON && (getauxval(16) >> 12 & 1) != 0); }

kn_table kn_kernels(int isa) { return isa == KN_NEON ? kn_neon32 : (kn_table){0}; }
#else
int kn_has(int isa) { return isa == KN_BASELINE; }
kn_table kn_kernels(int isa) {
    (void)isa;
    return (kn_table){0};
}
#endif
