#include "CModel.h"
#pragma clang diagnostic ignored "-Wc23-extensions"

const unsigned char kinglet_model[] __attribute__((aligned(64))) = {
#embed "../../Models/cifar10.onnx"
};
const size_t kinglet_model_bytes = sizeof kinglet_model;
