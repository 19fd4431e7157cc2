// Calls in code, as cross/pack.py wrote them: where they lead, instead of how far that is, so that calls of one function look alike.
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
/// call and jmp with 25 bits and sign.
static void branches(uint8_t *code, size_t count) {
    for (size_t i = 0; i + 5 <= count; i++) {
        if ((code[i] & 0xFE) != 0xE8) continue;
        uint32_t to;
        __builtin_memcpy(&to, code + i + 1, 4);
        if (to + (1u << 24) >= 1u << 25) continue;
        uint32_t far = (uint32_t)((int32_t)((to - (uint32_t)i) << 7) >> 7);
        __builtin_memcpy(code + i + 1, &far, 4);
        i += 4;
    }
}
#elif defined(__aarch64__)
/// bl: 26 bits, in words.
static void branches(uint8_t *code, size_t count) {
    for (size_t i = 0; i + 4 <= count; i += 4) {
        uint32_t word;
        __builtin_memcpy(&word, code + i, 4);
        if (word >> 26 != 0x25) continue;
        word = 0x25u << 26 | ((word - (uint32_t)(i / 4)) & 0x3FFFFFF);
        __builtin_memcpy(code + i, &word, 4);
    }
}
#else
/// Thumb's bl: 22 bits, in half words, in two of them.
static void branches(uint8_t *code, size_t count) {
    for (size_t i = 0; i + 4 <= count; i += 2) {
        uint16_t half[2];
        __builtin_memcpy(half, code + i, 4);
        if (half[0] >> 11 != 0x1E || half[1] >> 11 != 0x1F) continue;
        uint32_t far = ((half[0] & 0x7FFu) << 11 | (half[1] & 0x7FFu)) - (uint32_t)(i / 2);
        half[0] = (uint16_t)(0x1E << 11 | (far >> 11 & 0x7FF)), half[1] = (uint16_t)(0x1F << 11 | (far & 0x7FF));
        __builtin_memcpy(code + i, half, 4);
        i += 2;
    }
}
#endif
