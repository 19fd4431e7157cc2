// A network under construction, and how it talks to the outside.
#pragma once

#include "../include/CArmNN.h"

#include <armnn/ArmNN.hpp>

#include <mutex>
#include <string>
#include <vector>

// From some version on weights are layers of their own, and arithmetic one layer with an operation. Tried: 22 (release
// 20.08) and 33 (23.08).
#define KA_WEIGHTS_ARE_LAYERS (ARMNN_MAJOR_VERSION >= 33)

// What a layer put out.
struct Value {
    armnn::IConnectableLayer *layer;
    armnn::TensorInfo info;
};

struct ka_net {
    armnn::INetworkPtr network = armnn::INetwork::Create();
    std::vector<Value> values;
    std::vector<armnn::TensorInfo> inputs, outputs;
    bool loaded = false;
    armnn::NetworkId id = 0;
    std::mutex running;

    const Value &value(int32_t i) const { return values.at(static_cast<size_t>(i)); }
    // Joins `layer` to its inputs and says what it puts out; the number of that.
    int32_t join(armnn::IConnectableLayer *layer, const int32_t *x, int32_t count, const armnn::TensorInfo &y);
};

// A constant on its way into a network, in the order of elements that Arm NN wants.
struct Constant {
    armnn::TensorInfo info;
    std::vector<uint8_t> bytes;
    armnn::ConstTensor tensor() const { return armnn::ConstTensor(info, bytes.data()); }
};

armnn::TensorInfo info(const ka_tensor &t);
// As it stands.
Constant constant(const ka_tensor &type, const void *data);
// Weights of a product that reads `x`, or its bias.
Constant constant(const ka_weights &w, const ka_tensor &x, bool bias);
// The same as [M, I, H, W] or [1, H, W, I · M], from [O, H, W, 1] with O = I · M.
Constant depthwise(const ka_weights &w, const ka_tensor &x);

int32_t addLayer(ka_net &net, const ka_layer &layer);
int32_t addProduct(ka_net &net, const ka_layer &layer);
