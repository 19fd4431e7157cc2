// Resizing with NEON: the bytes of a pixel become the lanes of a vector, its weight multiplies them all.
#if defined(__aarch64__)
// Pixel k of the 16 bytes at p.
#define PIXELS(p) const uint8x16_t pixels = vld1q_u8(p)
#define PIXEL(k) vreinterpretq_s32_u8(vqtbl1q_u8(pixels, vreinterpretq_u8_u32(vaddq_u32(lanes, vdupq_n_u32(3 * (k))))))
#else
#define PIXELS(p) const uint8_t *const pixels = (p)
#define PIXEL(k) widened(pixels + 3 * (k))
KN_INLINE int32x4_t widened(const uint8_t *p) {
    uint32_t word;
    __builtin_memcpy(&word, p, 4);
    const uint16x8_t words = vmovl_u8(vreinterpret_u8_u32(vdup_n_u32(word)));
    return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(words)));
}
#endif

static void resample_row_neon(const kn_resample_row *t) {
    // Bytes 0, 1 and 2 for lanes, the other bytes of a lane from nowhere.
    const uint32x4_t lanes = {0x80808000, 0x80808001, 0x80808002, 0x80808080};
    (void)lanes;
    // Whole groups of four weights: branches cost more than products with zero.
    ptrdiff_t most = 0;
    for (ptrdiff_t j = 0; j < t->columns; j++) most = t->count[j] > most ? t->count[j] : most;
    const ptrdiff_t groups = (most + 3) / 4;
    int32_t *const packed = t->room;
    for (ptrdiff_t j = 0; j < t->columns; j++)
        for (ptrdiff_t k = 0; k < 4 * groups; k++)
            packed[4 * groups * j + k] = k < t->count[j] ? t->weights[j * t->taps + k] : 0;
    for (ptrdiff_t r = 0; r < t->rows; r++) {
        const uint8_t *const x = t->x + r * t->x_stride;
        uint8_t *y = t->y + r * t->y_stride;
        const int32_t *w = packed;
        for (ptrdiff_t j = 0; j < t->columns; j++, y += 3) {
            const uint8_t *p = x + 3 * t->first[j];
            int32x4_t sum = vdupq_n_s32(1 << 21);
            for (ptrdiff_t g = 0; g < groups; g++, p += 12, w += 4) {
                PIXELS(p);
                const int32x4_t weights = vld1q_s32(w);
                sum = vmlaq_lane_s32(sum, PIXEL(0), vget_low_s32(weights), 0);
                sum = vmlaq_lane_s32(sum, PIXEL(1), vget_low_s32(weights), 1);
                sum = vmlaq_lane_s32(sum, PIXEL(2), vget_high_s32(weights), 0);
                sum = vmlaq_lane_s32(sum, PIXEL(3), vget_high_s32(weights), 1);
            }
            const uint16x4_t words = vmovn_u32(vreinterpretq_u32_s32(vshrq_n_s32(sum, 22)));
            const uint8x8_t bytes = vmovn_u16(vcombine_u16(words, words));
            const uint32_t pixel = vget_lane_u32(vreinterpret_u32_u8(bytes), 0);
            __builtin_memcpy(y, &pixel, 3);
        }
    }
}

static void resample_column_neon(const kn_resample_column *t) {
    ptrdiff_t i = 0;
    for (; i + 16 <= t->bytes; i += 16) {
        int32x4_t sum[4];
        KN_UNROLL for (int v = 0; v < 4; v++) sum[v] = vdupq_n_s32(1 << 21);
        const uint8_t *p = t->x + i;
        for (ptrdiff_t k = 0; k < t->count; k++, p += t->x_stride) {
            const uint8x16_t bytes = vld1q_u8(p);
            const uint16x8_t low = vmovl_u8(vget_low_u8(bytes)), high = vmovl_u8(vget_high_u8(bytes));
            const int32_t w = t->weights[k];
            sum[0] = vmlaq_n_s32(sum[0], vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(low))), w);
            sum[1] = vmlaq_n_s32(sum[1], vreinterpretq_s32_u32(vmovl_u16(vget_high_u16(low))), w);
            sum[2] = vmlaq_n_s32(sum[2], vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(high))), w);
            sum[3] = vmlaq_n_s32(sum[3], vreinterpretq_s32_u32(vmovl_u16(vget_high_u16(high))), w);
        }
        uint16x4_t words[4];
        KN_UNROLL for (int v = 0; v < 4; v++) words[v] = vmovn_u32(vreinterpretq_u32_s32(vshrq_n_s32(sum[v], 22)));
        vst1q_u8(t->y + i, vcombine_u8(vmovn_u16(vcombine_u16(words[0], words[1])),
                                       vmovn_u16(vcombine_u16(words[2], words[3]))));
    }
    kn_resample_rest(t, i);
}
#undef PIXELS
#undef PIXEL
