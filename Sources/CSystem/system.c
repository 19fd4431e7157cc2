#define _GNU_SOURCE
#include "CSystem.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
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

int ks_make_folders(const char *path) {
    size_t length = strlen(path);
    char *part = malloc(length + 1);
    if (!part) return -ENOMEM;
    int status = length == 0 ? -ENOENT : 0;
    for (size_t i = 1; i <= length && status == 0; i++) {
        if (path[i] != '/' && path[i] != 0) continue;
        memcpy(part, path, i);
        part[i] = 0;
        struct stat info;
        if (mkdir(part, 0777) == 0) continue;
        status = -errno;
        if (stat(part, &info) == 0) status = S_ISDIR(info.st_mode) ? 0 : -ENOTDIR;
    }
    free(part);
    return status;
}

int ks_append_file(const char *path, const void *bytes, size_t count) {
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0) return -errno;
    int status = ks_write(file, bytes, count);
    if (status == 0 && fsync(file) < 0 && errno != EINVAL) status = -errno;
    if (close(file) < 0 && status == 0) status = -errno;
    return status;
}

int64_t ks_size(const char *path) {
    struct stat info;
    if (stat(path, &info) < 0) return -errno;
    if (S_ISDIR(info.st_mode)) return -EISDIR;
    return S_ISREG(info.st_mode) ? (int64_t)info.st_size : -EINVAL;
}

int64_t ks_read_at(const char *path, uint64_t offset, void *bytes, size_t count) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -errno;
    size_t done = 0;
    int64_t status = 0;
    while (done < count) {
        ssize_t got = pread(file, (char *)bytes + done, count - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) status = -errno;
        if (got <= 0) break;
        done += (size_t)got;
    }
    close(file);
    return status < 0 ? status : (int64_t)done;
}

int64_t ks_read_file(const char *path, uint64_t limit, void **result) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -errno;
    struct stat info;
    int64_t status = 0;
    if (fstat(file, &info) < 0) status = -errno;
    else if (S_ISDIR(info.st_mode)) status = -EISDIR;
    else if (!S_ISREG(info.st_mode)) status = -EINVAL;
    else if ((uint64_t)info.st_size > limit) status = -EFBIG;
    if (status < 0) { close(file); return status; }
    size_t size = (size_t)info.st_size, done = 0;
    char *base = ks_alloc(size);
    if (!base) { close(file); return -ENOMEM; }
    while (done < size) {
        ssize_t got = read(file, base + done, size - done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) { status = -errno; break; }
        if (got == 0) break;  // the file shrank while it was read: what is there is judged by its reader
        done += (size_t)got;
    }
    close(file);
    if (status < 0 || done < size) {
        if (status == 0) status = -EIO;
        ks_free(base, size);
        return status;
    }
    *result = base;
    return (int64_t)size;
}

int64_t ks_read_stream(int file, uint64_t limit, void **result) {
    size_t room = 1 << 16, done = 0;
    char *base = ks_alloc(room);
    while (base) {
        ssize_t got = read(file, base + done, room - done);
        if (got < 0 && errno == EINTR) continue;
        int64_t status = got < 0 ? -errno : (uint64_t)done + (uint64_t)got > limit ? -EFBIG : 0;
        if (status < 0) { ks_free(base, room); return status; }
        done += (size_t)got;
        if (got > 0 && done < room) continue;
        // Full, or at the end: move to memory of the next size, or of exactly the right one.
        size_t size = got == 0 ? done : room * 2;
        char *moved = ks_alloc(size);
        if (moved) memcpy(moved, base, done);
        ks_free(base, room);
        base = moved;
        room = size;
        if (got == 0 && base) { *result = base; return (int64_t)done; }
    }
    return -ENOMEM;
}

int64_t ks_read_special(const char *path, uint64_t limit, void **result) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -errno;
    int64_t size = ks_read_stream(file, limit, result);
    close(file);
    return size;
}

int64_t ks_read(int file, void *bytes, size_t room) {
    for (;;) {
        ssize_t got = read(file, bytes, room);
        if (got >= 0) return got;
        if (errno != EINTR) return -errno;
    }
}

int ks_write(int file, const void *from, size_t count) {
    const char *bytes = from;
    while (count > 0) {
        ssize_t put = write(file, bytes, count);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return -errno;
        bytes += put;
        count -= (size_t)put;
    }
    return 0;
}

// PATH.tmpPID, to be freed.
static char *temporary_of(const char *path) {
    size_t room = strlen(path) + 16;
    char *name = malloc(room);
    if (name) snprintf(name, room, "%s.tmp%d", path, (int)(getpid() % 100000));
    return name;
}

int ks_begin_file(const char *path) {
    char *temporary = temporary_of(path);
    if (!temporary) return -ENOMEM;
    int file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) file = -errno;
    free(temporary);
    return file;
}

int ks_write_at(int file, uint64_t offset, const void *from, size_t count) {
    const char *bytes = from;
    while (count > 0) {
        ssize_t put = pwrite(file, bytes, count, (off_t)offset);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return -errno;
        bytes += put;
        offset += (uint64_t)put;
        count -= (size_t)put;
    }
    return 0;
}

int ks_end_file(const char *path, int file, int status) {
    char *temporary = temporary_of(path), *folder = strdup(path);
    if (!temporary || !folder) status = -ENOMEM;
    if (status == 0 && fsync(file) < 0) status = -errno;
    if (close(file) < 0 && status == 0) status = -errno;
    if (status == 0 && rename(temporary, path) < 0) status = -errno;
    if (status != 0 && temporary) unlink(temporary);
    if (status == 0) {
        char *slash = strrchr(folder, '/');
        if (slash) slash[slash == folder ? 1 : 0] = 0;
        int directory = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (directory >= 0) { fsync(directory); close(directory); }
    }
    free(temporary);
    free(folder);
    return status;
}

int ks_write_file(const char *path, const void *bytes, size_t count) {
    int file = ks_begin_file(path);
    return file < 0 ? file : ks_end_file(path, file, ks_write(file, bytes, count));
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
