#include "CModel.h"
#pragma clang diagnostic ignored "-Wc23-extensions"

#ifndef KINGLET_MODEL
#define KINGLET_MODEL "../../Models/cifar10.onnx"
#endif

static const unsigned char kinglet_model[] __attribute__((aligned(64))) = {
#embed KINGLET_MODEL
};

#ifndef KINGLET_MODEL_BYTES
const size_t kinglet_model_bytes = sizeof kinglet_model;
const void *kinglet_model_base(void) { return kinglet_model; }
#else
// What cross/halves.py wrote of a file of so many bytes.
#include <stdint.h>
#include <string.h>

const size_t kinglet_model_bytes = KINGLET_MODEL_BYTES;
static unsigned char expanded[KINGLET_MODEL_BYTES] __attribute__((aligned(64)));

/// (-1)^s · m · 2^(e-25), with the hidden bit in m where e > 0; finite.
static float half(uint16_t bits) {
    int exponent = bits >> 10 & 31;
    float y = (float)((bits & 1023) + (exponent ? 1024 : 0)) * 0x1p-24f * (float)(1u << (exponent ? exponent - 1 : 0));
    return bits >> 15 ? -y : y;
}

static void expand(void) {
    const unsigned char *from = kinglet_model;
    unsigned char *to = expanded;
    uint32_t count;
    while (to < expanded + sizeof expanded) {
        memcpy(&count, from, 4);
        memcpy(to, from + 4, count);
        from += 4 + count, to += count;
        memcpy(&count, from, 4);
        from += 4;
        for (uint32_t i = 0; i < count; i++, from += 2, to += 4) {
            uint16_t bits;
            memcpy(&bits, from, 2);
            float value = half(bits);
            memcpy(to, &value, 4);
        }
    }
}

const void *kinglet_model_base(void) {
    // Every model of a protobuf begins with a byte that is not 0.
    if (!expanded[0]) expand();
    return expanded;
}
#endif
