"""Makes the small models beside this file: patterns whose axis orders are easily got wrong.

Each carries its test in itself: initializers `test.in.NAME` are inputs, `test.out.NAME` what ONNX Runtime makes of them.
    python make.py [NAME…]
"""
import os, sys
import numpy as np, onnx, onnxruntime as ort
from onnx import TensorProto, helper as h, numpy_helper as nh

HERE = os.environ.get("FIXTURES", os.path.dirname(os.path.abspath(__file__)))
rng = np.random.default_rng(1)


class Net:
    def __init__(self, opset=17):
        self.nodes, self.weights, self.opset, self.n = [], [], opset, 0

    def __call__(self, op, *inputs, outputs=1, **attributes):
        names = [f"v{self.n + i}" for i in range(outputs)]
        self.n += outputs
        inputs = [i if isinstance(i, str) else self.const(i) for i in inputs]
        self.nodes.append(h.make_node(op, inputs, names, name=f"{op}{len(self.nodes)}", **attributes))
        return names if outputs > 1 else names[0]

    def const(self, array):
        name = f"w{len(self.weights)}"
        self.weights.append(nh.from_array(np.asarray(array), name))
        return name

    def conv(self, x, i, o, k=1, groups=1, **attributes):
        w = rng.normal(0, 1 / (i // groups * k * k) ** 0.5, (o, i // groups, k, k)).astype(np.float32)
        return self("Conv", x, w, rng.normal(0, .1, o).astype(np.float32), kernel_shape=[k, k], group=groups,
                    pads=[k // 2] * 4, **attributes)


def ints(*values):
    return np.array(values, np.int64)


def f32(*shape):
    return rng.normal(0, 1, shape).astype(np.float32)


def shuffle(net):
    x = net.conv("x", 3, 12)
    a, b = net("Split", x, ints(6, 6), axis=1, outputs=2)
    b = net("Relu", net.conv(b, 6, 6, 3, groups=6))
    x = net("Concat", a, b, axis=1)
    x = net("Reshape", x, ints(-1, 2, 6, 5, 7))
    x = net("Transpose", x, perm=[0, 2, 1, 3, 4])
    x = net("Reshape", x, ints(-1, 12, 5, 7))
    return net.conv(x, 12, 4)


def squeeze_excite(net):
    x = net.conv("x", 3, 8)
    s = net("GlobalAveragePool", x)
    s = net("HardSigmoid", net.conv(net("Relu", net.conv(s, 8, 2)), 2, 8))
    flat = net("Reshape", net("Mul", s, x), ints(0, -1))
    return net("Gemm", flat, f32(280, 3), f32(3))


def nhwc(net):
    x = net("Transpose", "x", perm=[0, 3, 1, 2])
    x = net("Relu", net.conv(x, 7, 6, 3))
    x = net("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = net("Transpose", x, perm=[0, 2, 3, 1])
    return net("Softmax", net("Reshape", x, ints(2, -1, 6)), axis=2)


def means(net):
    x = net.conv("x", 3, 8)
    a = net("ReduceMean", x, axes=[2, 3], keepdims=0)
    b = net("ReduceMean", x, axes=[-1], keepdims=0)
    c = net("ReduceMean", x, axes=[1], keepdims=1)
    d = net("Sub", x, net("ReduceMean", x, axes=[1, 2, 3], keepdims=1))
    return a, b, c, d


def broadcasts(net):
    x = net.conv("x", 3, 8)
    a = net("Add", x, f32(8, 1, 1))
    b = net("Mul", f32(7), a)
    c = net("Sub", b, net("GlobalAveragePool", x))
    d = net("Div", c, np.float32(3))
    e = net("Add", net("ReduceMean", x, axes=[0, 1], keepdims=0), d)
    f = net("Mul", e, f32(1, 8, 1, 1))
    return net("Add", f, f32(5, 1)), net("Add", "x", x2 := net.conv("x", 3, 3)), net("Add", x2, "x")


def channels(net):
    x = net.conv("x", 3, 8)
    s = net("Softmax", x, axis=1)
    a = net("Slice", s, ints(1, 1), ints(7, 100), ints(1, 3), ints(2, 3))
    p = net("Pad", a, ints(0, 1, 2, 0, 1, 0, 0, 3), np.float32(.5))
    c = net("Concat", p, p, axis=-3)
    return c, net("Softmax", x, axis=-1), net("Gather", x, ints(2, 0), axis=1)


def arithmetic(net):
    x = net.conv("x", 3, 8)
    n = net("Gather", net("Shape", x), ints(0).reshape(()), axis=0)
    s = net("Concat", net("Unsqueeze", n, ints(0)), ints(-1), axis=0)
    y = net("Reshape", x, s)
    hw = net("Slice", net("Shape", x), ints(2), ints(4))
    half = net("Div", net("Cast", net("Cast", hw, to=TensorProto.FLOAT), to=TensorProto.INT64), ints(1))
    z = net("Reshape", x, net("Concat", net("Unsqueeze", n, ints(0)), ints(2, 4), half, axis=0))
    return y, z, net("ConstantOfShape", net("Shape", y), value=nh.from_array(np.array([2], np.float32)))


def attention(net):
    x = net("Reshape", net.conv("x", 3, 8), ints(0, 2, 4, -1))
    k = net("Transpose", x, perm=[0, 1, 3, 2])
    s = net("Softmax", net("Mul", net("MatMul", k, x), np.float32(.5)), axis=-1)
    y = net("MatMul", s, k)
    y = net("Reshape", net("Transpose", y, perm=[0, 1, 3, 2]), ints(0, 8, 5, 7))
    return net.conv(net("Add", y, net.conv("x", 3, 8)), 8, 4, 3)


def pixel_shuffle(net):
    x = net("Reshape", net.conv("x", 3, 12), ints(0, 3, 2, 2, 5, 7))
    x = net("Reshape", net("Transpose", x, perm=[0, 1, 4, 2, 5, 3]), ints(0, 3, 10, 14))
    return net.conv(x, 3, 2, 3)


def squeezes(net):
    x = net("GlobalAveragePool", net.conv("x", 3, 8))
    v = net("Squeeze", x, ints(2, 3))
    u = net("Unsqueeze", net("Relu", v), ints(2, 3))
    f = net("Flatten", net("Add", u, net.conv("x", 3, 8)), axis=2)
    return v, net("Unsqueeze", v, ints(0)), f, net("Flatten", "x", axis=0)


def outputs(net):
    y = net("Identity", "x")
    t = net("Transpose", "x", perm=[0, 2, 3, 1])
    r = net("Relu", t)
    return y, t, r, net("Identity", r), net("Identity", net.const(f32(2, 3))), net("Dropout", y)


def quantized(net):
    def qdq(x, scale, zero, dtype=np.int8):
        q = net("QuantizeLinear", x, np.float32(scale), dtype(zero))
        return net("DequantizeLinear", q, np.float32(scale), dtype(zero))

    def weight(o, i, k):
        w = rng.integers(-127, 128, (o, i, k, k)).astype(np.int8)
        scale = (rng.uniform(.5, 1.5, o) / (i * k * k) ** .5 / 100).astype(np.float32)
        return net("DequantizeLinear", w, scale, np.zeros(o, np.int8), axis=0)

    x = qdq("x", .03, 3)
    x = net("Conv", x, weight(8, 3, 3), kernel_shape=[3, 3], pads=[1] * 4)
    x = qdq(net("Relu", x), .02, -128)
    y = net("Conv", x, weight(8, 8, 1), kernel_shape=[1, 1])
    x = qdq(net("Add", x, qdq(y, .04, 5)), .05, -4)
    x = net("Flatten", qdq(net("GlobalAveragePool", x), .02, -100))
    w = net("DequantizeLinear", rng.integers(-127, 128, (4, 8)).astype(np.int8), np.full(4, .01, np.float32), axis=0)
    return qdq(net("Gemm", x, w, f32(4), transB=1), .02, 0)


MODELS = {f.__name__: f for f in [shuffle, squeeze_excite, nhwc, means, broadcasts, channels, arithmetic, attention,
                                  pixel_shuffle, squeezes, outputs, quantized]}

for name in sys.argv[1:] or MODELS:
    net = Net()
    made = MODELS[name](net)
    made = [made] if isinstance(made, str) else list(made)
    x = h.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 5, 7, 7] if name == "nhwc" else ["N", 3, 5, 7])
    ys = [h.make_tensor_value_info(y, TensorProto.FLOAT, None) for y in made]
    model = h.make_model(h.make_graph(net.nodes, name, [x], ys, net.weights), opset_imports=[h.make_opsetid("", net.opset)],
                         ir_version=8)
    feed = f32(2, *((5, 7, 7) if name == "nhwc" else (3, 5, 7)))
    options = ort.SessionOptions()
    options.log_severity_level = 3
    peer = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    model.graph.initializer.append(nh.from_array(feed, "test.in.x"))
    for y, value in zip(made, peer.run(made, {"x": feed})):
        model.graph.initializer.append(nh.from_array(value, "test.out." + y))
    onnx.save(model, os.path.join(HERE, name + ".onnx"))
