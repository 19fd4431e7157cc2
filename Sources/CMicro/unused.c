// Parts of libjpeg that Kinglet never chooses: it writes baseline JPEGs, and reads all colours.
#define UNUSED(name)             \
    void name(void *_Nonnull c); \
    void name(void *_Nonnull c) { \
        (void)c;                 \
        __builtin_trap();        \
    }

UNUSED(jinit_phuff_encoder)
UNUSED(jinit_arith_encoder)
UNUSED(jinit_1pass_quantizer)
UNUSED(jinit_2pass_quantizer)
