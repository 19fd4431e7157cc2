#include "state.h"
#include <stdlib.h>
#include <string.h>

int kj_encode(const uint8_t *pixels, int32_t width, int32_t height, int32_t quality, uint8_t **file, size_t *count,
              char *message) {
    struct jpeg_compress_struct c;
    kj_state state;
    unsigned char *written = NULL;
    unsigned long size = 0;
    memset(&c, 0, sizeof c);
    c.err = kj_errors(&state, message);
    c.client_data = &state;
    if (setjmp(state.exit) == 0) {
        jpeg_create_compress(&c);
        jpeg_mem_dest(&c, &written, &size);
        c.image_width = (JDIMENSION)width;
        c.image_height = (JDIMENSION)height;
        c.input_components = 3;
        c.in_color_space = JCS_RGB;
        jpeg_set_defaults(&c);
        jpeg_set_quality(&c, quality, TRUE);
        if (quality >= 90) c.comp_info[0].h_samp_factor = c.comp_info[0].v_samp_factor = 1;
        jpeg_start_compress(&c, TRUE);
        while (c.next_scanline < c.image_height) {
            JSAMPROW row = (JSAMPROW)(pixels + (size_t)c.next_scanline * (size_t)width * 3);
            jpeg_write_scanlines(&c, &row, 1);
        }
        jpeg_finish_compress(&c);
    }
    jpeg_destroy_compress(&c);
    if (state.status != KJ_OK) {
        free(written);
        return state.status;
    }
    *file = written;
    *count = size;
    return KJ_OK;
}

void kj_free(uint8_t *file) { free(file); }
