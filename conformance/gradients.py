"""Gradients and ten steps of SGD against PyTorch, in double precision, on real images.

For every weight and for the input: the norm of the difference over the norm of PyTorch's. PyTorch's own float32 result stands
beside it. The gradient of a network of ReLUs jumps where rounding turns the sign of one of its hundred thousands of values: the
images are those whose values keep furthest from 0 (and from 6). Needs torch beyond requirements.txt.
"""
import csv, io, lzma, os, subprocess, sys, tarfile, tempfile
import numpy as np, onnx, torch
import torch.nn.functional as F
from onnx import numpy_helper
from PIL import Image
from kinglet import DATA

TOOL = os.environ.get("KINGLET_GRADIENTS", ".build/release/kinglet-gradients")
LIMIT, MOMENTUM, STEPS = 1e-4, 0.9, 10
failed = 0


class Torch:
    """Runs an ONNX classifier in PyTorch, its initializers as leaves."""

    def __init__(self, model, dtype, batch=False):
        graph = model.graph
        self.graph, self.dtype, self.batch = graph, dtype, batch
        self.margin = np.inf
        self.fixed = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
        self.weights = {n: torch.tensor(a, dtype=dtype, requires_grad=True)
                        for n, a in self.fixed.items() if a.dtype == np.float32}

    def value(self, name, values):
        return values[name] if name in values else self.weights[name]

    def forward(self, x):
        values = {self.graph.input[0].name: x}
        for node in self.graph.node:
            a = {k.name: onnx.helper.get_attribute_value(k) for k in node.attribute}
            i = [n for n in node.input]
            v = lambda k: self.value(i[k], values)
            values[node.output[0]] = getattr(self, node.op_type)(node, a, i, v)
        return values[self.graph.output[0].name]

    def Conv(self, node, a, i, v):
        top, left, bottom, right = a.get("pads", [0, 0, 0, 0])
        if a.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
            sizes = [(s, k, t) for s, k, t in zip(v(0).shape[2:], v(1).shape[2:], a.get("strides", [1, 1]))]
            total = [max((-(-s // t) - 1) * t + k - s, 0) for s, k, t in sizes]
            top, left = (t // 2 for t in total) if a["auto_pad"] == b"SAME_UPPER" else (-(-t // 2) for t in total)
            bottom, right = total[0] - top, total[1] - left
        x = F.pad(v(0), (left, right, top, bottom))
        return F.conv2d(x, v(1), v(2) if len(i) > 2 else None, a.get("strides", [1, 1]), 0, a.get("dilations", [1, 1]),
                        a.get("group", 1))

    def BatchNormalization(self, node, a, i, v):
        mean, variance = v(3).detach().clone(), v(4).detach().clone()
        return F.batch_norm(v(0), mean, variance, v(1), v(2), self.batch, 0.1, a.get("epsilon", 1e-5))

    def Clip(self, node, a, i, v):
        low = self.fixed[i[1]].item() if len(i) > 1 and i[1] else a.get("min", -np.inf)
        high = self.fixed[i[2]].item() if len(i) > 2 and i[2] else a.get("max", np.inf)
        self.keep_off(v(0), low)
        self.keep_off(v(0), high)
        return F.hardtanh(v(0), low, high)

    def keep_off(self, z, kink):
        """Lowers `margin`, the least distance of an image's values from a kink over their root mean square."""
        z = z.detach()
        far = (z - kink).abs().flatten(1) / z.square().mean().sqrt()
        self.margin = np.minimum(self.margin, torch.where(far == 0, np.inf, far).amin(1).numpy())

    def Relu(self, node, a, i, v):
        self.keep_off(v(0), 0)
        return F.relu(v(0))

    def Gemm(self, node, a, i, v):
        y = (v(0).T if a.get("transA") else v(0)) @ (v(1).T if a.get("transB") else v(1)) * a.get("alpha", 1.0)
        return y + a.get("beta", 1.0) * v(2) if len(i) > 2 else y

    def Pad(self, node, a, i, v):
        p = [int(n) for n in (self.fixed[i[1]] if len(i) > 1 else a["pads"])]
        n = len(p) // 2
        return F.pad(v(0), [w for k in reversed(range(n)) for w in (p[k], p[k + n])])

    def AveragePool(self, node, a, i, v):
        assert not any(a.get("pads", [0]))
        return F.avg_pool2d(v(0), a["kernel_shape"], a.get("strides"))

    def MaxPool(self, node, a, i, v):
        p = a.get("pads", [0, 0, 0, 0])
        return F.max_pool2d(F.pad(v(0), (p[1], p[3], p[0], p[2]), value=-np.inf), a["kernel_shape"], a.get("strides"))

    def Reshape(self, node, a, i, v):
        return v(0).reshape([v(0).shape[k] if n == 0 else int(n) for k, n in enumerate(self.fixed[i[1]])])

    def Add(self, node, a, i, v): return v(0) + v(1)
    def MatMul(self, node, a, i, v): return v(0) @ v(1)
    def GlobalAveragePool(self, node, a, i, v): return v(0).mean((2, 3), keepdim=True)
    def Flatten(self, node, a, i, v): return v(0).flatten(a.get("axis", 1))
    def Identity(self, node, a, i, v): return v(0)


def choose(model, x, labels, count, batch):
    """`count` images far from kinks; with batch statistics the best of the batches in order."""
    def margin(part):
        net = Torch(model, torch.float64, batch)
        with torch.no_grad():
            net.forward(torch.tensor(part, dtype=torch.float64))
        return net.margin
    parts = [slice(k, k + count) for k in range(0, len(x), count)]
    margins = [margin(x[p]) for p in parts]
    best = parts[np.argmax([m.min() for m in margins])] if batch else np.argsort(-np.concatenate(margins))[:count]
    return x[best], labels[best], (np.max([m.min() for m in margins]) if batch else np.concatenate(margins)[best].min())


def reference(model, x, labels, dtype, names, batch, rate):
    """Gradients of the input and of the weights `names`, and those weights after SGD."""
    net = Torch(model, dtype, batch)
    x, labels = torch.tensor(x, dtype=dtype, requires_grad=True), torch.tensor(labels)
    weights = [net.weights[n] for n in names]
    loss = F.cross_entropy(net.forward(x), labels)
    gradients = torch.autograd.grad(loss, [x] + weights, retain_graph=False)
    optimizer = torch.optim.SGD(weights, rate, MOMENTUM)
    for _ in range(STEPS):
        optimizer.zero_grad()
        F.cross_entropy(net.forward(x.detach()), labels).backward()
        optimizer.step()
    return [g.double().numpy() for g in gradients], [w.detach().double().numpy() for w in weights]


def distance(a, b): return np.linalg.norm((a - b).ravel()) / max(np.linalg.norm(b.ravel()), 1e-30)


def check(name, x, labels, count, rate, batch=False, threads=1):
    global failed
    path = f"{DATA}/models/{name}.onnx"
    model = onnx.load(path)
    # Losses are computed from logits.
    if model.graph.node[-1].op_type == "Softmax":
        model.graph.output[0].name = model.graph.node[-1].input[0]
        del model.graph.node[-1]
    # A convolutional network takes smaller pictures too.
    for axis, size in enumerate(x.shape[1:], 1):
        model.graph.input[0].type.tensor_type.shape.dim[axis].dim_value = size
    del model.graph.value_info[:]
    x, labels, margin = choose(model, x, labels, count, batch)
    with tempfile.TemporaryDirectory() as folder:
        place = lambda file: os.path.join(folder, file)
        onnx.save(model, place("model.onnx"))
        np.save(place("x.npy"), x)
        np.save(place("labels.npy"), labels.astype(np.int64))
        command = [TOOL, place("model.onnx"), place("x.npy"), place("labels.npy"), folder, STEPS, rate, MOMENTUM, threads]
        done = subprocess.run([str(c) for c in command] + (["batch"] if batch else []), capture_output=True, text=True)
        names = done.stdout.split("\n")[:-1]
        if done.returncode or not os.path.exists(place("weight-0.npy")):
            failed += 1
            return print(f"FAILED {name}: {done.stdout}{done.stderr}")
        gradients = [np.load(place(f)) for f in ["input.npy"] + [f"gradient-{i}.npy" for i in range(len(names))]]
        weights = [np.load(place(f"weight-{i}.npy")) for i in range(len(names))]
    wanted, after = reference(model, x, labels, torch.float64, names, batch, rate)
    peer, peer_after = reference(model, x, labels, torch.float32, names, batch, rate)
    whole = np.sqrt(sum((g ** 2).sum() for g in wanted[1:]))

    def worst(got, want):
        # A gradient that is 0 but for rounding (of a bias before batch statistics) is measured by the whole.
        sizes = [np.linalg.norm(b.ravel()) for b in want]
        return max(np.linalg.norm((a - b).ravel()) / (n if n > 1e-6 * whole else whole) for a, b, n in zip(got, want, sizes))

    figures = [distance(gradients[0], wanted[0]), worst(gradients[1:], wanted[1:]),
               max(distance(a, b) for a, b in zip(weights, after))]
    peers = [distance(peer[0], wanted[0]), worst(peer[1:], wanted[1:]), max(distance(a, b) for a, b in zip(peer_after, after))]
    good = max(figures) <= LIMIT
    failed += not good
    what = f"{name}{', batch statistics' if batch else ''}, {len(x)} images, {len(names)} weights, {threads} threads"
    print(f"{'ok    ' if good else 'FAILED'} {what}, margin {margin:.0e}: input {figures[0]:.1e}, weights {figures[1]:.1e}, "
          f"after {STEPS} steps {figures[2]:.1e} (PyTorch float32: {', '.join(f'{p:.1e}' for p in peers)})")


def photos(count, size):
    images, labels = [], []
    rows = list(csv.DictReader(open(f"{DATA}/data/imagenet_sample/imagenet_sample_200.csv")))[:count]
    with tarfile.open(f"{DATA}/data/imagenet_sample/imagenet_sample_200.tar") as tar:
        for row in rows:
            image = Image.open(io.BytesIO(tar.extractfile("imagenet_sample/" + row["file"]).read())).convert("RGB")
            images.append(np.asarray(image.resize((size, size), Image.BILINEAR), np.float32).transpose(2, 0, 1))
            labels.append(int(row["index"]) + 1)
    return np.stack(images), np.array(labels)


def main():
    raw = np.frombuffer(lzma.open(f"{DATA}/data/cifar10/test_batch.bin.xz").read(), np.uint8).reshape(-1, 3073)[:256]
    x, labels = raw[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32), raw[:, 0]
    for options in ({"rate": 1e-5}, {"rate": 1e-5, "threads": 3}, {"rate": 1e-3, "batch": True}):
        check("resnet8_cifar10_nchw_bn", x, labels, count=4 if "batch" in options else 8, **options)
    x, labels = photos(64, 96)
    for options in ({"rate": 1e-4}, {"rate": 1e-3, "batch": True}):
        check("vww96_mobilenetv1_025_nchw_bn", x / np.float32(255), labels % 2, count=4, **options)
    x, labels = photos(48, 64)
    x = (x - 128) / np.float32(128)
    check("mobilenet_v1_0.25_128_imagenet_nchw_float", x, labels, count=4, rate=1e-4)
    check("mobilenet_v2_1.0_224_imagenet_nchw_float", x, labels, count=2, rate=1e-4)
    sys.exit(failed > 0)


main()
