"""Small networks with the operator patterns that torch exports for each family, with random, sanely scaled weights."""
import logging, os, tempfile
import numpy as np, onnx
from onnx import TensorProto, helper, numpy_helper


class Net:
    """Builds one network node by node; `x` is the value that the next layer reads."""

    def __init__(self, size, opset=13, seed=0):
        self.rng, self.nodes, self.weights, self.opset = np.random.default_rng(seed), [], [], opset
        self.x, self.channels, self.size = "input", 3, size

    def add(self, op, inputs, outputs=1, **attributes):
        names = [f"{op}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, name=f"{op}_{len(self.nodes)}", **attributes))
        return names if outputs > 1 else names[0]

    def constant(self, array):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def ints(self, *values):
        return self.constant(np.array(values, np.int64))

    def conv(self, out, k=1, stride=1, groups=1, act=None, pads=None, bn=False, dilation=1):
        fan = self.channels // groups * k * k
        w = self.rng.normal(0, (2 / fan) ** 0.5, (out, self.channels // groups, k, k)).astype(np.float32)
        inputs = [self.x, self.constant(w)]
        if not bn:
            inputs.append(self.constant(self.rng.normal(0, 0.1, out).astype(np.float32)))
        p = (k - 1) * dilation // 2
        self.x = self.add("Conv", inputs, kernel_shape=[k, k], strides=[stride] * 2, group=groups,
                          pads=pads or [p] * 4, dilations=[dilation] * 2)
        if bn:
            r = self.rng
            parameters = [r.uniform(.5, 1.5, out), r.normal(0, .2, out), r.normal(0, .2, out), r.uniform(.5, 2, out)]
            self.x = self.add("BatchNormalization", [self.x, *(self.constant(p.astype(np.float32)) for p in parameters)])
        self.channels = out
        if act == "relu6":
            if self.opset < 11:
                self.x = self.add("Clip", [self.x], min=0.0, max=6.0)
            else:
                self.x = self.add("Clip", [self.x, self.constant(np.float32(0)), self.constant(np.float32(6))])
        elif act == "hswish":
            self.x = self.add("HardSwish", [self.x]) if self.opset >= 14 else self.add(
                "Mul", [self.x, self.add("HardSigmoid", [self.x], alpha=1 / 6, beta=0.5)])
        elif act == "silu":
            self.x = self.add("Mul", [self.x, self.add("Sigmoid", [self.x])])
        elif act:
            self.x = self.add({"relu": "Relu", "leaky": "LeakyRelu"}[act], [self.x])
        return self

    def squeeze_excite(self, reduced):
        x, channels = self.x, self.channels
        self.x = self.add("GlobalAveragePool", [x])
        self.conv(reduced, act="relu").conv(channels)
        self.x = self.add("Mul", [x, self.add("HardSigmoid", [self.x], alpha=1 / 6, beta=0.5)])
        return self

    def inverted(self, out, expand, stride=1, k=3, act="relu6", se=False, bn=False):
        x, channels = self.x, self.channels
        if expand > 1:
            self.conv(channels * expand, act=act, bn=bn)
        self.conv(self.channels, k, stride, groups=self.channels, act=act, bn=bn)
        if se:
            self.squeeze_excite(8)
        self.conv(out, bn=bn)
        if stride == 1 and channels == out:
            self.x = self.add("Add", [x, self.x])
        return self

    def shuffle(self, groups, side):
        n, c = -1, self.channels
        x = self.add("Reshape", [self.x, self.ints(n, groups, c // groups, side, side)])
        x = self.add("Transpose", [x], perm=[0, 2, 1, 3, 4])
        self.x = self.add("Reshape", [x, self.ints(n, c, side, side)])
        return self

    def classifier(self, classes=10, pool="GlobalAveragePool", flatten="Flatten"):
        if pool == "ReduceMean":
            self.x = self.add("ReduceMean", [self.x], axes=[2, 3], keepdims=0) if self.opset < 18 else self.add(
                "ReduceMean", [self.x, self.ints(2, 3)], keepdims=0)
        else:
            self.x = self.add("GlobalAveragePool", [self.x])
            if flatten == "shape":  # what torch writes for x.view(x.size(0), -1)
                n = self.add("Gather", [self.add("Shape", [self.x]), self.constant(np.int64(0))], axis=0)
                n = self.add("Unsqueeze", [n, self.ints(0)]) if self.opset >= 13 else self.add("Unsqueeze", [n], axes=[0])
                self.x = self.add("Reshape", [self.x, self.add("Concat", [n, self.ints(-1)], axis=0)])
            else:
                self.x = self.add("Flatten", [self.x], axis=1)
        w = self.rng.normal(0, self.channels ** -0.5, (classes, self.channels)).astype(np.float32)
        b = self.rng.normal(0, 0.1, classes).astype(np.float32)
        self.x = self.add("Gemm", [self.x, self.constant(w), self.constant(b)], transB=1)
        return self

    def model(self):
        self.nodes[-1].output[0] = "logits"
        graph = helper.make_graph(
            self.nodes, "net", [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, self.size, self.size])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", "classes"])], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)
        onnx.checker.check_model(model)
        return model


def mobilenet_v1(opset=13):
    net = Net(40, opset).conv(8, 3, 2, act="relu6", pads=[0, 0, 1, 1], bn=True)
    for out, stride in ((16, 1), (24, 2), (24, 1), (40, 2)):
        net.conv(net.channels, 3, stride, groups=net.channels, act="relu", bn=True).conv(out, act="relu", bn=True)
    return net.classifier(flatten="shape").model()


def mobilenet_v2(opset=13):
    net = Net(48, opset).conv(8, 3, 2, act="relu6")
    for out, expand, stride in ((8, 1, 1), (12, 6, 2), (12, 6, 1), (20, 6, 2), (20, 6, 1)):
        net.inverted(out, expand, stride)
    return net.conv(64, act="relu6").classifier().model()


def mobilenet_v3(opset=17):
    net = Net(48, opset).conv(16, 3, 2, act="hswish")
    net.inverted(16, 1, 2, act="relu", se=True).inverted(24, 4, 2, act="relu").inverted(24, 3, 1, act="relu")
    net.inverted(40, 4, 2, k=5, act="hswish", se=True).inverted(40, 6, 1, k=5, act="hswish", se=True)
    return net.conv(96, act="hswish").classifier().model()


def resnet(opset=13):
    net = Net(50, opset).conv(16, 7, 2, act="relu", bn=True)
    net.x = net.add("MaxPool", [net.x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    for out, stride in ((16, 1), (32, 2), (48, 2)):
        x, channels = net.x, net.channels
        net.conv(out, 3, stride, act="relu", bn=True).conv(out, 3, bn=True)
        y = net.x
        if stride > 1:
            net.x, net.channels = x, channels
            net.conv(out, 1, stride, pads=[0] * 4)
            x = net.x
        net.x = net.add("Relu", [net.add("Add", [y, x])])
        net.channels = out
    return net.classifier(pool="ReduceMean").model()


def efficientnet_lite(opset=11):
    net = Net(40, opset).conv(16, 3, 2, act="relu6")
    net.inverted(12, 1).inverted(16, 6, 2, k=5).inverted(16, 6, 1, k=5).inverted(24, 6, 2, k=3)
    return net.conv(80, act="relu6").classifier().model()


def squeezenet(opset=12):
    net = Net(47, opset).conv(32, 3, 2, act="relu", pads=[0] * 4)
    for squeeze, expand in ((8, 16), (8, 24), (12, 32)):
        net.x = net.add("MaxPool", [net.x], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
        net.conv(squeeze, act="relu")
        x = net.x
        left = net.conv(expand, act="relu").x
        net.x, net.channels = x, squeeze
        right = net.conv(expand, 3, act="relu").x
        net.x, net.channels = net.add("Concat", [left, right], axis=1), 2 * expand
    net.x = net.add("Dropout", [net.x])
    net.conv(10, act="relu")
    net.x = net.add("Flatten", [net.add("GlobalAveragePool", [net.x])], axis=1)
    return net.model()


def shufflenet_v2(opset=13):
    net = Net(32, opset).conv(24, 3, 2, act="relu")
    net.x = net.add("MaxPool", [net.x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    x, channels = net.x, net.channels
    left = net.conv(channels, 3, 2, groups=channels).conv(24, act="relu").x
    net.x, net.channels = x, channels
    right = net.conv(24, act="relu").conv(24, 3, 2, groups=24).conv(24, act="relu").x
    net.x, net.channels = net.add("Concat", [left, right], axis=1), 48
    net.shuffle(2, 4)
    for _ in range(2):
        sizes = {"axis": 1} if opset >= 13 else {"axis": 1, "split": [24, 24]}
        inputs = [net.x, net.ints(24, 24)] if opset >= 13 else [net.x]
        left, net.x = net.add("Split", inputs, outputs=2, **sizes)
        net.channels = 24
        net.conv(24, act="relu").conv(24, 3, groups=24).conv(24, act="relu")
        net.x, net.channels = net.add("Concat", [left, net.x], axis=1), 48
        net.shuffle(2, 4)
    return net.conv(64, act="relu").classifier(pool="ReduceMean").model()


def odds_and_ends(opset=13):
    """Grouped and dilated convolutions, asymmetric pads, slices, pads, broadcasting, a softmax over channels."""
    net = Net(37, opset).conv(12, 5, 3, pads=[1, 0, 2, 3], act="leaky").conv(24, 3, groups=3, act="silu", dilation=2)
    x = net.add("Pad", [net.x, net.ints(0, 0, 1, 2, 0, 0, 0, 1)], mode="constant")
    x = net.add("Slice", [x, net.ints(1, 2), net.ints(11, 99), net.ints(2, 3)])
    x = net.add("Softmax", [x], axis=1)
    x = net.add("Sub", [x, net.constant(net.rng.normal(0, 1, (24, 1, 1)).astype(np.float32))])
    net.x = net.add("AveragePool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1, ceil_mode=1)
    x = net.add("Transpose", [net.x], perm=[0, 2, 3, 1])
    x = net.add("MatMul", [x, net.constant(net.rng.normal(0, 1, (24, 16)).astype(np.float32))])
    x = net.add("Tanh", [net.add("Add", [x, net.constant(net.rng.normal(0, 1, 16).astype(np.float32))])])
    net.x = net.add("Transpose", [x], perm=[0, 3, 1, 2])
    net.channels = 16
    return net.classifier(flatten="shape").model()


def quantized(model, seed=0):
    """`model` after ONNX Runtime's static quantization (QDQ, int8 activations, per-channel weights)."""
    logging.disable(logging.WARNING)
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Reader(CalibrationDataReader):
        def __init__(self):
            rng, size = np.random.default_rng(seed), model.graph.input[0].type.tensor_type.shape.dim[2].dim_value
            self.left = [rng.uniform(-1, 1, (1, 3, size, size)).astype(np.float32) for _ in range(8)]

        def get_next(self):
            return {"input": self.left.pop()} if self.left else None

    with tempfile.TemporaryDirectory() as folder:
        source, target = os.path.join(folder, "f.onnx"), os.path.join(folder, "q.onnx")
        onnx.save(model, source)
        quantize_static(source, target, Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
                        activation_type=QuantType.QInt8, weight_type=QuantType.QInt8)
        return onnx.load(target)


def families():
    makers = [mobilenet_v1, mobilenet_v2, mobilenet_v3, resnet, efficientnet_lite, squeezenet, shufflenet_v2, odds_and_ends]
    for make in makers:
        yield make.__name__, make()
    for make, opset in ((mobilenet_v1, 9), (resnet, 18), (mobilenet_v2, 21), (shufflenet_v2, 17), (squeezenet, 10)):
        yield f"{make.__name__} opset {opset}", make(opset)
    for make in (mobilenet_v2, resnet, squeezenet, shufflenet_v2, efficientnet_lite):
        yield f"{make.__name__} int8", quantized(make(13))
