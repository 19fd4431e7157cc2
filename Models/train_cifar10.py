"""Trains Kinglet's built-in CIFAR-10 classifier and writes it as one ONNX file.

    python Models/train_cifar10.py --data ../shared --work build/cifar10 -o Models/cifar10.onnx

Needs torch, onnx, onnxruntime, pillow and numpy (see cifar10.md for the versions that made the shipped file).
DATA/data/cifar10 holds data_batch_1..5.bin.xz, test_batch.bin.xz, test_jpeg.tar and test_jpeg.csv.

- Net: a ResNet of one stem and three blocks that halves the picture early; 306,946 parameters, 12.3 million MACs.
- Data: all 50,000 training images, each as its original pixels or, half of the time, as one of three JPEG
  re-encodings made once (quality 50 to 95, two thirds of them 4:2:0), then a random crop after padding by 4
  pixels and a random mirror.
- Optimizer: SGD with Nesterov momentum under one cycle of the learning rate, label smoothing; the exported weights are
  an exponential moving average of the trained ones.
- No choice is made by looking at test images: the last epoch is the model.

A checkpoint is written after every epoch; started again, the script goes on from it. `--export` writes the
model of the newest checkpoint and measures it, without training. The same seed gives the same batches; the sums
inside a convolution may still differ between processors and thread counts.
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn.functional as F
from onnx import helper

from cifar10_data import LABELS, MEAN, STD, batches, records, scaled, test_jpegs, train_set
from cifar10_net import Net, graph


EPOCHS = 36


def rate(epoch):
    """Learning rate at a fractional epoch: up, slowly down, then fast to 0 at the end of the run."""
    return float(np.interp(epoch, [0, 9, 19, EPOCHS], [0, 0.2, 0.1608, 0]))


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
    for epoch in range(start, EPOCHS):
        begin, cpu, right, loss_sum = time.time(), time.process_time(), 0, 0.0
        for step, (images, wanted) in enumerate(batches(x, labels, o.batch, [o.seed, 1000 + epoch])):
            for group in sgd.param_groups:
                group["lr"] = rate(epoch + step / steps)
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
            f"epoch {epoch + 1}/{EPOCHS} loss {loss_sum / steps:.4f} train {right / steps / o.batch:.2%} "
            f"{time.time() - begin:.0f} s, CPU so far {seconds:.0f} s",
            flush=True,
        )


def accuracy(model, x, labels):
    """Top-1 of the ONNX file under ONNX Runtime, with its 95 % Wilson interval, as text."""
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
        f"50,000 training images, half of them seen as JPEG re-encodings. Recipe: {state['epoch']} of {EPOCHS} epochs, "
        f"batch {o.batch}, SGD Nesterov 0.9, one-cycle rate up to 0.2, weight decay {o.decay}, label smoothing "
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
    p.add_argument("--batch", type=int, default=128)
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
