// Names that libraries compiled against glibc ask for, and Swift's.
#include <stdarg.h>
#include <stdio.h>
#include <sys/random.h>

int __fprintf_chk(FILE *file, int flag, const char *format, ...);
int __fprintf_chk(FILE *file, int flag, const char *format, ...) {
    (void)flag;
    va_list list;
    va_start(list, format);
    int length = vfprintf(file, format, list);
    va_end(list);
    return length;
}

int __snprintf_chk(char *text, size_t room, int flag, size_t size, const char *format, ...);
int __snprintf_chk(char *text, size_t room, int flag, size_t size, const char *format, ...) {
    (void)flag, (void)size;
    va_list list;
    va_start(list, format);
    int length = vsnprintf(text, room, format, list);
    va_end(list);
    return length;
}

// Seeds of hash tables.
void arc4random_buf(void *bytes, size_t count);
void arc4random_buf(void *bytes, size_t count) {
    if (getrandom(bytes, count, 0) < 0) return;
}

#if defined(__arm__)
// In tables for unwinding, which nothing reads.
void __aeabi_unwind_cpp_pr0(void);
void __aeabi_unwind_cpp_pr0(void) {}
void __aeabi_unwind_cpp_pr1(void);
void __aeabi_unwind_cpp_pr1(void) {}
#endif
