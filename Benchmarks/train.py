"""Kinglet's training steps beside PyTorch's: images per CPU second, one thread, float32.

    python Benchmarks/train.py [--nets resnet8,resnet20,mbv2_035,vww] [--modes sgd,fgsm-rs,pgd:7] [--batches 64,8]
                               [--rounds 3] [--seconds 3] [--json out.json]

SGD: forward, loss, backward, step with momentum 0.9 and weight decay 5e-4. FGSM-RS: one more forward and backward for
the gradient of the input. PGD-7: seven more. Both sides run with BatchNormalization's statistics frozen, which is how a
model is fine-tuned; `--statistics batch` lets PyTorch use those of the batch, as in training from scratch.
PyTorch runs in both of its layouts and the better one counts. The two take turns, a fresh process each; a figure is the
median over rounds. The networks are those of KINGLET_DATA/bench/nets.py, exported with torch.onnx.
"""
import argparse, io, json, os, statistics, subprocess, sys, tempfile, time

KINGLET = os.environ.get("KINGLET", "build/kinglet")
DATA = os.environ.get("KINGLET_DATA", "../shared")
SIDES = {"resnet8": (32, 10), "resnet20": (32, 10), "mbv2_035": (32, 10), "vww": (96, 2)}


def network(name):
    sys.path.insert(0, os.path.join(DATA, "bench"))
    import nets, torch
    torch.manual_seed(0)
    return {"resnet8": nets.ResNet8, "resnet20": nets.ResNet20, "mbv2_035": nets.MBV2Cifar, "vww": nets.VWW}[name]()


def export(name, path):
    """Writes the network with its BatchNormalization nodes; inputs are pixels / 255."""
    import onnx, torch
    net = network(name).eval()
    side, _ = SIDES[name]
    file = io.BytesIO()
    torch.onnx.export(net, torch.zeros(1, 3, side, side), file, opset_version=17, dynamo=False, input_names=["input"],
                      output_names=["logits"], dynamic_axes={"input": {0: "n"}, "logits": {0: "n"}},
                      training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
    model = onnx.load_from_string(file.getvalue())
    for key, value in (("kinglet.mean", "0"), ("kinglet.std", "255")):
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.save(model, path)


def torch_worker(name, mode, batch, seconds, last, statistics_of):
    import torch, torch.nn.functional as F
    torch.set_num_threads(1)
    side, classes = SIDES[name]
    net = network(name)
    net.train(statistics_of == "batch")
    x, y = torch.rand(batch, 3, side, side), torch.randint(0, classes, (batch,))
    if last:
        net, x = net.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9, weight_decay=5e-4)
    epsilon = 8 / 255

    def attack(steps, alpha):
        d = torch.empty_like(x).uniform_(-epsilon, epsilon)
        for _ in range(steps):
            d.requires_grad_(True)
            g, = torch.autograd.grad(F.cross_entropy(net((x + d).clamp(0, 1)), y), d)
            d = (d.detach() + alpha * g.sign()).clamp_(-epsilon, epsilon)
        return (x + d).clamp_(0, 1)

    def step():
        z = x if mode == "sgd" else attack(1, 1.25 * epsilon) if mode == "fgsm-rs" else attack(int(mode.split(":")[1]), 2 / 255)
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(net(z), y).backward()
        optimizer.step()

    for _ in range(3):
        step()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 4:
        start = time.process_time()
        step()
        times.append(time.process_time() - start)
    print(batch / statistics.median(times))
    sys.stdout.flush()
    os._exit(0)


def run(command):
    result = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ, OMP_NUM_THREADS="1"))
    if result.returncode:
        sys.exit(f"{' '.join(command)}: {result.stderr[-500:]}")
    return result.stdout.strip().splitlines()[-1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--nets", default=",".join(SIDES))
    parser.add_argument("--modes", default="sgd,fgsm-rs,pgd:7")
    parser.add_argument("--batches", default="64,8")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--statistics", choices=["frozen", "batch"], default="frozen")
    parser.add_argument("--json")
    a = parser.parse_args()
    folder = tempfile.mkdtemp()
    rows, ratios = [], []
    print("| network | batch | step | Kinglet | PyTorch | PyTorch, channels last | ratio to the better |\n|---|---|---|---|---|---|---|")
    for name in a.nets.split(","):
        path = os.path.join(folder, name + ".onnx")
        subprocess.run([sys.executable, os.path.abspath(__file__), "export", name, path], check=True, capture_output=True)
        for batch in a.batches.split(","):
            for mode in a.modes.split(","):
                found = {"kinglet": [], "first": [], "last": []}
                for _ in range(a.rounds):
                    line = run([KINGLET, "bench", path, "--train", mode, "--batch", batch, "--threads", "1", "--seconds", str(a.seconds), "--json"])
                    found["kinglet"].append(json.loads(line)["imagesPerCpuSecond"])
                    for layout in ("first", "last"):
                        found[layout].append(float(run([sys.executable, os.path.abspath(__file__), "torch", name, mode, batch, str(a.seconds), layout, a.statistics])))
                k, p, q = (statistics.median(found[n]) for n in ("kinglet", "first", "last"))
                ratios.append(k / max(p, q))
                rows.append(dict(net=name, batch=int(batch), mode=mode, kinglet=k, torch=p, torchChannelsLast=q, ratio=ratios[-1]))
                print(f"| {name} | {batch} | {mode} | {k:.0f} | {p:.0f} | {q:.0f} | {ratios[-1]:.2f} |", flush=True)
    print(f"geometric mean of the ratios: {statistics.geometric_mean(ratios):.2f}; least: {min(ratios):.2f}")
    if a.json:
        json.dump(rows, open(a.json, "w"), indent=1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["torch"]:
        torch_worker(sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5]), sys.argv[6] == "last", sys.argv[7])
    elif sys.argv[1:2] == ["export"]:
        export(sys.argv[2], sys.argv[3])
    else:
        main()
