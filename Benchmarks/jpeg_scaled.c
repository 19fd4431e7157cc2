// libjpeg's own scaled decoding to RGB, for Benchmarks/jpeg.py: jpeg_scaled FILE EIGHTHS ROUNDS prints ms per round.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <jpeglib.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

int main(int count, char **words) {
    if (count != 4) return 64;
    for (int i = 0; i < atoi(words[3]); i++) {
        double start = now();
        FILE *file = fopen(words[1], "rb");
        fseek(file, 0, SEEK_END);
        long size = ftell(file);
        rewind(file);
        unsigned char *bytes = malloc(size);
        if (fread(bytes, 1, size, file) != (size_t)size) return 65;
        fclose(file);
        struct jpeg_decompress_struct c;
        struct jpeg_error_mgr errors;
        c.err = jpeg_std_error(&errors);
        jpeg_create_decompress(&c);
        jpeg_mem_src(&c, bytes, size);
        jpeg_read_header(&c, TRUE);
        c.out_color_space = JCS_RGB;
        c.scale_num = atoi(words[2]);
        c.scale_denom = 8;
        jpeg_start_decompress(&c);
        size_t stride = (size_t)c.output_width * 3;
        unsigned char *pixels = malloc(stride * c.output_height);
        while (c.output_scanline < c.output_height) {
            JSAMPROW row = pixels + stride * c.output_scanline;
            jpeg_read_scanlines(&c, &row, 1);
        }
        jpeg_finish_decompress(&c);
        jpeg_destroy_decompress(&c);
        free(pixels);
        free(bytes);
        printf("%.3f\n", now() - start);
    }
    return 0;
}
