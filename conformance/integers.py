"""Quantized models against ONNX Runtime's integer operators (see qlinear.py): every logit must be the same."""
import lzma, sys
import numpy as np, onnx, onnxruntime as ort
from onnx import numpy_helper
from kinglet import DATA, run
from qlinear import integers

MODELS = [
    ("resnet8_cifar10_nchw_int8_qdq", 32), ("resnet8_large_cifar10_nchw_int8_qdq", 32),
    ("vww96_mobilenetv1_025_nchw_int8_qdq", 96), ("mobilenet_v1_0.25_128_imagenet_nchw_int8_qdq", 128),
    ("mobilenet_v2_1.0_224_imagenet_nchw_int8_qdq", 224),
]


def step(model):
    """Scale of the last quantization."""
    weights = {w.name: w for w in model.graph.initializer}
    last = [n for n in model.graph.node if n.op_type == "QuantizeLinear"][-1]
    return float(numpy_helper.to_array(weights[last.input[1]]))


def pixels(size):
    raw = np.frombuffer(lzma.open(f"{DATA}/data/cifar10/test_batch.bin.xz").read(), np.uint8).reshape(-1, 3073)
    images = raw[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32)
    if size == 32:
        return images
    # Any input will do: enlarged pixels, the models' scalings.
    times = size // 32
    return images[:20].repeat(times, 2).repeat(times, 3) / (255 if size == 96 else 128) - (size != 96)


failed = 0
for name, size in MODELS:
    path = f"{DATA}/models/{name}.onnx"
    model, x = onnx.load(path), pixels(size).astype(np.float32)
    unit = step(model)
    options = ort.SessionOptions()
    options.log_severity_level = 3
    peer = ort.InferenceSession(integers(model).SerializeToString(), options, providers=["CPUExecutionProvider"])
    wanted = np.concatenate([peer.run(None, {"input": x[i:i + 100]})[0] for i in range(0, len(x), 100)])
    got = np.concatenate([run(path, {"input": x[i:i + 500]}, ["logits"])[0] for i in range(0, len(x), 500)])
    steps = np.rint(np.abs(got - wanted) / unit)
    failed += steps.any()
    print(f"{'FAILED' if steps.any() else 'ok    '} {name}: {int((steps > 0).sum())} of {steps.size} logits differ from "
          f"ONNX Runtime's integer operators")
sys.exit(bool(failed))
