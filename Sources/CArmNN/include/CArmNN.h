// Arm NN behind a flat face. The functions live in a shared object of their own, libkinglet-armnn.so, which is opened at
// run time: an executable that knows this header runs with and without Arm NN installed.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define KA_NULLABLE
#define KA_NONNULL
extern "C" {
#else
#define KA_NULLABLE _Nullable
#define KA_NONNULL _Nonnull
#endif

// Goes up with every change of what follows.
enum { KA_ABI = 1, KA_RANK = 5 };

enum ka_type { KA_F32, KA_I8 };

enum ka_kind {
    KA_CONV,
    KA_DEPTHWISE,
    KA_DENSE,
    KA_ADD,
    KA_SUBTRACT,
    KA_MULTIPLY,
    KA_MAX_POOL,
    KA_AVERAGE_POOL,
    KA_ACTIVATION,
    KA_SOFTMAX,
    KA_BATCH_NORM,
    KA_RESHAPE,
    KA_TRANSPOSE,
    KA_CONCAT,
    KA_QUANTIZE,
    KA_DEQUANTIZE,
    KA_CONSTANT,
};

// min(a, max(b, x)) is KA_BOUNDED, a · tanh(b · x) is KA_TANH; a is the slope or scale of the others.
enum ka_function {
    KA_RELU,
    KA_BOUNDED,
    KA_SIGMOID,
    KA_TANH,
    KA_LEAKY_RELU,
    KA_ELU,
    KA_HARD_SWISH,
    KA_ABS,
    KA_SQRT,
};

// A value: element type, shape, and for int8 real = scale · (q - zero).
typedef struct {
    int32_t type;
    int32_t rank;
    int32_t shape[KA_RANK];
    float scale;
    int32_t zero;
} ka_tensor;

// Weights, any alignment, read during the call only. int8 weights have one scale, or one for each output channel; an int32
// bias has those of the weights times that of the input. Zero points are 0.
typedef struct {
    const void *KA_NULLABLE data;
    int32_t rank;
    int32_t shape[KA_RANK];
    const float *KA_NULLABLE scales;
    int32_t scale_count;
} ka_weights;

// One operator. Images are [N, H, W, C]; weights of KA_CONV [O, kH, kW, C], of KA_DEPTHWISE [O, kH, kW, 1], of KA_DENSE
// [O, K], all followed by an optional bias [O]; KA_BATCH_NORM takes scale, bias, mean, variance; KA_CONSTANT one constant.
typedef struct {
    int32_t kind;
    // Values by number, and what comes out.
    const int32_t *KA_NULLABLE x;
    int32_t count;
    ka_tensor y;
    int32_t top, left, bottom, right;
    int32_t stride_h, stride_w, dilation_h, dilation_w, window_h, window_w;
    // Whether padding counts in a mean.
    int32_t counts_padding;
    // Of KA_CONCAT.
    int32_t axis;
    // Of KA_TRANSPOSE: axis i of y is axis order[i] of x.
    int32_t order[KA_RANK];
    int32_t function;
    float a, b, epsilon;
    ka_weights weights[4];
} ka_layer;

typedef struct ka_net ka_net;

// Everything the shared object offers. No function throws; those that can fail return below 0 and `error` says why.
typedef struct {
    int32_t abi;
    // Of Arm NN, such as "22.0.0".
    const char *KA_NONNULL version;
    // What went wrong in this thread's last call that failed.
    const char *KA_NONNULL (*KA_NONNULL error)(void);
    // Loads the backends, from `path` or where Arm NN looks for them.
    int32_t (*KA_NONNULL open)(const char *KA_NULLABLE path);
    // Names of the backends that are there, with commas between them; how many bytes it took.
    int32_t (*KA_NONNULL devices)(char *KA_NONNULL names, int32_t capacity);
    ka_net *KA_NULLABLE (*KA_NONNULL make)(void);
    void (*KA_NONNULL drop)(ka_net *KA_NONNULL net);
    // Each gives the number of a value.
    int32_t (*KA_NONNULL input)(ka_net *KA_NONNULL net, const ka_tensor *KA_NONNULL type);
    int32_t (*KA_NONNULL add)(ka_net *KA_NONNULL net, const ka_layer *KA_NONNULL layer);
    int32_t (*KA_NONNULL output)(ka_net *KA_NONNULL net, int32_t value);
    // Whether the devices, in order of preference and with commas between them, can run all of it.
    int32_t (*KA_NONNULL check)(ka_net *KA_NONNULL net, const char *KA_NONNULL devices);
    // Makes it ready to run on that many threads, where Arm NN lets one choose.
    int32_t (*KA_NONNULL load)(ka_net *KA_NONNULL net, const char *KA_NONNULL devices, int32_t threads);
    // Inputs and outputs in the order in which they were added. One run at a time; others wait.
    int32_t (*KA_NONNULL run)(
        ka_net *KA_NONNULL net, const void *KA_NONNULL const *KA_NONNULL inputs, void *KA_NONNULL const *KA_NONNULL outputs);
} ka_api;

// What dlsym finds in the shared object.
const ka_api *KA_NONNULL kinglet_armnn(void);

// Opens a shared object for good; NULL where there is none or it cannot be loaded, and `error` says why.
const ka_api *KA_NULLABLE ka_load(const char *KA_NONNULL path, char *KA_NONNULL error, size_t capacity);
// The folder of the running executable; its length, or below 0.
int64_t ka_folder(char *KA_NONNULL path, size_t capacity);

#ifdef __cplusplus
}
#endif
