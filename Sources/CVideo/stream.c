#include "camera.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>

// A buffer with its one plane, where there are planes.
typedef struct slot {
    struct v4l2_buffer buffer;
    struct v4l2_plane plane;
} slot;

static void prepare(const kv_camera *camera, slot *s, uint32_t index) {
    memset(s, 0, sizeof *s);
    s->buffer.index = index;
    s->buffer.type = camera->type;
    s->buffer.memory = V4L2_MEMORY_MMAP;
    if (camera->planes) {
        s->buffer.m.planes = &s->plane;
        s->buffer.length = 1;
    }
}

static int map(kv_camera *camera, uint32_t index) {
    slot s;
    prepare(camera, &s, index);
    int status = kv_call(camera, VIDIOC_QUERYBUF, &s.buffer);
    if (status < 0) return status;
    size_t bytes = camera->planes ? s.plane.length : s.buffer.length;
    off_t at = (off_t)(camera->planes ? s.plane.m.mem_offset : s.buffer.m.offset);
    void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, camera->file, at);
    if (base == MAP_FAILED) return -errno;
    camera->buffers[index].base = base;
    camera->buffers[index].bytes = bytes;
    camera->count = (int)index + 1;
    return 0;
}

int kv_start(kv_camera *camera, int count) {
    struct v4l2_requestbuffers wanted = {
        .count = (uint32_t)count, .type = camera->type, .memory = V4L2_MEMORY_MMAP};
    int status = kv_call(camera, VIDIOC_REQBUFS, &wanted);
    uint32_t got = wanted.count < KV_MOST_BUFFERS ? wanted.count : KV_MOST_BUFFERS;
    if (status >= 0 && got == 0) status = -ENOMEM;
    for (uint32_t i = 0; i < got && status >= 0; i++) status = map(camera, i);
    for (uint32_t i = 0; i < got && status >= 0; i++) status = kv_give(camera, (int32_t)i);
    int type = (int)camera->type;
    if (status >= 0) status = kv_call(camera, VIDIOC_STREAMON, &type);
    if (status < 0) kv_stop(camera);
    return status < 0 ? status : camera->count;
}

void kv_stop(kv_camera *camera) {
    if (camera->count == 0) return;
    int type = (int)camera->type;
    kv_call(camera, VIDIOC_STREAMOFF, &type);
    for (int i = 0; i < camera->count; i++) munmap(camera->buffers[i].base, camera->buffers[i].bytes);
    camera->count = 0;
    struct v4l2_requestbuffers none = {.type = camera->type, .memory = V4L2_MEMORY_MMAP};
    kv_call(camera, VIDIOC_REQBUFS, &none);
}

int kv_wait(kv_camera *camera, int ms) {
    struct pollfd one = {.fd = camera->file, .events = POLLIN};
    int count = poll(&one, 1, ms);
    if (count < 0) return errno == EINTR ? 0 : -errno;
    // An unplugged camera, or one that stopped by itself.
    if (count > 0 && !(one.revents & POLLIN)) return -ENODEV;
    return count;
}

int kv_take(kv_camera *camera, kv_buffer *result) {
    slot s;
    prepare(camera, &s, 0);
    int status = kv_call(camera, VIDIOC_DQBUF, &s.buffer);
    if (status == -EAGAIN) return 0;
    if (status < 0) return status;
    if (s.buffer.index >= (uint32_t)camera->count) return -EIO;
    size_t room = camera->buffers[s.buffer.index].bytes;
    size_t used = camera->planes ? s.plane.bytesused : s.buffer.bytesused;
    size_t from = camera->planes ? s.plane.data_offset : 0;
    if (used > room) used = room;
    if (from > used) from = used;
    *result = (kv_buffer){
        .index = (int32_t)s.buffer.index, .damaged = (s.buffer.flags & V4L2_BUF_FLAG_ERROR) != 0,
        .sequence = s.buffer.sequence, .bytes = (uint32_t)(used - from),
        .base = (const char *)camera->buffers[s.buffer.index].base + from};
    return 1;
}

int kv_give(kv_camera *camera, int32_t index) {
    slot s;
    prepare(camera, &s, (uint32_t)index);
    return kv_call(camera, VIDIOC_QBUF, &s.buffer);
}
