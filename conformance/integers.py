"""Quantized models against ONNX Runtime's integer operators: every logit must be the same.

On a QDQ file ONNX Runtime itself runs some operators in float between DequantizeLinear and QuantizeLinear, where rounding
noise turns a few values near a tie. Here each operator that stands between the two is first written as ONNX Runtime's
integer operator (QLinearConv, QLinearAdd, QGemm, QLinearGlobalAveragePool), so that both compute in integers.
"""
import collections, lzma, sys
import numpy as np, onnx, onnxruntime as ort
from onnx import helper, numpy_helper
from kinglet import DATA, run

MODELS = [
    ("resnet8_cifar10_nchw_int8_qdq", 32), ("resnet8_large_cifar10_nchw_int8_qdq", 32),
    ("vww96_mobilenetv1_025_nchw_int8_qdq", 96), ("mobilenet_v1_0.25_128_imagenet_nchw_int8_qdq", 128),
    ("mobilenet_v2_1.0_224_imagenet_nchw_int8_qdq", 224),
]


def integers(model):
    """The model with integer operators instead of float operators between DequantizeLinear and QuantizeLinear."""
    graph = model.graph
    maker = {name: node for node in graph.node for name in node.output}
    readers = collections.defaultdict(list)
    for node in graph.node:
        for name in node.input:
            readers[name].append(node)
    nodes, gone = [], set()
    for node in graph.node:
        if node.op_type not in ("Conv", "Add", "Gemm", "GlobalAveragePool"):
            nodes.append(node)
            continue
        (quantizer,) = readers[node.output[0]]
        sources = [list(maker[name].input) for name in node.input]
        flags = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        y, scale = [quantizer.output[0]], list(quantizer.input[1:3])
        gone.add(quantizer.name)
        if node.op_type == "Conv":
            made = helper.make_node("QLinearConv", sources[0] + sources[1] + scale + sources[2][:1], y, **flags)
        elif node.op_type == "Gemm":
            flags.pop("beta", None)
            inputs = sources[0] + sources[1] + sources[2][:1] + scale
            made = helper.make_node("QGemm", inputs, y, domain="com.microsoft", **flags)
        elif node.op_type == "Add":
            made = helper.make_node("QLinearAdd", sources[0] + sources[1] + scale, y, domain="com.microsoft")
        else:
            made = helper.make_node(
                "QLinearGlobalAveragePool", sources[0] + scale, y, domain="com.microsoft", channels_last=0)
        nodes.append(made)
    del graph.node[:]
    graph.node.extend(n for n in nodes if n.op_type != "QuantizeLinear" or n.name not in gone)
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return model


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
