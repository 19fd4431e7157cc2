"""Accuracy on real images, as DATA.md of the shared data reports it for ONNX Runtime, within 0.2 points.

The 200 photos are decoded no larger than needed (figures may differ by 2 points, 4 photos), and in full as by Pillow (one photo).
"""
import csv, json, lzma, os, sys, tarfile, tempfile
import numpy as np, onnxruntime as ort
from PIL import Image
from kinglet import DATA, call, run

failed = 0


def check(what, got, wanted, slack):
    global failed
    good = abs(got - wanted) <= slack + 1e-9
    failed += not good
    print(f"{'ok    ' if good else 'FAILED'} {what}: {got:.2f} %, ONNX Runtime {wanted:.2f} %")


def cifar_test():
    raw = np.frombuffer(lzma.open(f"{DATA}/data/cifar10/test_batch.bin.xz").read(), np.uint8).reshape(-1, 3073)
    return raw[:, 0], raw[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32)


def logits(model, x, name="input", output="logits", chunk=500):
    return np.concatenate([run(model, {name: x[i:i + chunk]}, [output])[0] for i in range(0, len(x), chunk)])


def classify(*arguments):
    """One dictionary per image, in order."""
    return [json.loads(line) for line in call("classify", "--json", *arguments).splitlines()]


def top(results, truth, k=1):
    hits = [t in [p["index"] for p in r["predictions"][:k]] for r, t in zip(results, truth)]
    return 100 * np.mean(hits)


def cifar(models):
    labels, x = cifar_test()
    vectors = np.load(f"{DATA}/vectors/resnet8_test_outputs.npz")
    for file, wanted in models:
        y = logits(f"{DATA}/models/{file}", x)
        check(f"{file} on 5,000 test records", 100 * (y.argmax(1) == labels).mean(), wanted, 0.2)
        if "resnet8_cifar10_nchw_int8" in file:
            wanted = vectors["ort_int8_logits"]
            gaps = np.diff(np.unique(wanted))
            check_steps(np.abs(y - wanted) / gaps[gaps > 1e-6].min())


def check_steps(steps):
    global failed
    # Its session on the QDQ file is partly float (see qlinear.py): integers.py compares with integers throughout.
    good = (steps > .5).mean() <= 0.01 and (steps > 1.5).mean() <= 0.0001
    failed += not good
    print(f"{'ok    ' if good else 'FAILED'} int8 logits against ONNX Runtime's partly float session: "
          f"{(steps > .5).sum()} of {steps.size} differ, {(steps > 1.5).sum()} by more than one step")


def peer_top(model, pixels, truth, k=1):
    """ONNX Runtime's accuracy on preprocessed NCHW float pixels."""
    options = ort.SessionOptions()
    options.log_severity_level = 3
    peer = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    best = np.concatenate([np.argsort(-peer.run(None, {"input": x[None]})[0])[:, :k] for x in pixels])
    return 100 * np.mean([t in row for t, row in zip(truth, best)]), best[:, 0]


def pillow(file, crop=None, size=None):
    """RGB pixels [3, H, W]: the central square of `crop` of the shorter side, resized to `size`."""
    image = Image.open(file).convert("RGB")
    if crop:
        side = round(min(image.size) * crop)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        image = image.crop((left, top, left + side, top + side)).resize((size, size), Image.BILINEAR)
    return np.asarray(image, np.float32).transpose(2, 0, 1)


def cifar_jpegs(folder):
    with tarfile.open(f"{DATA}/data/cifar10/test_jpeg.tar") as tar:
        tar.extractall(folder, filter="data")
    rows = list(csv.DictReader(open(f"{DATA}/data/cifar10/test_jpeg.csv")))
    files = [os.path.join(folder, "cifar10_jpeg", r["jpeg"]) for r in rows]
    truth = [int(r["label"]) for r in rows]
    model = f"{DATA}/models/resnet8_cifar10_nchw_bn.onnx"
    wanted, _ = peer_top(model, [pillow(f) for f in files], truth)
    check("ResNet-8 on 1,000 JPEGs", top(classify("-m", model, "--mean", "0", "--std", "1", *files), truth), wanted, 0.2)
    print(f"       built-in model on 1,000 JPEGs: {top(classify(*files), truth):.2f} %")


def photos(folder):
    with tarfile.open(f"{DATA}/data/imagenet_sample/imagenet_sample_200.tar") as tar:
        tar.extractall(folder, filter="data")
    rows = list(csv.DictReader(open(f"{DATA}/data/imagenet_sample/imagenet_sample_200.csv")))
    files = [os.path.join(folder, "imagenet_sample", r["file"]) for r in rows]
    truth = [int(r["index"]) + 1 for r in rows]  # output 0 is the background
    flags = ["--mean", "128", "--std", "128", "--resize", "crop", "--crop", "0.875", "-k", "5"]
    for name, size in (("mobilenet_v1_0.25_128_imagenet_nchw_float", 128), ("mobilenet_v1_0.25_128_imagenet_nchw_int8_qdq", 128),
                       ("mobilenet_v2_1.0_224_imagenet_nchw_float", 224), ("mobilenet_v2_1.0_224_imagenet_nchw_int8_qdq", 224)):
        model = f"{DATA}/models/{name}.onnx"
        pixels = [(pillow(f, 0.875, size) - 128) / np.float32(128) for f in files]
        peer = {k: peer_top(model, pixels, truth, k) for k in (1, 5)}
        for how, slack in (("scaled", 2.0), ("full", 0.5)):
            results = classify("-m", model, "--decode", how, *flags, *files)
            for k in (1, 5):
                check(f"{name} on 200 photos, top-{k}, {how}", top(results, truth, k), peer[k][0], slack)
            differ = sum(r["predictions"][0]["index"] != l for r, l in zip(results, peer[1][1]))
            print(f"       {differ} of {len(files)} labels differ from Pillow's full decode and ONNX Runtime")


def main():
    cifar([("resnet8_cifar10_nchw_bn.onnx", 87.42), ("resnet8_cifar10_nchw_int8_qdq.onnx", 87.16),
           ("resnet8_large_cifar10_nchw_float.onnx", 91.54), ("resnet8_large_cifar10_nchw_int8_qdq.onnx", 91.66)])
    with tempfile.TemporaryDirectory() as folder:
        cifar_jpegs(folder)
        photos(folder)
    sys.exit(failed > 0)


main()
