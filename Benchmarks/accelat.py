#!/usr/bin/env python3
"""Schedules of brief adversarial fine-tuning against each other: accelat-brief, its parts, one-cycle, constant, AccelAT.

    Benchmarks/accelat.py run [--only TEXT] [--seeds 1,2,3] [--part rivals|parts] [--jobs N]
                                                    every run that has no result yet; may be stopped and started
    Benchmarks/accelat.py report                    tables (Markdown), plots (SVG; needs matplotlib)

KINGLET names the executable (build/kinglet), KINGLET_DATA the test data (../shared), ACCELAT the folder of results
(build/accelat). Rivals are told how many epochs accelat-brief took. They get their own best rate: a grid on the first seed,
judged by the test images, which favours them; it grows as long as the best rate is at its end.
"""
import argparse, concurrent.futures, csv, json, lzma, math, os, pathlib, re, shutil, subprocess, tarfile, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
KINGLET = os.environ.get("KINGLET", str(ROOT / "build/kinglet"))
SHARED = pathlib.Path(os.environ.get("KINGLET_DATA", ROOT.parent / "shared"))
OUT = pathlib.Path(os.environ.get("ACCELAT", ROOT / "build/accelat"))

# name: (model, data, ε, batch, flags). None is the built-in model. ResNet-8 collapses with frozen statistics.
RESNET = SHARED / "models/resnet8_cifar10_nchw_bn.onnx"
LIVE = ["--statistics", "batch"]
SETUPS = {
    "builtin-signdigits": (None, "signdigits", "8/255", 64, []),
    "resnet8-signdigits": (RESNET, "signdigits", "8/255", 64, LIVE),
    "builtin-cifar10": (None, "cifar10", "8/255", 128, []),
    "resnet8-cifar10": (RESNET, "cifar10", "8/255", 128, LIVE),
}
BRIEF = {
    "brief": "accelat-brief",
    "brief, no warm-up": "accelat-brief:warmup=0",
    "brief, no search": "accelat-brief:search=0",
    "brief, one observation": "accelat-brief:observations=1",
    "brief, no trigger": "accelat-brief:trigger=0",
    "brief, no cooling": "accelat-brief:trigger=0,cool=0",
    "brief, no recovery": "accelat-brief:recovery=0",
}
GRID = {"onecycle": [0.001, 0.003, 0.01, 0.03], "constant": [0.003, 0.01, 0.03, 0.1], "accelat": [0.003, 0.01, 0.03, 0.1]}


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
    elif not folder.exists():
        tarfile.open(SHARED / "data/signdigits/signdigits.tar").extractall(folder.parent, filter="data")


def key(setup, label, rate, seed):
    return re.sub(r"[^a-z0-9.]+", "-", f"{setup} {label} {rate or ''} {seed}")


def machine():
    """The processor: CPU seconds of two are not compared."""
    info = pathlib.Path("/proc/cpuinfo").read_text()
    return f"{re.search('model name.*: (.*)', info)[1]}, {os.cpu_count()}"


