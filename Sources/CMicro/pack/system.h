// Linux without a library: where a program begins, and four calls.
#include <stddef.h>

#if defined(__x86_64__)
enum { WRITE = 1, MAP = 9, PROTECT = 10, EXIT = 231 };
__asm__(".globl _start\n_start: xor %ebp, %ebp\n mov %rsp, %rdi\n call kinglet_unpack\n xor %edx, %edx\n jmp *%rax\n");

static long call(long number, long a, long b, long c, long d, long e, long f) {
    register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
    __asm__ volatile("syscall" : "+a"(number) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
    return number;
}
#elif defined(__aarch64__)
enum { WRITE = 64, MAP = 222, PROTECT = 226, EXIT = 94 };
__asm__(".globl _start\n_start: mov x29, #0\n mov x30, #0\n mov x0, sp\n bl kinglet_unpack\n mov x1, x0\n mov x0, #0\n br x1\n");

static long call(long number, long a, long b, long c, long d, long e, long f) {
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
}
#else
// ARM code: Thumb's frame pointer is the register of a call's number.
enum { WRITE = 4, MAP = 192, PROTECT = 125, EXIT = 248 };
__asm__(".arm\n.globl _start\n_start: mov r0, sp\n bl kinglet_unpack\n mov r1, r0\n mov r0, #0\n bx r1\n");

static long call(long number, long a, long b, long c, long d, long e, long f) {
    register long r7 __asm__("r7") = number, r0 __asm__("r0") = a, r1 __asm__("r1") = b, r2 __asm__("r2") = c;
    register long r3 __asm__("r3") = d, r4 __asm__("r4") = e, r5 __asm__("r5") = f;
    __asm__ volatile("svc #0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5) : "memory");
    return r0;
}
#endif

/// Memory to read and write at this address, whatever was there.
static long map(size_t address, size_t bytes) { return call(MAP, (long)address, (long)bytes, 3, 0x32, -1, 0); }

static long protect(size_t address, size_t bytes, long protection) { return call(PROTECT, (long)address, (long)bytes, protection, 0, 0, 0); }

static void fail(const char *text) {
    size_t count = 0;
    while (text[count]) count++;
    call(WRITE, 2, (long)text, (long)count, 0, 0, 0);
    call(EXIT, 71, 0, 0, 0, 0, 0);
}
