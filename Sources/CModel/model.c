#include "CModel.h"
#pragma clang diagnostic ignored "-Wc23-extensions"

#ifndef KINGLET_MODEL
#define KINGLET_MODEL "../../Models/cifar10.onnx"
#endif

static const unsigned char kinglet_model[] __attribute__((aligned(64))) = {
#embed KINGLET_MODEL
};
const size_t kinglet_model_bytes = sizeof kinglet_model;
const void *kinglet_model_base(void) { return kinglet_model; }
