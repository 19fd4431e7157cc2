// Operators other than products.
#include "net.h"

using namespace armnn;

static IConnectableLayer *pool(ka_net &net, const ka_layer &l) {
    Pooling2dDescriptor d;
    d.m_PoolType = l.kind == KA_MAX_POOL ? PoolingAlgorithm::Max : PoolingAlgorithm::Average;
    d.m_PadTop = l.top, d.m_PadLeft = l.left, d.m_PadBottom = l.bottom, d.m_PadRight = l.right;
    d.m_PoolHeight = l.window_h, d.m_PoolWidth = l.window_w;
    d.m_StrideX = l.stride_w, d.m_StrideY = l.stride_h;
    d.m_PaddingMethod = l.counts_padding ? PaddingMethod::IgnoreValue : PaddingMethod::Exclude;
    d.m_DataLayout = DataLayout::NHWC;
    return net.network->AddPooling2dLayer(d);
}

static ActivationFunction function(int32_t f) {
    switch (f) {
    case KA_RELU: return ActivationFunction::ReLu;
    case KA_BOUNDED: return ActivationFunction::BoundedReLu;
    case KA_SIGMOID: return ActivationFunction::Sigmoid;
    case KA_TANH: return ActivationFunction::TanH;
    case KA_LEAKY_RELU: return ActivationFunction::LeakyReLu;
    case KA_ELU: return ActivationFunction::Elu;
    case KA_HARD_SWISH: return ActivationFunction::HardSwish;
    case KA_ABS: return ActivationFunction::Abs;
    case KA_SQRT: return ActivationFunction::Sqrt;
    default: throw InvalidArgumentException("activation " + std::to_string(f));
    }
}

static IConnectableLayer *transpose(ka_net &net, const ka_layer &l) {
    unsigned int order[KA_RANK];
    for (int32_t i = 0; i < l.y.rank; i++) order[i] = static_cast<unsigned int>(l.order[i]);
    const PermutationVector axes(order, static_cast<unsigned int>(l.y.rank));
    return net.network->AddTransposeLayer(TransposeDescriptor(axes));
}

static IConnectableLayer *concat(ka_net &net, const ka_layer &l) {
    std::vector<TensorShape> shapes;
    for (int32_t i = 0; i < l.count; i++) shapes.push_back(net.value(l.x[i]).info.GetShape());
    return net.network->AddConcatLayer(
        CreateDescriptorForConcatenation(shapes.begin(), shapes.end(), static_cast<unsigned int>(l.axis)));
}

static IConnectableLayer *normalization(ka_net &net, const ka_layer &l) {
    BatchNormalizationDescriptor d;
    d.m_Eps = l.epsilon;
    d.m_DataLayout = DataLayout::NHWC;
    Constant c[4];
    for (int i = 0; i < 4; i++) c[i] = constant(l.weights[i], l.y, false);
    return net.network->AddBatchNormalizationLayer(
        d, c[2].tensor(), c[3].tensor(), c[1].tensor(), c[0].tensor());
}

static IConnectableLayer *arithmetic(ka_net &net, int32_t kind) {
#if KA_WEIGHTS_ARE_LAYERS
    const BinaryOperation operation = kind == KA_ADD        ? BinaryOperation::Add
                                      : kind == KA_SUBTRACT ? BinaryOperation::Sub
                                                            : BinaryOperation::Mul;
    return net.network->AddElementwiseBinaryLayer(ElementwiseBinaryDescriptor(operation));
#else
    return kind == KA_ADD        ? net.network->AddAdditionLayer()
           : kind == KA_SUBTRACT ? net.network->AddSubtractionLayer()
                                 : net.network->AddMultiplicationLayer();
#endif
}

static IConnectableLayer *make(ka_net &net, const ka_layer &l) {
    INetwork &n = *net.network;
    switch (l.kind) {
    case KA_ADD:
    case KA_SUBTRACT:
    case KA_MULTIPLY: return arithmetic(net, l.kind);
    case KA_MAX_POOL:
    case KA_AVERAGE_POOL: return pool(net, l);
    case KA_ACTIVATION: return n.AddActivationLayer(ActivationDescriptor(function(l.function), l.a, l.b));
    case KA_SOFTMAX: return n.AddSoftmaxLayer(SoftmaxDescriptor());
    case KA_BATCH_NORM: return normalization(net, l);
    case KA_RESHAPE: return n.AddReshapeLayer(ReshapeDescriptor(info(l.y).GetShape()));
    case KA_TRANSPOSE: return transpose(net, l);
    case KA_CONCAT: return concat(net, l);
    case KA_QUANTIZE: return n.AddQuantizeLayer();
    case KA_DEQUANTIZE: return n.AddDequantizeLayer();
    default: throw InvalidArgumentException("layer of kind " + std::to_string(l.kind));
    }
}

int32_t addLayer(ka_net &net, const ka_layer &l) {
    switch (l.kind) {
    case KA_CONV:
    case KA_DEPTHWISE:
    case KA_DENSE: return addProduct(net, l);
    case KA_CONSTANT: {
        const Constant c = constant(l.y, l.weights[0].data);
        return net.join(net.network->AddConstantLayer(c.tensor()), nullptr, 0, c.info);
    }
    default: return net.join(make(net, l), l.x, l.count, info(l.y));
    }
}

int32_t ka_net::join(IConnectableLayer *layer, const int32_t *x, int32_t count, const TensorInfo &y) {
    for (int32_t i = 0; i < count; i++)
        value(x[i]).layer->GetOutputSlot(0).Connect(layer->GetInputSlot(static_cast<unsigned int>(i)));
    layer->GetOutputSlot(0).SetTensorInfo(y);
    values.push_back({layer, y});
    return static_cast<int32_t>(values.size()) - 1;
}
