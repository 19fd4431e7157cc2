#define _GNU_SOURCE
#include "CSystem.h"
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void *ks_alloc(size_t bytes) {
    size_t size = (bytes + 63) & ~(size_t)63;
    if (size < bytes) return NULL;
    if (size == 0) size = 64;
    if (size >= 1 << 20) {
        void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (base == MAP_FAILED) return NULL;
        // Faulting in 14 MB page by page takes longer than MobileNetV2 takes to run.
        if (size >= 4 << 20) madvise(base, size, MADV_HUGEPAGE);
        return base;
    }
    void *base = NULL;
    if (posix_memalign(&base, 64, size) != 0) return NULL;
    return memset(base, 0, size);
}

void ks_free(void *base, size_t bytes) {
    size_t size = (bytes + 63) & ~(size_t)63;
    if (base && size >= 1 << 20) munmap(base, size);
    else free(base);
}

void ks_discard(void *base, size_t bytes) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t first = ((uintptr_t)base + page - 1) & ~(page - 1), last = ((uintptr_t)base + bytes) & ~(page - 1);
    if (first < last) madvise((void *)first, last - first, MADV_DONTNEED);
}

int ks_is_terminal(int file) { return isatty(file); }

int ks_digits(double value, int count, void *text, size_t room) {
    char buffer[64];
    int length = snprintf(buffer, sizeof buffer, "%.*g", count, value);
    if (length > (int)room) length = (int)room;
    memcpy(text, buffer, (size_t)length);
    return length;
}

const char *ks_error(int number) { return strerror(number < 0 ? -number : number); }

static uint64_t clock_ns(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
uint64_t ks_now(void) { return clock_ns(CLOCK_MONOTONIC); }
uint64_t ks_thread_cpu(void) { return clock_ns(CLOCK_THREAD_CPUTIME_ID); }
uint64_t ks_wall(void) { return clock_ns(CLOCK_REALTIME); }
uint64_t ks_process_cpu(void) { return clock_ns(CLOCK_PROCESS_CPUTIME_ID); }

uint64_t ks_peak_bytes(void) {
    FILE *status = fopen("/proc/self/status", "re");
    if (!status) return 0;
    char line[256];
    unsigned long long kib = 0;
    while (fgets(line, sizeof line, status))
        if (sscanf(line, "VmHWM: %llu", &kib) == 1) break;
    fclose(status);
    return kib * 1024;
}

int ks_processors(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
    return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

const char *ks_program(void) {
    static char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    return path;
}

const char *ks_environment(const char *name) { return getenv(name); }

struct start { void (*body)(void *); void *context; };
static void *trampoline(void *raw) {
    struct start start = *(struct start *)raw;
    free(raw);
    start.body(start.context);
    return NULL;
}
int ks_thread_start(void (*body)(void *), void *context) {
    struct start *start = malloc(sizeof *start);
    if (!start) return ENOMEM;
    *start = (struct start){body, context};
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    // musl would give 128 KB.
    pthread_attr_setstacksize(&attributes, 8 << 20);
    pthread_t thread;
    int status = pthread_create(&thread, &attributes, trampoline, start);
    pthread_attr_destroy(&attributes);
    if (status != 0) free(start);
    return status;
}
void ks_yield(void) { sched_yield(); }

void ks_futex_wait(const void *address, uint32_t expected) {
    syscall(SYS_futex, address, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}
void ks_futex_wake(const void *address) { syscall(SYS_futex, address, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0); }
