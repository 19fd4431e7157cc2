// musl moves and sets memory on Arm a few bytes at a time, and one where code asks for it by Arm's own names.
#if defined(__arm__) || defined(__aarch64__)
#include <stdint.h>
#include <string.h>

typedef uint8_t bytes16 __attribute__((vector_size(16), aligned(1)));

static bytes16 load(const uint8_t *at) { return *(const bytes16 *)at; }
static void store(uint8_t *at, bytes16 value) { *(bytes16 *)at = value; }

void *memmove(void *to, const void *from, size_t count) {
    uint8_t *y = to;
    const uint8_t *x = from;
    if ((uintptr_t)y - (uintptr_t)x >= count) {
        size_t i = 0;
        for (; i + 64 <= count; i += 64) {
            bytes16 a = load(x + i), b = load(x + i + 16), c = load(x + i + 32), d = load(x + i + 48);
            store(y + i, a), store(y + i + 16, b), store(y + i + 32, c), store(y + i + 48, d);
        }
        for (; i + 16 <= count; i += 16) store(y + i, load(x + i));
        for (; i < count; i++) y[i] = x[i];
    } else {
        for (; count >= 16; count -= 16) store(y + count - 16, load(x + count - 16));
        while (count-- > 0) y[count] = x[count];
    }
    return to;
}

void *memset(void *to, int value, size_t count) {
    uint8_t *y = to;
    bytes16 all = (bytes16){} + (uint8_t)value;
    size_t i = 0;
    for (; i + 64 <= count; i += 64) store(y + i, all), store(y + i + 16, all), store(y + i + 32, all), store(y + i + 48, all);
    for (; i + 16 <= count; i += 16) store(y + i, all);
    for (; i < count; i++) y[i] = (uint8_t)value;
    return to;
}

#if defined(__arm__)
#define ALIGNED(suffix)                                                                                  \
    void __aeabi_memcpy##suffix(void *to, const void *from, size_t count);                                \
    void __aeabi_memcpy##suffix(void *to, const void *from, size_t count) { memcpy(to, from, count); }    \
    void __aeabi_memmove##suffix(void *to, const void *from, size_t count);                               \
    void __aeabi_memmove##suffix(void *to, const void *from, size_t count) { memmove(to, from, count); }  \
    void __aeabi_memset##suffix(void *to, size_t count, int value);                                       \
    void __aeabi_memset##suffix(void *to, size_t count, int value) { memset(to, value, count); }          \
    void __aeabi_memclr##suffix(void *to, size_t count);                                                  \
    void __aeabi_memclr##suffix(void *to, size_t count) { memset(to, 0, count); }
ALIGNED()
ALIGNED(4)
ALIGNED(8)
#endif
#endif
