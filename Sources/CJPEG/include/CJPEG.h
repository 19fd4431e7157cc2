// libjpeg behind flat functions: every error is a code and a message, nothing exits or jumps out.
// Only freestanding headers, so that Embedded Swift imports it on every target.
#ifndef KINGLET_CJPEG_H
#define KINGLET_CJPEG_H
#include <stddef.h>
#include <stdint.h>

// Room for a message, its final zero included.
#define KJ_MESSAGE 256

enum {
    KJ_OK = 0,
    KJ_BAD = 1,          // not a JPEG, or a corrupt one
    KJ_UNSUPPORTED = 2,  // a JPEG of a kind that this library cannot decode
    KJ_SCANS = 3,        // more scans than allowed
    KJ_TIME = 4,         // more processor time than allowed
    KJ_MEMORY = 5,       // more memory than allowed, or than there is
};

typedef struct kj_info {
    int32_t width, height;  // as stored, before EXIF orientation
    int32_t components;
    int32_t progressive;
    int32_t several_scans;  // the whole picture is held as coefficients while it is decoded
} kj_info;

typedef struct kj_limits {
    uint64_t bytes;         // memory that libjpeg may take
    uint32_t scans;
    uint32_t milliseconds;  // of this thread's processor time
} kj_limits;

// A rectangle of the picture decoded at scale/8, in pixels of that scale.
typedef struct kj_region {
    int32_t scale;  // 1, 2, 4 or 8
    int32_t x, y, width, height;
} kj_region;

// Reads the header.
int kj_probe(const uint8_t *_Nonnull bytes, size_t count, kj_info *_Nonnull info, char *_Nonnull message);

// Decodes `region` to width * height * 3 bytes RGB. Grey, CMYK and YCCK are converted. On KJ_OK an empty message
// means a whole picture; any other is what was wrong with the part of the file that was read.
int kj_decode(const uint8_t *_Nonnull bytes, size_t count, const kj_limits *_Nonnull limits,
              const kj_region *_Nonnull region, uint8_t *_Nonnull pixels, char *_Nonnull message);

// Writes RGB as a baseline 4:2:0 JPEG (4:4:4 from quality 90 on). `*file` is freed by kj_free.
int kj_encode(const uint8_t *_Nonnull pixels, int32_t width, int32_t height, int32_t quality,
              uint8_t *_Nullable *_Nonnull file, size_t *_Nonnull count, char *_Nonnull message);
void kj_free(uint8_t *_Nullable file);

// Index of the first marker code (the byte after 0xFF, neither 0x00, 0xFF nor a restart marker) at or after `from`
// in entropy-coded data; `count` if there is none.
size_t kj_next_marker(const uint8_t *_Nonnull bytes, size_t count, size_t from);
#endif
