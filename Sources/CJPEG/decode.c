#include "state.h"
#include <string.h>
#include <time.h>

static void nothing(j_decompress_ptr c) { (void)c; }

// The file has ended too early: an end marker lets libjpeg give what it has.
static boolean fill_input_buffer(j_decompress_ptr c) {
    static const JOCTET end[2] = {0xFF, JPEG_EOI};
    WARNMS(c, JWRN_JPEG_EOF);
    c->src->next_input_byte = end;
    c->src->bytes_in_buffer = 2;
    return TRUE;
}

static void skip_input_data(j_decompress_ptr c, long count) {
    if (count <= 0) return;
    if ((size_t)count >= c->src->bytes_in_buffer) {
        fill_input_buffer(c);
        return;
    }
    c->src->next_input_byte += count;
    c->src->bytes_in_buffer -= (size_t)count;
}

static void open_file(j_decompress_ptr c, kj_state *state, const uint8_t *bytes, size_t count) {
    jpeg_create_decompress(c);
    state->source = (struct jpeg_source_mgr){
        .next_input_byte = bytes, .bytes_in_buffer = count, .init_source = nothing,
        .fill_input_buffer = fill_input_buffer, .skip_input_data = skip_input_data,
        .resync_to_restart = jpeg_resync_to_restart, .term_source = nothing};
    c->src = &state->source;
    jpeg_read_header(c, TRUE);
    if (c->data_precision != 8) kj_fail(state, KJ_UNSUPPORTED, "%d-bit JPEG is not supported", c->data_precision);
}

static uint64_t thread_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

// Called at least once for every row of blocks. Reading the clock costs a system call: not every time.
static void watch(j_common_ptr common) {
    kj_state *state = common->client_data;
    j_decompress_ptr c = (j_decompress_ptr)common;
    if (c->input_scan_number > (int)state->limits->scans)
        kj_fail(state, KJ_SCANS, "more than %u scans", state->limits->scans);
    if (state->calls++ % 16 == 0 && thread_ms() > state->deadline)
        kj_fail(state, KJ_TIME, "decoding it takes more than %u ms", state->limits->milliseconds);
}

int kj_probe(const uint8_t *bytes, size_t count, kj_info *info, char *message) {
    struct jpeg_decompress_struct c;
    kj_state state;
    memset(&c, 0, sizeof c);
    c.err = kj_errors(&state, message);
    c.client_data = &state;
    if (setjmp(state.exit) == 0) {
        open_file(&c, &state, bytes, count);
        *info = (kj_info){.width = (int32_t)c.image_width, .height = (int32_t)c.image_height,
                          .components = c.num_components, .progressive = c.progressive_mode,
                          .several_scans = jpeg_has_multiple_scans(&c)};
    }
    jpeg_destroy_decompress(&c);
    return state.status;
}

// Four components to RGB. Adobe stores the inks inverted, and so does nearly everyone who writes such files.
static void rgb_from_inks(const JSAMPLE *row, uint8_t *to, int32_t width) {
    for (int32_t i = 0; i < width; i++, row += 4, to += 3)
        for (int j = 0; j < 3; j++) {
            unsigned product = (unsigned)row[j] * row[3] + 128;
            to[j] = (uint8_t)((product + (product >> 8)) >> 8);
        }
}

// Limits the columns that are computed, with a margin: the upsampler blurs the edges of what it is given.
// The first column that comes out.
static JDIMENSION narrow(j_decompress_ptr c, const kj_region *region) {
#if defined(LIBJPEG_TURBO_VERSION_NUMBER) && LIBJPEG_TURBO_VERSION_NUMBER >= 2001000
    const JDIMENSION margin = 16;
    JDIMENSION first = (JDIMENSION)region->x, last = first + (JDIMENSION)region->width;
    first = first > margin ? first - margin : 0;
    last = last + margin < c->output_width ? last + margin : c->output_width;
    if (first < 64 && last + 64 > c->output_width) return 0;
    JDIMENSION width = last - first;
    jpeg_crop_scanline(c, &first, &width);
    return first;
#else
    (void)c; (void)region;
    return 0;
#endif
}

static void decode(j_decompress_ptr c, kj_state *state, const kj_region *region, uint8_t *pixels) {
    int inks = c->jpeg_color_space == JCS_CMYK || c->jpeg_color_space == JCS_YCCK;
    c->out_color_space = inks ? JCS_CMYK : JCS_RGB;
    c->scale_num = (unsigned)region->scale;
    c->scale_denom = 8;
    c->mem->max_memory_to_use = (long)state->limits->bytes;
    kj_standard_tables(c);
    jpeg_start_decompress(c);
    int32_t right = region->x + region->width, bottom = region->y + region->height;
    if (region->x < 0 || region->y < 0 || region->width < 1 || region->height < 1 ||
        (JDIMENSION)right > c->output_width || (JDIMENSION)bottom > c->output_height)
        kj_fail(state, KJ_BAD, "a region outside the picture was asked for");
    JDIMENSION first = narrow(c, region);
    JSAMPARRAY row = c->mem->alloc_sarray((j_common_ptr)c, JPOOL_IMAGE,
                                          c->output_width * (JDIMENSION)c->output_components, 1);
    size_t left = ((size_t)region->x - first) * (size_t)c->output_components;
    int whole = !inks && left == 0 && (JDIMENSION)region->width == c->output_width;
    // To the end, although `bottom` may come before: only there does libjpeg notice that it lost its way.
    while (c->output_scanline < c->output_height) {
        int32_t y = (int32_t)c->output_scanline - region->y;
        int wanted = y >= 0 && y < region->height;
        uint8_t *to = pixels + (size_t)(wanted ? y : 0) * (size_t)region->width * 3;
        JSAMPROW straight = to;
        jpeg_read_scanlines(c, wanted && whole ? &straight : row, 1);
        if (!wanted || whole) continue;
        if (inks) rgb_from_inks(row[0] + left, to, region->width);
        else memcpy(to, row[0] + left, (size_t)region->width * 3);
    }
    jpeg_finish_decompress(c);
}

int kj_decode(const uint8_t *bytes, size_t count, const kj_limits *limits, const kj_region *region, uint8_t *pixels,
              char *message) {
    struct jpeg_decompress_struct c;
    kj_state state;
    memset(&c, 0, sizeof c);
    memset(&state.progress, 0, sizeof state.progress);
    c.err = kj_errors(&state, message);
    c.client_data = &state;
    state.limits = limits;
    state.calls = 0;
    state.deadline = thread_ms() + limits->milliseconds;
    if (setjmp(state.exit) == 0) {
        open_file(&c, &state, bytes, count);
        state.progress.progress_monitor = watch;
        c.progress = &state.progress;
        decode(&c, &state, region, pixels);
    }
    jpeg_destroy_decompress(&c);
    return state.status;
}

size_t kj_next_marker(const uint8_t *bytes, size_t count, size_t from) {
    while (from + 1 < count) {
        const uint8_t *found = memchr(bytes + from, 0xFF, count - from - 1);
        if (!found) break;
        from = (size_t)(found - bytes) + 1;
        uint8_t code = bytes[from];
        if (code != 0x00 && code != 0xFF && (code & 0xF8) != 0xD0) return from;
    }
    return count;
}
