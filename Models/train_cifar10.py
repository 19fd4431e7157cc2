#!/usr/bin/env python3
"""Trains Kinglet's built-in CIFAR-10 classifier and writes it as one ONNX file.

    python Models/train_cifar10.py --data ../shared --work build/cifar10 -o Models/cifar10.onnx

Needs torch, onnx, onnxruntime, pillow and numpy (see cifar10.md for the versions that made the shipped file).
DATA/data/cifar10 holds data_batch_1..5.bin.xz, test_batch.bin.xz, test_jpeg.tar and test_jpeg.csv.

- Net: a ResNet of one stem and three blocks that halves the picture early; 306,946 parameters, 11.9 million MACs.
- Data: all 50,000 training images, each as its original pixels or, half of the time, as one of three JPEG
  re-encodings made once (quality 50 to 95, two thirds of them 4:2:0), then a random crop after padding by 4
  pixels and a random mirror.
- Optimizer: SGD with Nesterov momentum under one cycle of the rate, label smoothing; the exported weights are
  an exponential moving average of the trained ones.
- No choice is made by looking at test images: the last epoch is the model.

A checkpoint is written after every epoch; started again, the script goes on from it. `--export` writes the
model of the newest checkpoint and measures it, without training. The same seed gives the same batches; the sums
inside a convolution may still differ between processors and thread counts.
"""

import argparse
import csv
import io
import lzma
import os
import tarfile
import time
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn as nn
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

LABELS = "airplane automobile bird cat deer dog frog horse ship truck".split()
MEAN, STD = 128.0, 64.0  # x = (pixel - MEAN) / STD, so that an int8 input is exactly pixel - 128
PAD = 4  # pixels added on each side before the random crop


# Data: uint8 arrays [n, 32, 32, 3] and labels [n].


def records(path):
    """CIFAR-10 binary records: one label byte, then 3 x 32 x 32 planar bytes."""
    rows = np.frombuffer(lzma.open(path).read(), np.uint8).reshape(-1, 3073)
    return rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1).copy(), rows[:, 0].astype(np.int64)


def jpeg_copy(x, seed):
    """Every image through a JPEG of its own random quality and chroma sampling."""
    random, out = np.random.default_rng(seed), np.empty_like(x)
    for i, image in enumerate(x):
        file = io.BytesIO()
        sampling = 2 if random.random() < 2 / 3 else 0  # 4:2:0 or 4:4:4
        Image.fromarray(image).save(file, "JPEG", quality=int(random.integers(50, 96)), subsampling=sampling)
        out[i] = np.asarray(Image.open(file))
    return out


def train_set(folder, work, seed):
    """Padded images [4, n, 40, 40, 3], the originals and three JPEG copies of them, and labels."""
    parts = [records(folder / f"data_batch_{i}.bin.xz") for i in range(1, 6)]
    x, labels = np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
    cache = work / "jpeg.npy"
    if not cache.exists():
        np.save(cache, np.stack([jpeg_copy(x, [seed, copy]) for copy in range(3)]))
    x = np.concatenate([x[None], np.load(cache)])
    return np.pad(x, ((0, 0), (0, 0), (PAD, PAD), (PAD, PAD), (0, 0)), mode="reflect"), labels


def batches(x, labels, size, seed):
    """One epoch of augmented batches, decided by `seed` alone."""
    random, n = np.random.default_rng(seed), len(labels)
    order = random.permutation(n)
    for at in range(0, n - size + 1, size):
        i = order[at : at + size]
        copy = np.where(random.random(size) < 0.5, 0, random.integers(1, len(x), size))
        rows = random.integers(0, 2 * PAD + 1, (size, 1)) + np.arange(32)
        columns = random.integers(0, 2 * PAD + 1, (size, 1)) + np.arange(32)
        columns = np.where(random.random((size, 1)) < 0.5, columns, columns[:, ::-1])
        crop = x[copy[:, None, None], i[:, None, None], rows[:, :, None], columns[:, None, :]]
        yield scaled(crop), torch.from_numpy(labels[i])


def scaled(pixels):
    """uint8 [n, 32, 32, 3] to normalised float [n, 3, 32, 32], still NHWC in memory."""
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float().sub_(MEAN).div_(STD)


# The net. The module names become the node names of the ONNX file.


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


# Training.


def one_cycle(done):
    """Factor of the peak rate at the fraction `done` of the run: up over the first 15 %, then linearly to 0."""
    return done / 0.15 if done < 0.15 else (1 - done) / 0.85


def optimizer(net, decay):
    """SGD that decays the weights of convolutions and of the head, not biases or BatchNormalization."""
    groups = [[p for p in net.parameters() if (p.ndim > 1) == big] for big in (True, False)]
    groups = [{"params": groups[0], "weight_decay": decay}, {"params": groups[1], "weight_decay": 0}]
    return torch.optim.SGD(groups, lr=0.1, momentum=0.9, nesterov=True, foreach=True)


@torch.no_grad()
def follow(average, net, step, decay=0.999):
    """average = k average + (1 - k) net, for weights and BatchNormalization statistics alike."""
    k = min(decay, (1 + step) / (10 + step))
    pairs = [(a, b) for a, b in zip(average.state_dict().values(), net.state_dict().values()) if a.is_floating_point()]
    torch._foreach_lerp_([a for a, _ in pairs], [b for _, b in pairs], 1 - k)


def save(path, state):
    """A checkpoint is whole or absent, whenever the power goes."""
    torch.save(state, path.with_suffix(".part"))
    os.replace(path.with_suffix(".part"), path)


