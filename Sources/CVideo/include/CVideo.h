// V4L2 cameras and TCP connections behind flat functions, because Swift sees neither V4L2's unions nor its ioctl numbers.
// Functions that return int give 0 or more, or -errno. Only freestanding headers here.
#ifndef KINGLET_CVIDEO_H
#define KINGLET_CVIDEO_H
#include <stdint.h>

typedef struct kv_camera kv_camera;

// A discrete size has equal ends.
typedef struct kv_sizes {
    int32_t min_width, max_width, step_width;
    int32_t min_height, max_height, step_height;
} kv_sizes;

typedef struct kv_mode {
    uint32_t format;      // four letters, the first in the lowest byte
    int32_t width, height;
    int32_t stride;       // bytes from row to row, 0 where compressed
    int32_t encoding;     // of colours: 601, 709, 2020, 240
    int32_t full_range;
} kv_mode;

typedef struct kv_buffer {
    int32_t index;
    int32_t damaged;      // the driver says so
    uint32_t sequence;    // counts the camera's frames, those that nobody took included
    uint32_t bytes;
    const void *_Nullable base;
} kv_buffer;

// -ENOTTY: a device of another kind. -EOPNOTSUPP: a video device that does not capture into mapped memory.
int kv_open(const char *_Nonnull path, kv_camera *_Nullable *_Nonnull camera);
void kv_close(kv_camera *_Nonnull camera);
const char *_Nonnull kv_name(const kv_camera *_Nonnull camera);
const char *_Nonnull kv_driver(const kv_camera *_Nonnull camera);

// What it offers, by index from 0; -EINVAL past the last one.
int kv_format(kv_camera *_Nonnull camera, uint32_t index, uint32_t *_Nonnull format);
int kv_size(kv_camera *_Nonnull camera, uint32_t format, uint32_t index, kv_sizes *_Nonnull sizes);
// The highest rate for a size, in frames a second.
int kv_fastest(kv_camera *_Nonnull camera, uint32_t format, int32_t width, int32_t height, double *_Nonnull rate);

// Sets format, width and height; the driver may choose others, and says the rest.
int kv_set(kv_camera *_Nonnull camera, kv_mode *_Nonnull mode);
// Asks for a rate, or for what it is where `*rate` is 0.
int kv_rate(kv_camera *_Nonnull camera, double *_Nonnull rate);

// Maps about `count` buffers and begins; how many there are.
int kv_start(kv_camera *_Nonnull camera, int count);
void kv_stop(kv_camera *_Nonnull camera);
// 1 once there is a frame, 0 if not within `ms` or when a signal comes.
int kv_wait(kv_camera *_Nonnull camera, int ms);
// 1 and the oldest filled buffer, or 0.
int kv_take(kv_camera *_Nonnull camera, kv_buffer *_Nonnull buffer);
// Lets the driver fill the buffer again.
int kv_give(kv_camera *_Nonnull camera, int32_t index);

// A TCP connection made within `ms`: its file. -EHOSTUNREACH if the name is unknown.
int kv_connect(const char *_Nonnull host, const char *_Nonnull port, int ms);
int kv_send(int file, const void *_Nonnull bytes, int count);
void kv_hang_up(int file);
#endif
