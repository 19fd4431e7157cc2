#!/usr/bin/env python3
"""Schedules of brief adversarial fine-tuning against each other: accelat-brief, its parts, one-cycle, constant.

    Benchmarks/accelat.py run [--only TEXT] [--seeds 1,2,3] [--part rivals|parts]     every run that has no result yet; may be stopped and started
    Benchmarks/accelat.py report                                tables (Markdown) and plots (SVG) of the results there are

KINGLET names the executable (build/kinglet), KINGLET_DATA the test data (../shared), ACCELAT the folder of results
(build/accelat). Rivals get their own best rate: a grid of four on the first seed, judged by the test images, which favours them.
"""
import argparse, csv, json, lzma, os, pathlib, re, shutil, subprocess, sys, tarfile, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
KINGLET = os.environ.get("KINGLET", str(ROOT / "build/kinglet"))
SHARED = pathlib.Path(os.environ.get("KINGLET_DATA", ROOT.parent / "shared"))
OUT = pathlib.Path(os.environ.get("ACCELAT", ROOT / "build/accelat"))

# name: (model, data, epochs of the rivals, ε, batch). None is the built-in model.
RESNET = SHARED / "models/resnet8_cifar10_nchw_bn.onnx"
SETUPS = {
    "builtin-signdigits": (None, "signdigits", 28, "8/255", 64),  # what accelat-brief takes there
    "resnet8-signdigits": (RESNET, "signdigits", 12, "8/255", 64),
    "builtin-cifar10": (None, "cifar10", 3, "8/255", 128),
    "resnet8-cifar10": (RESNET, "cifar10", 3, "8/255", 128),
    "resnet8-cifar100": (RESNET, "cifar100", 3, "8/255", 128),
}
BRIEF = {
    "brief": "accelat-brief",
    "brief, no warm-up": "accelat-brief:warmup=0",
    "brief, no search": "accelat-brief:search=0",
    "brief, one observation": "accelat-brief:observations=1",
    "brief, no trigger": "accelat-brief:trigger=0",
    "brief, no cooling": "accelat-brief:trigger=0,cool=0",
}
GRID = {"onecycle": [0.001, 0.003, 0.01, 0.03], "constant": [0.003, 0.01, 0.03, 0.1]}


def cifar(folder, parts):
    """CIFAR binary files: {name: (xz file, records, bytes of a record)}."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (source, records, size) in parts.items():
        if not (folder / name).exists():
            (folder / name).write_bytes(lzma.open(source).read(records * size))


def prepare(data):
    folder = OUT / "data" / data
    if data == "cifar10":
        source = SHARED / "data/cifar10"
        cifar(folder, {"data_batch_1.bin": (source / "data_batch_1.bin.xz", 8000, 3073),
                       "test_batch.bin": (source / "test_batch.bin.xz", 1000, 3073)})
        shutil.copy(source / "batches.meta.txt", folder)
    elif data == "cifar100":
        source = SHARED / "data/cifar100"
        cifar(folder, {"train.bin": (source / "train_small.bin.xz", 8000, 3074),
                       "test.bin": (source / "test_small.bin.xz", 1000, 3074)})
        for name in source.glob("*names*"):
            shutil.copy(name, folder)
    elif not folder.exists():
        tarfile.open(SHARED / "data/signdigits/signdigits.tar").extractall(folder.parent, filter="data")
    return folder


def finetune(setup, label, schedule, rate, seed):
    """One run; its result is a file, written last."""
    model, data, epochs, epsilon, batch = SETUPS[setup]
    key = re.sub(r"[^a-z0-9.]+", "-", f"{setup} {label} {rate or ''} {seed}")
    result = OUT / "runs" / f"{key}.json"
    if result.exists():
        return json.loads(result.read_text())
    result.parent.mkdir(parents=True, exist_ok=True)
    folder, name = prepare(data), OUT / "runs" / key
    log = name.with_suffix(".csv")
    shutil.rmtree(f"{name}.onnx.checkpoints", ignore_errors=True)
    schedule, _, settings = schedule.partition(":")
    command = [KINGLET, "finetune", str(model or "-"), str(folder), "-o", f"{name}.onnx", "--schedule", schedule]
    for setting in filter(None, settings.split(",")):
        command += ["--set", setting]
    command += ["--epsilon", epsilon, "--batch", str(batch), "--seed", str(seed), "--threads", "1", "--csv", str(log)]
    command += ["--attack", "nfgsm", "--force", "--max-temperature", "0"]
    if rate:
        command += ["--rate", str(rate)]
    if schedule != "accelat-brief" or "trigger=0" in settings:
        command += ["--epochs", str(epochs)]
    start = time.time()
    before = os.times()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    after = os.times()
    if done.returncode:
        print(f"  FAILED ({done.returncode}): {' '.join(command)}\n{done.stdout[-2000:]}")
        return None
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    rows = [{k: float(v) for k, v in row.items() if v} for row in csv.DictReader(open(log))]
    test = evaluate(f"{name}.onnx", folder, epsilon, seed)
    found = {"setup": setup, "label": label, "rate": rate, "seed": seed, "cpu": cpu, "wall": time.time() - start,
             "rows": rows, "test": test, "command": command[1:]}
    result.write_text(json.dumps(found))
    pathlib.Path(f"{name}.onnx").unlink(missing_ok=True)
    print(f"  {key}: {cpu:.0f} CPU s, {rows[-1]['epoch']:.2f} epochs, test {test}", flush=True)
    return found


def evaluate(model, folder, epsilon, seed):
    """{attack: accuracy} on the test images."""
    command = [KINGLET, "evaluate", model, str(folder), "--attack", "clean,pgd:20", "--epsilon", epsilon]
    done = subprocess.run(command + ["--seed", str(seed), "--json", "--threads", "1"], capture_output=True, text=True)
    if done.returncode:
        print(f"  FAILED evaluate: {done.stderr[-500:]}")
        return {}
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    flat = [entry for line in lines for entry in (line.get("results") or line.get("attacks") or [line])]
    return {entry.get("attack", "?"): entry.get("accuracy") for entry in flat}


def judged(run):
    """What a rate is chosen by: PGD-20 accuracy on the test images."""
    return next((value for name, value in run["test"].items() if name.startswith("pgd")), -1) if run else -1


def spec(name, epochs):
    """Rivals get their ramp of ε too: one-cycle over its first half, constant over the first epoch."""
    ramp = {"onecycle": epochs / 2, "constant": min(epochs / 3, epochs)}[name]
    return f"{name}:epsilon-ramp={ramp:g}"


def rivals(setup, seeds):
    epochs = SETUPS[setup][2]
    for seed in seeds:
        finetune(setup, "brief", BRIEF["brief"], None, seed)
    for name, rates in GRID.items():
        grid = {rate: judged(finetune(setup, name, spec(name, epochs), rate, seeds[0])) for rate in rates}
        best = max(grid, key=grid.get)
        for seed in seeds[1:]:
            finetune(setup, name, spec(name, epochs), best, seed)


def parts(setup, seeds):
    for seed in seeds:
        for label, schedule in BRIEF.items():
            if label != "brief":
                finetune(setup, label, schedule, None, seed)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["run", "report"])
    parser.add_argument("--only", default="")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--part", choices=["rivals", "parts", "all"], default="all")
    given = parser.parse_args()
    if given.what == "run":
        for setup in SETUPS:
            if given.only in setup:
                print(setup, flush=True)
                for part in [rivals, parts] if given.part == "all" else [globals()[given.part]]:
                    part(setup, [int(seed) for seed in given.seeds.split(",")])
    else:
        import accelat_report
        accelat_report.report(OUT)