def train(o, folder):
    torch.manual_seed(o.seed)
    net, average = [Net().to(memory_format=torch.channels_last) for _ in range(2)]
    average.load_state_dict(net.state_dict())
    sgd, start, seconds = optimizer(net, o.decay), 0, 0.0
    if (o.work / "last.pt").exists():
        state = torch.load(o.work / "last.pt")
        net.load_state_dict(state["net"]), average.load_state_dict(state["average"])
        sgd.load_state_dict(state["sgd"])
        start, seconds = state["epoch"], state["seconds"]
    x, labels = train_set(folder, o.work, o.seed)
    steps = len(labels) // o.batch
    for epoch in range(start, o.epochs):
        begin, cpu, right, loss_sum = time.time(), time.process_time(), 0, 0.0
        for step, (images, wanted) in enumerate(batches(x, labels, o.batch, [o.seed, 1000 + epoch])):
            rate = o.rate * one_cycle((epoch + step / steps) / o.epochs)
            for group in sgd.param_groups:
                group["lr"] = rate
            with torch.autocast("cpu", torch.bfloat16):
                y = net(images).float()
            loss = F.cross_entropy(y, wanted, label_smoothing=o.smoothing)
            sgd.zero_grad()
            loss.backward()
            sgd.step()
            follow(average, net, epoch * steps + step)
            right, loss_sum = right + (y.argmax(1) == wanted).sum().item(), loss_sum + loss.item()
        seconds += time.process_time() - cpu
        state = {"net": net.state_dict(), "average": average.state_dict(), "sgd": sgd.state_dict()}
        save(o.work / "last.pt", state | {"epoch": epoch + 1, "seconds": seconds})
        print(
            f"epoch {epoch + 1}/{o.epochs} loss {loss_sum / steps:.4f} train {right / steps / o.batch:.2%} "
            f"{time.time() - begin:.0f} s, CPU so far {seconds:.0f} s",
            flush=True,
        )


# Export: the graph is written node by node, so the file holds just the operators named here.


def graph(net):
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


def test_jpegs(folder):
    """The 1,000 JPEG test images, decoded, and their labels."""
    labels = {row["jpeg"]: int(row["label"]) for row in csv.DictReader(open(folder / "test_jpeg.csv"))}
    with tarfile.open(folder / "test_jpeg.tar") as tar:
        files = {m.name.split("/", 1)[1]: tar.extractfile(m).read() for m in tar.getmembers() if m.isfile()}
    x = [np.asarray(Image.open(io.BytesIO(files[name])).convert("RGB")) for name in labels]
    return np.stack(x), np.array(list(labels.values()))


def accuracy(model, x, labels):
    """Top-1 of the ONNX file under ONNX Runtime, with its 95 % Wilson interval, as text."""
    import onnxruntime

    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    parts = [scaled(part).contiguous().numpy() for part in np.array_split(x, len(x) // 250)]
    right = sum(np.concatenate([session.run(None, {"input": part})[0] for part in parts]).argmax(1) == labels)
    n, z = len(labels), 1.96
    p = right / n
    middle, half = p + z * z / 2 / n, z * (p * (1 - p) / n + z * z / 4 / n / n) ** 0.5
    low, high = [(middle + side * half) / (1 + z * z / n) for side in (-1, 1)]
    return f"{100 * p:.2f} % (95 % interval {100 * low:.1f} to {100 * high:.1f}, {n} images)"


def export(o, folder):
    state = torch.load(o.work / "last.pt")
    net = Net()
    net.load_state_dict(state["average"])
    model = helper.make_model(graph(net), opset_imports=[helper.make_opsetid("", 13)], producer_name="kinglet")
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    original = accuracy(model, *records(folder / "test_batch.bin.xz"))
    jpeg = accuracy(model, *test_jpegs(folder))
    card = (
        "CIFAR-10 classifier trained by the Kinglet project (Models/train_cifar10.py). Data: CIFAR-10 (Krizhevsky 2009), "
        f"50,000 training images, half of them seen as JPEG re-encodings. Recipe: {state['epoch']} of {o.epochs} epochs, "
        f"batch {o.batch}, SGD Nesterov 0.9, one-cycle rate {o.rate}, weight decay {o.decay}, label smoothing "
        f"{o.smoothing}, crop and mirror, moving average of the weights, seed {o.seed}. "
        f"Top-1: original pixels {original}; JPEG files {jpeg}. Not adversarially trained."
    )
    keys = {
        "mean": ",".join([f"{MEAN:g}"] * 3),
        "std": ",".join([f"{STD:g}"] * 3),
        "size": "32x32",
        "resize": "stretch",
        "color": "rgb",
        "labels": "\n".join(LABELS),
        "card": card,
    }
    helper.set_model_props(model, {f"kinglet.{key}": value for key, value in keys.items()})
    onnx.save(model, o.output)
    print(f"{o.output}: {Path(o.output).stat().st_size} bytes\noriginal pixels {original}\nJPEG files {jpeg}")


def options():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--data", type=Path, default=Path("../shared"), help="folder with data/cifar10")
    p.add_argument("--work", type=Path, default=Path("build/cifar10"), help="JPEG copies and checkpoint")
    p.add_argument("-o", "--output", default="Models/cifar10.onnx")
    p.add_argument("--export", action="store_true", help="only export and measure the newest checkpoint")
    p.add_argument("--epochs", type=int, default=60)
    p.add_argument("--batch", type=int, default=128)
    p.add_argument("--rate", type=float, default=0.2, help="peak learning rate")
    p.add_argument("--decay", type=float, default=3e-4, help="weight decay")
    p.add_argument("--smoothing", type=float, default=0.05, help="label smoothing")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=2)
    return p.parse_args()


def main():
    o = options()
    torch.set_num_threads(o.threads)
    o.work.mkdir(parents=True, exist_ok=True)
    if not o.export:
        train(o, o.data / "data/cifar10")
    export(o, o.data / "data/cifar10")


if __name__ == "__main__":
    main()
