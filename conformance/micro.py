"""Compares kinglet-micro with kinglet: the same answers, the same errors, the same exit codes.

    python conformance/micro.py build/rpi2/kinglet-micro [--run "qemu-arm -cpu cortex-a7"] [--full] [--same-bits]

int8 models must answer with the same bits, float models within 1e-4 of a logit. Broken pictures and models must be refused
alike, and never crash. --full fine-tunes too; --same-bits, for executables of one instruction set, asks for the
same file of a fine-tuned model as kinglet's, and the same bits of float answers. Photographs and broken JPEGs come from
KINGLET_DATA (default ../shared), as far as it is there.
"""
import argparse, json, math, os, random, shlex, subprocess, sys, tarfile, tempfile, time

KINGLET = os.path.abspath(os.environ.get("KINGLET", "build/kinglet"))
DATA = os.path.abspath(os.environ.get("KINGLET_DATA", "../shared"))
HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
failures = 0


def report(name, problems, count):
    global failures
    failures += len(problems)
    print(f"{name}: " + (f"{count} alike" if not problems else f"{len(problems)} of {count} FAILED"), flush=True)
    for problem in problems[:10]:
        print("   ", problem)


def call(program, *arguments):
    done = subprocess.run([*program, *map(str, arguments)], capture_output=True, timeout=1200)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def crashed(code):
    return code < 0 or code >= 128


def same(a, b, tolerance):
    """Whether two lines of classify --json say the same; times apart."""
    a, b = json.loads(a), json.loads(b)
    a.pop("ms", None), b.pop("ms", None)
    # What is made of damaged data is libjpeg's affair, and differs between its ways to decode.
    if "warning" in a and "warning" in b:
        return a["width"] == b["width"] and a["height"] == b["height"]
    p, q = ({x["index"]: x.pop("probability") for x in line.get("predictions", [])} for line in (a, b))
    if tolerance == 0 or not p:
        return a == b and p == q
    # Softmax of logits: their differences are those of the logarithms, but for one number that they share.
    shift = [math.log(p[i]) - math.log(q[i]) for i in p if i in q and min(p[i], q[i]) > 1e-30]
    return len(p) == len(q) and a.get("width") == b.get("width") and max(shift) - min(shift) <= tolerance


def classify(micro, name, flags, files, tolerance):
    (code, out, _), (code2, out2, err2) = (call(p, "classify", *flags, "--json", *files) for p in ([KINGLET], micro))
    lines, lines2 = out.splitlines(), out2.splitlines()
    problems = [] if code == code2 and len(lines) == len(lines2) else [f"exit codes {code} and {code2}: {err2}"]
    problems += [f"{a[:300]}\n     {b[:300]}" for a, b in zip(lines, lines2) if not same(a, b, tolerance)]
    report(f"classify {name}", problems, len(lines))


def answers(micro, folder, same_bits):
    samples = [os.path.join(HERE, "Samples", f) for f in sorted(os.listdir(os.path.join(HERE, "Samples"))) if f.endswith(".jpg")]
    photos = os.path.join(DATA, "data/imagenet_sample/imagenet_sample_200.tar")
    if os.path.exists(photos):
        with tarfile.open(photos) as tar:
            names = sorted(n for n in tar.getnames() if n.endswith(".JPEG"))[:4]
            tar.extractall(folder, members=[tar.getmember(n) for n in names], filter="data")
            samples += [os.path.join(folder, n) for n in names]
    loose = 0 if same_bits else 1e-4
    models, shared = os.path.join(HERE, "Models"), os.path.join(DATA, "models")
    cases = [("built-in", [], loose), ("cifar10-int8", ["-m", models + "/cifar10-int8.onnx"], 0),
             ("cifar10-hardened-4", ["-m", models + "/cifar10-hardened-4.onnx"], loose)]
    if os.path.exists(shared):
        half, plain = ["--mean", "128", "--std", "128"], ["--mean", "0", "--std", "1"]
        cases += [("ResNet-8", ["-m", shared + "/resnet8_cifar10_nchw_bn.onnx", *plain], loose),
                  ("ResNet-8 int8", ["-m", shared + "/resnet8_cifar10_nchw_int8_qdq.onnx", *plain], 0),
                  ("VWW", ["-m", shared + "/vww96_mobilenetv1_025_nchw_bn.onnx", "--mean", "0", "--std", "255"], loose),
                  ("VWW int8", ["-m", shared + "/vww96_mobilenetv1_025_nchw_int8_qdq.onnx", "--mean", "0", "--std", "255"], 0),
                  ("MobileNetV1", ["-m", shared + "/mobilenet_v1_0.25_128_imagenet_nchw_float.onnx", *half], loose),
                  ("MobileNetV2 int8", ["-m", shared + "/mobilenet_v2_1.0_224_imagenet_nchw_int8_qdq.onnx", *half], 0)]
    for name, flags, tolerance in cases:
        classify(micro, name, ["-k", "2000", *flags], samples, tolerance)
    return samples


