// A USB webcam made of software, for the emulated board: streams MJPEG from a file over a bulk endpoint, through the
// kernel's gadgetfs and dummy_hcd to its own uvcvideo driver.
//
//   webcam CONTROLLER FRAMES.mjpeg      CONTROLLER: the gadgetfs file of the USB controller, /dev/gadget/dummy_udc
//
// USB Device Class Definition for Video Devices 1.1; linux/usb/gadgetfs.h.
#include <errno.h>
#include <fcntl.h>
#include <linux/usb/ch9.h>
#include <linux/usb/gadgetfs.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WIDTH = 640, HEIGHT = 480, LARGEST = 256 * 1024, PAYLOAD = 16 * 1024, INTERVAL = 1000000 }; // 100 ns: 10 frames/s
#define LE16(x) (x) & 255, (x) >> 8 & 255
#define LE32(x) LE16(x), (x) >> 16 & 255, (x) >> 24 & 255

static const uint8_t function[] = {
    8, USB_DT_INTERFACE_ASSOCIATION, 0, 2, USB_CLASS_VIDEO, 3, 0, 0,
    // Control: a camera terminal, and the way to USB.
    9, USB_DT_INTERFACE, 0, 0, 0, USB_CLASS_VIDEO, 1, 0, 0,
    13, 0x24, 1, LE16(0x0100), LE16(13 + 18 + 9), LE32(48000000), 1, 1,
    18, 0x24, 2, 1, LE16(0x0201), 0, 0, LE16(0), LE16(0), LE16(0), 3, 0, 0, 0,
    9, 0x24, 3, 2, LE16(0x0101), 0, 1, 0,
    // Streaming: one format, one size, one bulk endpoint.
    9, USB_DT_INTERFACE, 1, 0, 1, USB_CLASS_VIDEO, 2, 0, 0,
    14, 0x24, 1, 1, LE16(14 + 11 + 30), 0x81, 0, 2, 0, 0, 0, 1, 0,
    11, 0x24, 6, 1, 1, 1, 1, 0, 0, 0, 0,
    30, 0x24, 7, 1, 0, LE16(WIDTH), LE16(HEIGHT), LE32(LARGEST * 8), LE32(LARGEST * 80), LE32(LARGEST),
    LE32(INTERVAL), 1, LE32(INTERVAL),
};
static const uint8_t bulk[2][7] = {
    {7, USB_DT_ENDPOINT, 0x81, USB_ENDPOINT_XFER_BULK, LE16(64), 0},
    {7, USB_DT_ENDPOINT, 0x81, USB_ENDPOINT_XFER_BULK, LE16(512), 0},
};
static const struct usb_device_descriptor device = {
    .bLength = sizeof device, .bDescriptorType = USB_DT_DEVICE, .bcdUSB = 0x0200, .bDeviceClass = USB_CLASS_MISC,
    .bDeviceSubClass = 2, .bDeviceProtocol = 1, .idVendor = 0x1209, .idProduct = 0x0001, .bcdDevice = 0x0100,
    .iManufacturer = 1, .iProduct = 2, .bNumConfigurations = 1,
};
// What the host and the camera agree upon (USB Video 1.1, table 4-75).
static uint8_t agreed[34] = {0, 0, 1, 1, LE32(INTERVAL), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, LE32(LARGEST), LE32(PAYLOAD)};

static int control;
static char folder[256];
static const uint8_t *frames;
static size_t size;
static pthread_t streamer;
static volatile int streaming;

static void die(const char *what) {
    fprintf(stderr, "webcam: %s: %s\n", what, strerror(errno));
    exit(1);
}

static size_t configuration(uint8_t *to, int high) {
    size_t length = 9 + sizeof function + 7;
    const uint8_t head[9] = {9, USB_DT_CONFIG, LE16(length), 2, 1, 0, 0x80, 50};
    memcpy(to, head, 9);
    memcpy(to + 9, function, sizeof function);
    memcpy(to + 9 + sizeof function, bulk[high], 7);
    return length;
}

// The picture after `from`; pictures are whole JPEGs, one behind the other.
static size_t picture(size_t from) {
    size_t end = from + 2;
    while (end + 2 < size && !(frames[end] == 0xff && frames[end + 1] == 0xd8 && frames[end - 1] == 0xd9)) end++;
    return end + 2 >= size ? size : end;
}

