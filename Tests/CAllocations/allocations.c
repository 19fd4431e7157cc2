#include "CAllocations.h"
#include <errno.h>
#include <stdlib.h>

static _Thread_local uint64_t allocations;

uint64_t ka_allocations(void) { return allocations; }

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

// The executable's malloc comes before the C library's for every shared library too.
#if defined(__GLIBC__) && !defined(SANITIZED)
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

void *malloc(size_t bytes) {
    allocations++;
    return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes) {
    allocations++;
    return __libc_calloc(count, bytes);
}

void *realloc(void *base, size_t bytes) {
    allocations++;
    return __libc_realloc(base, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes) {
    allocations++;
    return __libc_memalign(alignment, bytes);
}

int posix_memalign(void **base, size_t alignment, size_t bytes) {
    allocations++;
    *base = __libc_memalign(alignment, bytes);
    return *base ? 0 : ENOMEM;
}
#elif defined(__linux__) && !defined(__GLIBC__)
// musl, whose calloc calls malloc.
extern void *__libc_malloc_impl(size_t);
extern void *__libc_realloc(void *, size_t);

void *malloc(size_t bytes) {
    allocations++;
    return __libc_malloc_impl(bytes);
}

void *realloc(void *base, size_t bytes) {
    allocations++;
    return __libc_realloc(base, bytes);
}

int posix_memalign(void **base, size_t alignment, size_t bytes) {
    allocations++;
    *base = aligned_alloc(alignment, bytes);
    return *base ? 0 : ENOMEM;
}
#endif
