#include "camera.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int kv_call(const kv_camera *camera, unsigned long request, void *argument) {
    for (;;) {
        int result = ioctl(camera->file, request, argument);
        if (result >= 0) return result;
        if (errno != EINTR) return -errno;
    }
}

int kv_open(const char *path, kv_camera **result) {
    kv_camera *camera = calloc(1, sizeof *camera);
    if (!camera) return -ENOMEM;
    camera->file = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    int status = camera->file < 0 ? -errno : kv_call(camera, VIDIOC_QUERYCAP, &camera->about);
    if (status == -EINVAL) status = -ENOTTY;
    if (status >= 0) {
        uint32_t can = camera->about.capabilities & V4L2_CAP_DEVICE_CAPS ? camera->about.device_caps
                                                                        : camera->about.capabilities;
        camera->planes = !(can & V4L2_CAP_VIDEO_CAPTURE);
        camera->type = camera->planes ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE : V4L2_BUF_TYPE_VIDEO_CAPTURE;
        if (!(can & (V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE)) || !(can & V4L2_CAP_STREAMING))
            status = -EOPNOTSUPP;
    }
    if (status < 0) {
        kv_close(camera);
        return status;
    }
    *result = camera;
    return 0;
}

void kv_close(kv_camera *camera) {
    kv_stop(camera);
    if (camera->file >= 0) close(camera->file);
    free(camera);
}

const char *kv_name(const kv_camera *camera) { return (const char *)camera->about.card; }
const char *kv_driver(const kv_camera *camera) { return (const char *)camera->about.driver; }

int kv_format(kv_camera *camera, uint32_t index, uint32_t *format) {
    struct v4l2_fmtdesc item = {.index = index, .type = camera->type};
    int status = kv_call(camera, VIDIOC_ENUM_FMT, &item);
    *format = item.pixelformat;
    return status;
}

int kv_size(kv_camera *camera, uint32_t format, uint32_t index, kv_sizes *sizes) {
    struct v4l2_frmsizeenum item = {.index = index, .pixel_format = format};
    int status = kv_call(camera, VIDIOC_ENUM_FRAMESIZES, &item);
    if (status < 0) return status;
    if (item.type == V4L2_FRMSIZE_TYPE_DISCRETE) {
        int32_t width = (int32_t)item.discrete.width, height = (int32_t)item.discrete.height;
        *sizes = (kv_sizes){width, width, 1, height, height, 1};
    } else if (index > 0) {
        return -EINVAL;  // one range is all there is
    } else {
        struct v4l2_frmsize_stepwise s = item.stepwise;
        *sizes = (kv_sizes){(int32_t)s.min_width,  (int32_t)s.max_width,  (int32_t)s.step_width,
                            (int32_t)s.min_height, (int32_t)s.max_height, (int32_t)s.step_height};
    }
    return 0;
}

static double inverse(struct v4l2_fract f) { return f.numerator > 0 ? (double)f.denominator / f.numerator : 0; }

int kv_fastest(kv_camera *camera, uint32_t format, int32_t width, int32_t height, double *rate) {
    *rate = 0;
    for (uint32_t i = 0; i < 256; i++) {
        struct v4l2_frmivalenum item = {
            .index = i, .pixel_format = format, .width = (uint32_t)width, .height = (uint32_t)height};
        int status = kv_call(camera, VIDIOC_ENUM_FRAMEINTERVALS, &item);
        if (status < 0) return i > 0 ? 0 : status;
        double here = inverse(item.type == V4L2_FRMIVAL_TYPE_DISCRETE ? item.discrete : item.stepwise.min);
        if (here > *rate) *rate = here;
        if (item.type != V4L2_FRMIVAL_TYPE_DISCRETE) return 0;
    }
    return 0;
}

static int32_t encoding(uint32_t encoding, uint32_t colorspace) {
    if (encoding == V4L2_YCBCR_ENC_DEFAULT) encoding = V4L2_MAP_YCBCR_ENC_DEFAULT(colorspace);
    switch (encoding) {
    case V4L2_YCBCR_ENC_709: case V4L2_YCBCR_ENC_XV709: return 709;
    case V4L2_YCBCR_ENC_BT2020: case V4L2_YCBCR_ENC_BT2020_CONST_LUM: return 2020;
    case V4L2_YCBCR_ENC_SMPTE240M: return 240;
    default: return 601;
    }
}

int kv_set(kv_camera *camera, kv_mode *mode) {
    struct v4l2_format f = {.type = camera->type};
    if (camera->planes) {
        f.fmt.pix_mp.pixelformat = mode->format;
        f.fmt.pix_mp.width = (uint32_t)mode->width;
        f.fmt.pix_mp.height = (uint32_t)mode->height;
        f.fmt.pix_mp.num_planes = 1;
        f.fmt.pix_mp.field = V4L2_FIELD_NONE;
    } else {
        f.fmt.pix.pixelformat = mode->format;
        f.fmt.pix.width = (uint32_t)mode->width;
        f.fmt.pix.height = (uint32_t)mode->height;
        f.fmt.pix.field = V4L2_FIELD_NONE;
        f.fmt.pix.priv = V4L2_PIX_FMT_PRIV_MAGIC;  // asks for what follows it: encoding and range
    }
    int status = kv_call(camera, VIDIOC_S_FMT, &f);
    if (status < 0) return status;
    uint32_t colorspace, how, range;
    if (camera->planes) {
        struct v4l2_pix_format_mplane p = f.fmt.pix_mp;
        if (p.num_planes != 1) return -EINVAL;
        *mode = (kv_mode){.format = p.pixelformat, .width = (int32_t)p.width, .height = (int32_t)p.height,
                          .stride = (int32_t)p.plane_fmt[0].bytesperline};
        colorspace = p.colorspace, how = p.ycbcr_enc, range = p.quantization;
    } else {
        struct v4l2_pix_format p = f.fmt.pix;
        int told = p.priv == V4L2_PIX_FMT_PRIV_MAGIC;
        *mode = (kv_mode){.format = p.pixelformat, .width = (int32_t)p.width, .height = (int32_t)p.height,
                          .stride = (int32_t)p.bytesperline};
        colorspace = p.colorspace, how = told ? p.ycbcr_enc : 0, range = told ? p.quantization : 0;
    }
    if (range == V4L2_QUANTIZATION_DEFAULT) range = V4L2_MAP_QUANTIZATION_DEFAULT(0, colorspace, how);
    // Nobody who stores grey alone leaves room below black, unless the driver says so.
    int grey = mode->format == V4L2_PIX_FMT_GREY;
    uint32_t said = camera->planes ? f.fmt.pix_mp.quantization : f.fmt.pix.quantization;
    mode->encoding = encoding(how, colorspace);
    mode->full_range = range == V4L2_QUANTIZATION_FULL_RANGE || (grey && said != V4L2_QUANTIZATION_LIM_RANGE);
    return 0;
}

int kv_rate(kv_camera *camera, double *rate) {
    struct v4l2_streamparm p = {.type = camera->type};
    int status = kv_call(camera, VIDIOC_G_PARM, &p);
    if (status >= 0 && *rate > 0) {
        p.parm.capture.timeperframe = (struct v4l2_fract){1000, (uint32_t)(*rate * 1000 + 0.5)};
        status = kv_call(camera, VIDIOC_S_PARM, &p);
    }
    *rate = status < 0 ? 0 : inverse(p.parm.capture.timeperframe);
    return status;
}
