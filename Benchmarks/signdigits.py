"""A brief hardening run on the sign digits beside the same recipe in PyTorch: processor seconds and accuracy.

    python Benchmarks/signdigits.py [--epochs 12] [--epsilon 8] [--seeds 1,2]

Both start from the built-in model with a head of zeros for ten new classes, normalisations frozen, and train on the 1,000
training photographs with N-FGSM: batch 64, SGD with momentum 0.9 and weight decay 5e-4 (not on biases and normalisations),
rate 0.03 after one epoch of warm-up, down half a cosine, ε ramped over three epochs, random crop and mirror. One thread.
PyTorch's seconds are those of its training steps alone; Kinglet's are of the whole process, with decoding, judgements,
checkpoints and the gate. Accuracy: the 401 test photographs, clean and under PGD-20, each judged by `kinglet evaluate`.
Needs torch, onnx, numpy, pillow, and KINGLET_DATA.
"""
import argparse, math, os, pathlib, resource, subprocess, sys, tarfile, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
KINGLET = os.environ.get("KINGLET", str(ROOT / "build/kinglet"))
SHARED = pathlib.Path(os.environ.get("KINGLET_DATA", ROOT.parent / "shared"))


def torch_run(folder, target, epochs, epsilon, seed):
    import numpy as np, onnx, torch, torch.nn.functional as F
    from onnx import numpy_helper
    from PIL import Image
    from cifar10_net import Net
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    model = onnx.load(ROOT / "Models/cifar10.onnx")
    weights = {w.name: torch.from_numpy(numpy_helper.to_array(w).copy()) for w in model.graph.initializer}
    net = Net()
    pairs = []  # parameter, its name in the file
    def layer(module, name):
        pairs.append((module.conv.weight, name + ".conv.weight"))
        for part, tensor in (("scale", module.norm.weight), ("bias", module.norm.bias)):
            pairs.append((tensor, f"{name}.norm.{part}"))
        module.norm.running_mean.copy_(weights[name + ".norm.mean"])
        module.norm.running_var.copy_(weights[name + ".norm.var"])
    layer(net.stem, "stem")
    for i, block in enumerate(net.blocks):
        for part in ("first", "second", "shortcut"):
            layer(getattr(block, part), f"block{i + 1}.{part}")
    with torch.no_grad():
        for tensor, name in pairs:
            tensor.copy_(weights[name])
        net.head.weight.zero_()
        net.head.bias.zero_()
    net = net.eval().to(memory_format=torch.channels_last)
    images, labels = [], []
    for c in range(10):
        for path in sorted((folder / "train" / str(c)).iterdir()):
            images.append(np.asarray(Image.open(path).convert("RGB").resize((32, 32), Image.BILINEAR)))
            labels.append(c)
    x = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float()
    y = torch.tensor(labels)
    decays = [p for p in net.parameters() if p.dim() > 1]
    others = [p for p in net.parameters() if p.dim() <= 1]
    optimizer = torch.optim.SGD([{"params": decays, "weight_decay": 5e-4}, {"params": others, "weight_decay": 0}], lr=0.03, momentum=0.9)
    steps = math.ceil(len(x) / 64)
    start = time.process_time()
    for step in range(epochs * steps):
        if step % steps == 0:
            order = torch.randperm(len(x))
        progress = step / steps
        for group in optimizer.param_groups:
            group["lr"] = 0.03 * (progress if progress < 1 else (1 + math.cos(math.pi * (progress - 1) / (epochs - 1))) / 2)
        rows = order[step % steps * 64:step % steps * 64 + 64]
        padded = F.pad(x[rows], (4, 4, 4, 4))
        batch = torch.stack([padded[i, :, dy:dy + 32, dx:dx + 32] for i, (dy, dx) in enumerate(torch.randint(0, 9, (len(rows), 2)).tolist())])
        mirrored = torch.rand(len(rows)) < 0.5
        batch[mirrored] = batch[mirrored].flip(3)
        batch = batch.contiguous(memory_format=torch.channels_last)
        reach = epsilon * min(progress / 3, 1)
        noisy = (batch + torch.empty_like(batch).uniform_(-2 * reach, 2 * reach)).clamp(0, 255).requires_grad_(True)
        slope, = torch.autograd.grad(F.cross_entropy(net((noisy - 128) / 64), y[rows]), noisy)
        attacked = (noisy.detach() + reach * slope.sign()).clamp(0, 255)
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(net((attacked - 128) / 64), y[rows]).backward()
        optimizer.step()
    print(f"cpu {time.process_time() - start:.1f}")
    with torch.no_grad():
        trained = dict((name, tensor.detach().contiguous().numpy()) for tensor, name in pairs)
    head = {i.name: i for i in model.graph.initializer}
    for name in head:
        if name in trained:
            head[name].CopyFrom(numpy_helper.from_array(trained[name], name))
        elif "head" in name or "logits" in name:
            source = net.head.weight if numpy_helper.to_array(head[name]).ndim == 2 else net.head.bias
            head[name].CopyFrom(numpy_helper.from_array(source.detach().numpy(), name))
    for entry in model.metadata_props:
        if entry.key == "kinglet.labels":
            entry.value = "\n".join(str(c) for c in range(10))
    onnx.save(model, target)


def judge(model, folder, epsilon):
    out = subprocess.run([KINGLET, "evaluate", model, str(folder), "--attack", "clean,pgd:20", "--epsilon", f"{epsilon}/255"],
                         capture_output=True, text=True, check=True).stdout
    return " ".join(" ".join(line.split()[:-2]) for line in out.splitlines()[2:])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--epsilon", type=int, default=8)
    parser.add_argument("--seeds", default="1,2")
    a = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp())
    tarfile.open(SHARED / "data/signdigits/signdigits.tar").extractall(work, filter="data")
    folder = work / "signdigits"
    for seed in a.seeds.split(","):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([KINGLET, "finetune", "-", str(folder), "-o", str(work / "k.onnx"), "--epsilon", f"{a.epsilon}/255", "--schedule", "cosine",
                        "--rate", "0.03", "--set", "warmup=1", "--ramp", "3", "--epochs", str(a.epochs), "--threads", "1", "--seed", seed, "--force",
                        "--max-temperature", "0"], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"seed {seed} kinglet: {after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime:.1f} CPU s; {judge(str(work / 'k.onnx'), folder, a.epsilon)}", flush=True)
        done = subprocess.run([sys.executable, os.path.abspath(__file__), "torch", str(folder), str(work / "t.onnx"), str(a.epochs), str(a.epsilon), seed],
                              check=True, capture_output=True, text=True, env=dict(os.environ, OMP_NUM_THREADS="1"))
        print(f"seed {seed} pytorch: {done.stdout.split()[-1]} CPU s; {judge(str(work / 't.onnx'), folder, a.epsilon)}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["torch"]:
        torch_run(pathlib.Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), float(sys.argv[5]), int(sys.argv[6]))
    else:
        main()
