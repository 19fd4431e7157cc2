"""The net of train_cifar10.py, in PyTorch and as an ONNX graph."""

import torch.nn as nn
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper

from cifar10_data import LABELS


class ConvNorm(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return self.norm(self.conv(x))


class Block(nn.Module):
    """relu(second(relu(first(x))) + shortcut(x)), half as high and wide as x."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.first = ConvNorm(inputs, outputs, 3, 2)
        self.second = ConvNorm(outputs, outputs, 3, 1)
        self.shortcut = ConvNorm(inputs, outputs, 1, 2)

    def forward(self, x):
        return F.relu(self.second(F.relu(self.first(x))) + self.shortcut(x))


class Net(nn.Module):
    def __init__(self, widths=(24, 32, 64, 128)):
        super().__init__()
        self.stem = ConvNorm(3, widths[0], 3, 1)
        self.blocks = nn.ModuleList(Block(i, o) for i, o in zip(widths, widths[1:]))
        self.head = nn.Linear(widths[-1], len(LABELS))

    def forward(self, x):
        x = F.relu(self.stem(x))
        for block in self.blocks:
            x = block(x)
        return self.head(x.mean((2, 3)))


def graph(net):
    """Written node by node, so that the file holds just the operators named here. Module names become node names."""
    nodes, weights = [], []

    def constant(name, value):
        weights.append(numpy_helper.from_array(value.detach().float().contiguous().numpy(), name))
        return name

    def add(op, inputs, name, **attributes):
        nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def conv_norm(layer, x, name):
        c, n, pad = layer.conv, layer.norm, layer.conv.padding[0]
        shape = {"kernel_shape": list(c.kernel_size), "strides": list(c.stride), "pads": [pad] * 4}
        x = add("Conv", [x, constant(f"{name}.conv.weight", c.weight)], f"{name}.conv", **shape)
        values = {"scale": n.weight, "bias": n.bias, "mean": n.running_mean, "var": n.running_var}
        inputs = [x] + [constant(f"{name}.norm.{key}", value) for key, value in values.items()]
        return add("BatchNormalization", inputs, f"{name}.norm", epsilon=n.eps, momentum=1 - n.momentum)

    x = add("Relu", [conv_norm(net.stem, "input", "stem")], "stem.relu")
    for i, block in enumerate(net.blocks):
        name = f"block{i + 1}"
        y = add("Relu", [conv_norm(block.first, x, f"{name}.first")], f"{name}.first.relu")
        y = conv_norm(block.second, y, f"{name}.second")
        y = add("Add", [y, conv_norm(block.shortcut, x, f"{name}.shortcut")], f"{name}.add")
        x = add("Relu", [y], f"{name}.relu")
    x = add("Flatten", [add("GlobalAveragePool", [x], "pool")], "flatten", axis=1)
    head = [constant("head.weight", net.head.weight), constant("head.bias", net.head.bias)]
    add("Gemm", [x] + head, "logits", transB=1)
    images = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, 32, 32])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", len(LABELS)])
    return helper.make_graph(nodes, "kinglet_cifar10", [images], [logits], weights)
