// Swift 6.3 counts on bridgeObjectRetain to return what it was given, and on 64-bit Arm goes on with the register; the library of Embedded
// Swift returns the object without the bits that tell a short string from a long one. These are the same but for that. They take no other
// registers than the library's do.
#ifdef __aarch64__
#define RETAIN(more) \
    __asm__("tbnz x0, #63, 2f\n and x8, x0, #0xfffffffffffffff8\n and x8, x8, #0x8fffffffffffffff\n cbz x8, 2f\n" \
            "ldr x9, [x8, #8]\n mov x10, #0x7fffffffffffffff\n bics xzr, x10, x9\n b.eq 2f\n add x8, x8, #8\n" \
            "1: ldxr x9, [x8]\n add x9, x9, " more "\n stxr w10, x9, [x8]\n cbnz w10, 1b\n 2: ret")

__attribute__((naked)) void *swift_bridgeObjectRetain(__attribute__((unused)) void *object) { RETAIN("#1"); }
__attribute__((naked)) void *swift_bridgeObjectRetain_n(__attribute__((unused)) void *object, __attribute__((unused)) unsigned count) {
    RETAIN("w1, uxtw");
}
#endif