def said(result, timed):
    """What is compared of a call: not times on standard error, nor help on inputs, which tells of cameras."""
    code, out, err = result
    return code, out, "" if timed else "".join(t for t in err.splitlines(True) if not t.startswith("Help:"))


def errors(micro, folder):
    lines = ["classify", "classify nothere.jpg", "classify -k 0 Samples/cat.jpg", "classify -k x Samples/cat.jpg", "classify -k",
             "classify -m README.md Samples/cat.jpg", "classify -m nothere.onnx Samples/cat.jpg", "classify --size 0 Samples/cat.jpg",
             "classify --mean a Samples/cat.jpg", "classify --memory x Samples/cat.jpg", "bench --runs 0",
             "bench --seconds 0", "bench --op Foo", "bench --backend x", "bench --json=3", "bench a b",
             "bench --kernels --op Conv", "bench --threads 0", "bench --threads 9999", "inspect nothere.onnx", "inspect README.md",
             "inspect --batch 0", "inspect --batch 999999999", "evaluate a", "evaluate - nothere", "evaluate - Samples", "finetune a b",
             "finetune - nothere -o x.onnx", "finetune - Samples -o x.onnx --attack foo", "finetune - Samples -o x.onnx --epochs 0",
             "finetune - Samples -o x.onnx --time 1x", "finetune - Samples -o x.onnx --set a", "foo", "--version",
             "classify Samples -v -m Models/cifar10-int8.onnx --memory 1G --threads 2 -k 3"]
    problems = []
    for line in lines:
        a, b = (said(call(p, *shlex.split(line)), line.endswith("-k 3")) for p in ([KINGLET], micro))
        if a != b:
            problems.append(f"{line}\n     {a}\n     {b}")
    report("command lines", problems, len(lines))


def corpus(micro, folder):
    path = os.path.join(DATA, "data/jpeg_corpus/jpeg_corpus.tar")
    if not os.path.exists(path):
        return print("broken JPEGs: SKIPPED, KINGLET_DATA has none")
    with tarfile.open(path) as tar:
        tar.extractall(folder, filter="data")
    files = sorted(os.path.join(folder, "jpeg_corpus", f) for f in os.listdir(os.path.join(folder, "jpeg_corpus")) if f.endswith(".jpg"))
    # How far a scan bomb comes before its time is up depends on the machine.
    classify(micro, "broken JPEGs", ["-m", os.path.join(HERE, "Models/cifar10-int8.onnx")], [f for f in files if "bomb" not in f], 0)