static void *stream(void *unused) {
    (void)unused;
    char path[300];
    int endpoint = -1;
    const char *names[] = {"ep1in-bulk", "ep-a", "ep1in", "ep-ain", "ep6in-bulk", "ep11in-bulk"};
    for (size_t i = 0; i < sizeof names / sizeof *names && endpoint < 0; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        endpoint = open(path, O_RDWR);
    }
    if (endpoint < 0) die("no bulk endpoint");
    uint8_t setup[4 + 14] = {1, 0, 0, 0};
    memcpy(setup + 4, bulk[0], 7);
    memcpy(setup + 11, bulk[1], 7);
    if (write(endpoint, setup, sizeof setup) < 0) die(path);
    fprintf(stderr, "webcam: streaming through %s\n", path);
    static uint8_t payload[PAYLOAD];
    uint8_t toggle = 0;
    for (size_t from = 0;; from = from >= size ? 0 : from) {
        size_t end = picture(from);
        while (from < end) {
            size_t count = end - from < PAYLOAD - 2 ? end - from : PAYLOAD - 2;
            // A header of two bytes: end of header, end of frame, frame identifier.
            payload[0] = 2;
            payload[1] = 0x80 | (from + count == end ? 2 : 0) | toggle;
            memcpy(payload + 2, frames + from, count);
            if (write(endpoint, payload, count + 2) < 0) usleep(100000);
            else from += count;
        }
        toggle ^= 1;
        usleep(INTERVAL / 10);
    }
    return NULL;
}

static void answer(const void *bytes, size_t count, size_t wanted) {
    if (write(control, bytes, count < wanted ? count : wanted) < 0) fprintf(stderr, "webcam: answer: %s\n", strerror(errno));
}

static void stall(const struct usb_ctrlrequest *r) {
    char byte = 0;
    // Against the direction of the data: a stall.
    if (r->bRequestType & USB_DIR_IN) (void)!read(control, &byte, 0);
    else (void)!write(control, &byte, 0);
}

static void strings(const struct usb_ctrlrequest *r, int index) {
    static const char *const texts[] = {"", "Kinglet", "Software webcam"};
    uint8_t out[64] = {4, USB_DT_STRING, LE16(0x0409)};
    if (index > 2) return stall(r);
    if (index > 0) {
        out[0] = (uint8_t)(2 + 2 * strlen(texts[index]));
        for (size_t i = 0; texts[index][i]; i++) out[2 + 2 * i] = (uint8_t)texts[index][i], out[3 + 2 * i] = 0;
    }
    answer(out, out[0], r->wLength);
}

static void setup(const struct usb_ctrlrequest *r) {
    static uint8_t out[256];
    int type = r->bRequestType & USB_TYPE_MASK;
    if (type == USB_TYPE_STANDARD && r->bRequest == USB_REQ_GET_DESCRIPTOR) {
        if (r->wValue >> 8 == USB_DT_STRING) return strings(r, r->wValue & 255);
        if (r->wValue >> 8 == USB_DT_CONFIG) return answer(out, configuration(out, 1), r->wLength);
    } else if (type == USB_TYPE_STANDARD && r->bRequest == USB_REQ_SET_CONFIGURATION) {
        if (r->wValue && !streaming) streaming = !pthread_create(&streamer, NULL, stream, NULL);
        (void)!read(control, out, 0);
        return;
    } else if (type == USB_TYPE_STANDARD && r->bRequest == USB_REQ_SET_INTERFACE) {
        (void)!read(control, out, 0);
        return;
    } else if (type == USB_TYPE_CLASS && (r->wIndex & 255) == 1 && (r->wValue >> 8 == 1 || r->wValue >> 8 == 2)) {
        if (r->bRequest == 0x01) { // SET_CUR: whatever is asked, this is what there is.
            (void)!read(control, out, r->wLength < sizeof out ? r->wLength : sizeof out);
            return;
        }
        if (r->bRequest == 0x85) return answer((uint8_t[]){sizeof agreed, 0}, 2, r->wLength); // GET_LEN
        if (r->bRequest == 0x86) return answer((uint8_t[]){3}, 1, r->wLength);                // GET_INFO
        if (r->bRequest >= 0x81) return answer(agreed, sizeof agreed, r->wLength);            // GET_CUR, MIN, MAX, DEF
    }
    stall(r);
}

int main(int argc, char **argv) {
    if (argc != 3) return fprintf(stderr, "webcam CONTROLLER FRAMES.mjpeg\n"), 64;
    int file = open(argv[2], O_RDONLY);
    struct stat about;
    if (file < 0 || fstat(file, &about) < 0) die(argv[2]);
    uint8_t *bytes = malloc((size_t)about.st_size);
    if (!bytes || read(file, bytes, (size_t)about.st_size) != about.st_size) die(argv[2]);
    frames = bytes;
    size = (size_t)about.st_size;
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(argv[1], '/') - argv[1]), argv[1]);
    if ((control = open(argv[1], O_RDWR)) < 0) die(argv[1]);
    uint8_t all[1024] = {0};
    size_t length = 4;
    length += configuration(all + length, 0);
    length += configuration(all + length, 1);
    memcpy(all + length, &device, sizeof device);
    if (write(control, all, length + sizeof device) < 0) die("descriptors refused");
    fprintf(stderr, "webcam: plugged in\n");
    for (;;) {
        struct usb_gadgetfs_event events[5];
        ssize_t count = read(control, events, sizeof events);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) die("events");
        for (size_t i = 0; i < (size_t)count / sizeof *events; i++) {
            if (events[i].type == GADGETFS_SETUP) setup(&events[i].u.setup);
        }
    }
}
