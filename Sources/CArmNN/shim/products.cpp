// Convolutions and fully connected layers: what has weights, which each version of Arm NN takes in its own way.
#include "net.h"

using namespace armnn;

template <class Descriptor> static Descriptor window(const ka_layer &l) {
    Descriptor d;
    d.m_PadTop = l.top, d.m_PadLeft = l.left, d.m_PadBottom = l.bottom, d.m_PadRight = l.right;
    d.m_StrideX = l.stride_w, d.m_StrideY = l.stride_h;
    d.m_DilationX = l.dilation_w, d.m_DilationY = l.dilation_h;
    d.m_DataLayout = DataLayout::NHWC;
    d.m_BiasEnabled = l.weights[1].data != nullptr;
    return d;
}

#if KA_WEIGHTS_ARE_LAYERS
static void feed(ka_net &net, IConnectableLayer *layer, unsigned int slot, const Constant &c) {
    IConnectableLayer *weights = net.network->AddConstantLayer(c.tensor());
    weights->GetOutputSlot(0).SetTensorInfo(c.info);
    weights->GetOutputSlot(0).Connect(layer->GetInputSlot(slot));
}
#endif

int32_t addProduct(ka_net &net, const ka_layer &l) {
    const TensorInfo &x = net.value(l.x[0]).info;
    ka_tensor type{};
    type.rank = static_cast<int32_t>(x.GetNumDimensions());
    for (int32_t i = 0; i < type.rank; i++) type.shape[i] = static_cast<int32_t>(x.GetShape()[i]);
    type.scale = x.GetQuantizationScale();

    const Constant w = l.kind == KA_DEPTHWISE ? depthwise(l.weights[0], type) : constant(l.weights[0], type, false);
    const bool hasBias = l.weights[1].data != nullptr;
    const Constant b = hasBias ? constant(l.weights[1], type, true) : Constant{};
    FullyConnectedDescriptor dense;
    dense.m_BiasEnabled = hasBias;
    dense.m_TransposeWeightMatrix = true;

    IConnectableLayer *layer;
#if KA_WEIGHTS_ARE_LAYERS
    switch (l.kind) {
    case KA_CONV: layer = net.network->AddConvolution2dLayer(window<Convolution2dDescriptor>(l)); break;
    case KA_DEPTHWISE:
        layer = net.network->AddDepthwiseConvolution2dLayer(window<DepthwiseConvolution2dDescriptor>(l));
        break;
    default: layer = net.network->AddFullyConnectedLayer(dense);
    }
    feed(net, layer, 1, w);
    if (hasBias) feed(net, layer, 2, b);
#else
    const Optional<ConstTensor> bias = hasBias ? Optional<ConstTensor>(b.tensor()) : Optional<ConstTensor>();
    switch (l.kind) {
    case KA_CONV:
        layer = net.network->AddConvolution2dLayer(window<Convolution2dDescriptor>(l), w.tensor(), bias);
        break;
    case KA_DEPTHWISE:
        layer = net.network->AddDepthwiseConvolution2dLayer(
            window<DepthwiseConvolution2dDescriptor>(l), w.tensor(), bias);
        break;
    default: layer = net.network->AddFullyConnectedLayer(dense, w.tensor(), bias);
    }
#endif
    return net.join(layer, l.x, 1, info(l.y));
}