def broken_models(micro, folder, count):
    """Models cut off and with bytes changed: accepted or refused with the same exit code; memory limits may come earlier."""
    sound = open(os.path.join(HERE, "Models/cifar10-int8.onnx"), "rb").read()
    noise, problems = random.Random(1), []
    file = os.path.join(folder, "broken.onnx")
    # Most of the file is weights; structure lies around the names of its nodes.
    places = [i for i in range(len(sound)) if sound[i:i + 4] in (b"Conv", b"Quan", b"Dequ", b"axis", b"dila", b"kern", b"pads", b"stri")]
    for i in range(count):
        data = bytearray(sound[:noise.randrange(len(sound))] if i % 8 == 0 else sound)
        for _ in range(0 if i % 8 == 0 else noise.choice([1, 1, 2, 8])):
            at = min(len(data) - 1, max(0, noise.choice(places) + noise.randrange(-64, 65)))
            data[at] = noise.choice([0, 1, 0x7F, 0x80, 0xFF, noise.randrange(256)])
        open(file, "wb").write(data)
        a, b = (call(p, "inspect", "--threads", 1, file) for p in ([KINGLET], micro))
        if crashed(b[0]) or (a[0] != b[0] and b[0] != 71):
            problems.append(f"round {i}: exit codes {a[0]} and {b[0]}: {b[2][-200:]}")
    report("broken models", problems, count)


def pictures(folder, count):
    """Noisy pictures of ten classes as CIFAR-10 records."""
    noise = random.Random(0)
    base = [[noise.randrange(256) for _ in range(48)] for _ in range(10)]
    os.makedirs(folder)
    with open(os.path.join(folder, "data_batch_1.bin"), "wb") as out:
        for i in range(count):
            record = [base[i % 10][16 * c + 4 * (y // 8) + x // 8] + noise.randrange(-40, 41) for c in range(3) for y in range(32) for x in range(32)]
            out.write(bytes([i % 10]) + bytes(min(255, max(0, v)) for v in record))


def finetune(micro, folder, same_bits):
    data = os.path.join(folder, "pictures")
    jpegs = os.path.join(DATA, "data/cifar10/test_jpeg.tar")
    model, flags = "-", ["--epochs", 1, "--force", "--rate", "0.01", "--schedule", "cosine", "--seed", 3]
    if same_bits and os.path.exists(jpegs):
        with tarfile.open(jpegs) as tar:
            tar.extractall(data, filter="data")
        data = os.path.join(data, "cifar10_jpeg")
        model, flags = os.path.join(DATA, "models/resnet8_cifar10_nchw_bn.onnx"), [*flags, "--mean", 0, "--std", 1]
    else:
        pictures(data, 320 if same_bits else 120)
        flags += ["--train", "head", "--validate", "fgsm", "--gate", "fgsm", "--batch", 32]
    runs = [("kinglet", [KINGLET], 1)] if same_bits else []
    runs += [("one thread", micro, 1), ("three threads", micro, 3)]
    files = []
    for name, program, threads in runs:
        out = os.path.join(folder, name + ".onnx")
        start = time.time()
        code, _, err = call(program, "finetune", model, data, "-o", out, "--threads", threads, *flags)
        if code != 0:
            return report("fine-tuning", [f"{name}: exit code {code}: {err[-300:]}"], len(runs))
        files.append(open(out, "rb").read())
        print(f"    {name}: {time.time() - start:.0f} s, {len(files[-1])} bytes", flush=True)
    report("fine-tuning, bits of the models", [n for (n, _, _), f in zip(runs, files) if f != files[0]], len(runs))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("micro")
    parser.add_argument("--run", default="", help="what runs it, such as qemu-arm -cpu cortex-a7")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--same-bits", action="store_true")
    parser.add_argument("--models", type=int, default=60, help="how many broken models")
    a = parser.parse_args()
    os.chdir(HERE)
    micro = [*shlex.split(a.run), os.path.abspath(a.micro)]
    with tempfile.TemporaryDirectory() as folder:
        answers(micro, folder, a.same_bits)
        errors(micro, folder)
        corpus(micro, folder)
        broken_models(micro, folder, a.models)
        if a.full:
            finetune(micro, folder, a.same_bits)
    sys.exit(1 if failures else 0)


main()