def call(command):
    """(exit code, output, CPU seconds) of a process."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    return os.waitstatus_to_exitcode(status), output, usage.ru_utime + usage.ru_stime


def finetune(setup, label, schedule, rate, seed, epochs=None):
    """One run; its result is a file, written last."""
    model, data, epsilon, batch, flags = SETUPS[setup]
    name = OUT / "runs" / key(setup, label, rate, seed)
    result, log = pathlib.Path(f"{name}.json"), pathlib.Path(f"{name}.csv")
    if result.exists():
        return json.loads(result.read_text())
    result.parent.mkdir(parents=True, exist_ok=True)
    folder = OUT / "data" / data
    shutil.rmtree(f"{name}.onnx.checkpoints", ignore_errors=True)
    schedule, _, settings = schedule.partition(":")
    command = [KINGLET, "finetune", str(model or "-"), str(folder), "-o", f"{name}.onnx", "--schedule", schedule]
    for setting in filter(None, settings.split(",")):
        command += ["--set", setting]
    command += ["--epsilon", epsilon, "--batch", str(batch), "--seed", str(seed), "--threads", "1", "--csv", str(log)]
    command += ["--attack", "nfgsm", "--force", "--max-temperature", "0"] + flags
    if rate:
        command += ["--rate", str(rate)]
    if epochs:
        command += ["--epochs", str(epochs)]
    start = time.time()
    code, output, cpu = call(command)
    if code:
        print(f"  FAILED ({code}): {' '.join(command)}\n{output[-2000:]}", flush=True)
        return None
    rows = [{k: float(v) for k, v in row.items() if v} for row in csv.DictReader(open(log))]
    test = evaluate(f"{name}.onnx", folder, epsilon, seed)
    found = {"setup": setup, "label": label, "rate": rate, "seed": seed, "cpu": cpu, "wall": time.time() - start,
             "rows": rows, "test": test, "machine": machine(), "command": command[1:]}
    result.write_text(json.dumps(found))
    pathlib.Path(f"{name}.onnx").unlink(missing_ok=True)
    print(f"  {name.name}: {cpu:.0f} CPU s, {rows[-1]['epoch']:.2f} epochs, test {test}", flush=True)
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
    """Rivals get their ramp of ε too: one-cycle over its first half, others over the first third."""
    return f"{name}:epsilon-ramp={epochs / (2 if name == 'onecycle' else 3):g}"


def told(setup, seeds):
    """Whole epochs that accelat-brief took, in the mean; None while a run is missing."""
    runs = [OUT / "runs" / f"{key(setup, 'brief', None, seed)}.json" for seed in seeds]
    if not all(run.exists() for run in runs):
        return None
    return math.ceil(sum(json.loads(run.read_text())["rows"][-1]["epoch"] for run in runs) / len(runs))


def rival(pool, setup, name, seeds, epochs):
    """A grid of rates on the first seed, wider while its best is at the end; then the other seeds at the best."""
    grid, rates = {}, GRID[name]
    while rates:
        runs = {rate: pool.submit(finetune, setup, name, spec(name, epochs), rate, seeds[0], epochs) for rate in rates}
        grid.update({rate: judged(run.result()) for rate, run in runs.items()})
        best = max(grid, key=grid.get)
        beyond = best / 3 if best == min(grid) else best * 3 if best == max(grid) else None
        rates = [float(f"{beyond:.1g}")] if beyond and 1e-4 < beyond < 1 else []
    for run in [pool.submit(finetune, setup, name, spec(name, epochs), best, seed, epochs) for seed in seeds[1:]]:
        run.result()


def parts(pool, setup, seeds, epochs):
    """accelat-brief without each of its parts; what would not end by itself is told how long the whole took."""
    runs = []
    for label, schedule in list(BRIEF.items())[1:]:
        length = epochs if "trigger=0" in schedule else None
        runs += [pool.submit(finetune, setup, label, schedule, None, seed, length) for seed in seeds]
    for run in runs:
        run.result()


def compare(pool, setup, seeds, part):
    """All runs of a setup: accelat-brief first, which tells the others how long to take."""
    for run in [pool.submit(finetune, setup, "brief", BRIEF["brief"], None, seed) for seed in seeds]:
        run.result()
    epochs = told(setup, seeds)
    if epochs is None:
        return print(f"  {setup}: accelat-brief failed")
    threads = concurrent.futures.ThreadPoolExecutor(len(GRID) + 1)
    # AccelAT cannot lower its rate before epoch 7: in less it is the constant one.
    names = [name for name in GRID if part != "parts" and (name != "accelat" or epochs > 7)]
    waits = [threads.submit(rival, pool, setup, name, seeds, epochs) for name in names]
    waits += [threads.submit(parts, pool, setup, seeds, epochs)] if part != "rivals" else []
    for wait in waits:
        wait.result()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["run", "report"])
    parser.add_argument("--only", default="")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--part", choices=["rivals", "parts", "all"], default="all")
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    if given.what == "run":
        seeds, pool = [int(seed) for seed in given.seeds.split(",")], concurrent.futures.ThreadPoolExecutor(given.jobs)
        setups = [setup for setup in SETUPS if given.only in setup]
        for data in {SETUPS[setup][1] for setup in setups}:
            prepare(data)
        with concurrent.futures.ThreadPoolExecutor(len(setups)) as threads:
            for wait in [threads.submit(compare, pool, setup, seeds, given.part) for setup in setups]:
                wait.result()
    else:
        import accelat_report
        accelat_report.report(OUT)
