// The built-in model: the bytes of Models/cifar10.onnx, inside the executable.
#ifndef KINGLET_CMODEL_H
#define KINGLET_CMODEL_H
#include <stddef.h>

const void *_Nonnull kinglet_model_base(void);
extern const size_t kinglet_model_bytes;
#endif
