// An open camera. Drivers with planes (V4L2's multi-planar interface) are used with one plane.
#ifndef KINGLET_CVIDEO_CAMERA_H
#define KINGLET_CVIDEO_CAMERA_H
#include "CVideo.h"
#include <linux/videodev2.h>
#include <stddef.h>

enum { KV_MOST_BUFFERS = 8 };

struct kv_camera {
    int file;
    int planes;  // nonzero: the multi-planar interface
    uint32_t type;
    struct v4l2_capability about;
    int count;
    struct { void *base; size_t bytes; } buffers[KV_MOST_BUFFERS];
};

// ioctl that goes on after signals: its result or -errno.
int kv_call(const kv_camera *camera, unsigned long request, void *argument);
#endif
