// The built-in model: the bytes of Models/cifar10.onnx, inside the executable.
#ifndef KINGLET_CMODEL_H
#define KINGLET_CMODEL_H
#include <stddef.h>

extern const unsigned char kinglet_model[];
extern const size_t kinglet_model_bytes;
#endif
