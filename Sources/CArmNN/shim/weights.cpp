// Weights as Arm NN wants them.
#include "net.h"

#include <cstring>

using namespace armnn;

static TensorShape shape(int32_t rank, const int32_t *sizes) {
    if (rank < 1 || rank > KA_RANK) throw InvalidArgumentException("a tensor of rank " + std::to_string(rank));
    unsigned int all[KA_RANK];
    for (int32_t i = 0; i < rank; i++) all[i] = static_cast<unsigned int>(sizes[i]);
    return TensorShape(static_cast<unsigned int>(rank), all);
}

TensorInfo info(const ka_tensor &t) {
    if (t.type == KA_F32) return TensorInfo(shape(t.rank, t.shape), DataType::Float32);
    return TensorInfo(shape(t.rank, t.shape), DataType::QAsymmS8, t.scale, t.zero);
}

// One scale is a type of its own: QSymmS8 means one for each channel here.
static TensorInfo quantized(const TensorShape &shape, const ka_weights &w, float factor, bool bias, unsigned int axis) {
    std::vector<float> scales(w.scales, w.scales + w.scale_count);
    for (float &s : scales) s *= factor;
    if (scales.size() == 1) return TensorInfo(shape, bias ? DataType::Signed32 : DataType::QAsymmS8, scales[0], 0);
    return TensorInfo(shape, bias ? DataType::Signed32 : DataType::QSymmS8, scales, axis);
}

static Constant take(TensorInfo info, const void *data) {
#if KA_WEIGHTS_ARE_LAYERS
    info.SetConstant();
#endif
    Constant c{info, std::vector<uint8_t>(info.GetNumBytes())};
    memcpy(c.bytes.data(), data, c.bytes.size());
    return c;
}

Constant constant(const ka_tensor &type, const void *data) { return take(info(type), data); }

Constant constant(const ka_weights &w, const ka_tensor &x, bool bias) {
    TensorShape s = shape(w.rank, w.shape);
    if (!w.scales) return take(TensorInfo(s, DataType::Float32), w.data);
    return take(quantized(s, w, bias ? x.scale : 1, bias, 0), w.data);
}

Constant depthwise(const ka_weights &w, const ka_tensor &x) {
    const unsigned int o = w.shape[0], h = w.shape[1], width = w.shape[2], channels = x.shape[x.rank - 1];
    const unsigned int pixels = h * width;
#if KA_WEIGHTS_ARE_LAYERS
    (void)channels;
    const TensorShape s({1, h, width, o});
    const unsigned int axis = 3;
#else
    const unsigned int m = o / channels;
    const TensorShape s({m, channels, h, width});
    const unsigned int axis = 0;
#endif
    const size_t size = w.scales ? 1 : 4;
    Constant c = take(w.scales ? quantized(s, w, 1, false, axis) : TensorInfo(s, DataType::Float32), w.data);
    const uint8_t *from = static_cast<const uint8_t *>(w.data);
    for (unsigned int i = 0; i < o; i++) {
        for (unsigned int p = 0; p < pixels; p++) {
#if KA_WEIGHTS_ARE_LAYERS
            const size_t to = p * o + i;
#else
            const size_t to = ((i % m) * channels + i / m) * pixels + p;
#endif
            memcpy(c.bytes.data() + to * size, from + (i * pixels + p) * size, size);
        }
    }
    return c;
}
