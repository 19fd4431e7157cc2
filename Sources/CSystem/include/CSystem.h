// The C library as Kinglet's lower layers see it: memory, files, clocks, threads, futex, float math.
// Only freestanding headers, so that Embedded Swift imports it on every target.
#ifndef KINGLET_CSYSTEM_H
#define KINGLET_CSYSTEM_H
#include <stddef.h>
#include <stdint.h>

// Memory: `bytes` zeroed bytes on a 64-byte boundary, or NULL. Freed by ks_free with the same size.
void *_Nullable ks_alloc(size_t bytes);
void ks_free(void *_Nullable base, size_t bytes);
// Tells the kernel that the whole pages inside [base, base+bytes) will not be read again.
void ks_discard(void *_Nonnull base, size_t bytes);

// Files. Negative results are -errno.
// Reads the whole of a regular file into memory from ks_alloc; more than `limit` bytes is -EFBIG.
int64_t ks_read_file(const char *_Nonnull path, uint64_t limit, void *_Nullable *_Nonnull base);
// Reads a pipe, terminal or file to its end in the same way.
int64_t ks_read_stream(int file, uint64_t limit, void *_Nullable *_Nonnull base);
// The same for a file of the kernel's (/proc, /sys), whose size is not known before.
int64_t ks_read_special(const char *_Nonnull path, uint64_t limit, void *_Nullable *_Nonnull base);
// Reads what is there, at most `room` bytes, waiting for the first; their number, 0 at the end.
int64_t ks_read(int file, void *_Nonnull bytes, size_t room);
// 1 once the file can be read or is at its end, 0 if not within `ms` or when a signal comes.
int ks_wait(int file, unsigned ms);
// Size of a regular file, and at most `count` of its bytes from `offset` on; their number is less only at its end.
int64_t ks_size(const char *_Nonnull path);
int64_t ks_read_at(const char *_Nonnull path, uint64_t offset, void *_Nonnull bytes, size_t count);
// What a folder holds, in no order: for each entry 'd' (folder) or 'f' (regular file), its name, a zero byte. Links are
// followed; hidden names and other kinds are left out. Memory from ks_alloc, freed with the resulting number of bytes.
int64_t ks_list(const char *_Nonnull path, uint64_t limit, void *_Nullable *_Nonnull base);
// 'd' for a folder, 'f' for a regular file, 'o' for any other kind.
int ks_kind(const char *_Nonnull path);
// Writes all bytes to an open file; 0 or -errno.
int ks_write(int file, const void *_Nonnull bytes, size_t count);
int ks_is_terminal(int file);
// `value` with up to `count` significant digits as text, no zero byte after it; its length.
int ks_digits(double value, int count, void *_Nonnull text, size_t room);
// Writes to a temporary file beside `path`, fsyncs, renames, fsyncs the directory.
int ks_write_file(const char *_Nonnull path, const void *_Nonnull bytes, size_t count);
// The same in pieces, in any order: the temporary file or -errno, 0 or -errno, and 0 or -errno; a `status` that is not 0
// removes what was written, and is what is returned.
int ks_begin_file(const char *_Nonnull path);
int ks_write_at(int file, uint64_t offset, const void *_Nonnull bytes, size_t count);
int ks_end_file(const char *_Nonnull path, int file, int status);
// Adds to the end of a file, which is made if it is not there; on disk when it returns. 0 or -errno.
int ks_append_file(const char *_Nonnull path, const void *_Nonnull bytes, size_t count);
// Makes a folder and those above it that are not there. 0 or -errno.
int ks_make_folders(const char *_Nonnull path);
// Removes a file or an empty folder. 0 or -errno.
int ks_remove(const char *_Nonnull path);
// The text of an error number from the functions above (given positive or negative).
const char *_Nonnull ks_error(int number);

// Clocks, nanoseconds: steady time, CPU time of this thread, CPU time of the process.
uint64_t ks_now(void);
uint64_t ks_thread_cpu(void);
uint64_t ks_process_cpu(void);
// Nanoseconds since 1970.
uint64_t ks_wall(void);
// Peak resident memory of the process in bytes (VmHWM), 0 if unknown.
uint64_t ks_peak_bytes(void);
// Processors this process may run on.
int ks_processors(void);
// The path of the executable, links followed; empty where the kernel does not tell.
const char *_Nonnull ks_program(void);
// Value of an environment variable, or NULL.
const char *_Nullable ks_environment(const char *_Nonnull name);

// Sets a variable of the environment that later commands see.
void ks_set_environment(const char *_Nonnull name, const char *_Nonnull value);
// Runs a command with /bin/sh and waits for it: its exit status, 128 + signal, or -errno.
int ks_shell(const char *_Nonnull command);
// From now on Ctrl-C (SIGINT) and SIGTERM are counted instead of ending the process; the third ends it.
void ks_catch_interrupts(void);
int ks_interrupts(void);
void ks_sleep_ms(unsigned ms);

// Threads: starts `body(context)` on a new detached thread; 0 on success.
int ks_thread_start(void (*_Nonnull body)(void *_Nullable), void *_Nullable context);
void ks_yield(void);
// Sleeps while *address == expected (spurious wake-ups happen); wakes all sleepers.
void ks_futex_wait(const void *_Nonnull address, uint32_t expected);
void ks_futex_wake(const void *_Nonnull address);
// Sequentially consistent access to a word that threads share.
static inline uint32_t ks_load(const uint32_t *_Nonnull word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }
static inline void ks_store(uint32_t *_Nonnull word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_SEQ_CST); }
// Adds `value` (modulo 2^32); the sum.
static inline uint32_t ks_add(uint32_t *_Nonnull word, uint32_t value) { return __atomic_add_fetch(word, value, __ATOMIC_SEQ_CST); }
// A hint to the processor that this thread is spinning.
static inline void ks_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
    __asm__ volatile("yield");
#endif
}

static inline float ks_expf(float x) { return __builtin_expf(x); }
static inline float ks_tanhf(float x) { return __builtin_tanhf(x); }
static inline double ks_exp(double x) { return __builtin_exp(x); }
static inline double ks_log(double x) { return __builtin_log(x); }
static inline float ks_sqrtf(float x) { return __builtin_sqrtf(x); }
static inline double ks_sqrt(double x) { return __builtin_sqrt(x); }
static inline double ks_pow(double x, double y) { return __builtin_pow(x, y); }
static inline double ks_cos(double x) { return __builtin_cos(x); }
#endif
