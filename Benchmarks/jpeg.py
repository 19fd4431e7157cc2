"""A JPEG to a 224x224 tensor: Kinglet beside libjpeg's own scaled decoding and Pillow's draft mode, one thread, wall ms.

    python Benchmarks/jpeg.py [--rounds 7]

The three take turns, so that a drifting machine hurts all alike. Kinglet's figure is decoding and preprocessing as
`kinglet classify --json` reports them, reading the file included, as it is for the others. Needs Pillow, numpy, a C
compiler and KINGLET_DATA; the 12-megapixel file is an enlarged photo with grain, so that its size is that of a camera's.
"""
import argparse, io, json, os, statistics, subprocess, tarfile, tempfile, time
import numpy as np
from PIL import Image

KINGLET = os.environ.get("KINGLET", "build/kinglet")
DATA = os.environ.get("KINGLET_DATA", "../shared")
MODEL = f"{DATA}/models/mobilenet_v2_1.0_224_imagenet_nchw_float.onnx"
REPEATS = 5


def photos(folder):
    """A 500x375 photo and a 4000x3000 enlargement of it."""
    with tarfile.open(f"{DATA}/data/imagenet_sample/imagenet_sample_200.tar") as tar:
        for member in sorted(tar.getmembers(), key=lambda m: m.name):
            if member.isfile() and member.name.lower().endswith((".jpg", ".jpeg")):
                image = Image.open(io.BytesIO(tar.extractfile(member).read()))
                if image.size == (500, 375) and image.mode == "RGB":
                    break
    small, large = f"{folder}/500x375.jpg", f"{folder}/4000x3000.jpg"
    image.save(small, quality=90)
    pixels = np.asarray(image.resize((4000, 3000), Image.BICUBIC)).astype(np.int16)
    pixels += np.random.RandomState(0).normal(0, 4, (3000, 4000, 1)).astype(np.int16)
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(large, quality=90)
    return [(small, 8), (large, 1)]


def kinglet(file):
    flags = ["--mean", "128", "--std", "128", "--resize", "crop", "--crop", "0.875", "--threads", "1", "--json"]
    text = subprocess.run([KINGLET, "classify", "-m", MODEL, *flags] + [file] * (REPEATS + 1), check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    times = [json.loads(line)["ms"] for line in text.splitlines()]
    return [t["decode"] + t["preprocess"] for t in times][1:]


def libjpeg(program, file, eighths):
    text = subprocess.run([program, file, str(eighths), str(REPEATS + 1)], check=True, text=True, stdout=subprocess.PIPE)
    return [float(line) for line in text.stdout.splitlines()][1:]


def pillow(file, draft):
    times = []
    for _ in range(REPEATS + 1):
        start = time.perf_counter()
        image = Image.open(file)
        width, height = image.size
        if draft:
            image.draft("RGB", (256, 256))
        image = image.convert("RGB")
        side = min(image.size) * 0.875
        left, top = (image.width - side) / 2, (image.height - side) / 2
        image = image.resize((224, 224), Image.BILINEAR, box=(left, top, left + side, top + side))
        x = (np.asarray(image, np.float32) - 128) / 128
        x.transpose(2, 0, 1)[None].copy()
        times.append((time.perf_counter() - start) * 1e3)
    return times[1:]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        program = f"{folder}/jpeg_scaled"
        subprocess.run(["cc", "-O2", "-o", program, "Benchmarks/jpeg_scaled.c", "-ljpeg"], check=True)
        for file, eighths in photos(folder):
            runs = {"kinglet": lambda: kinglet(file), f"libjpeg at {eighths}/8": lambda: libjpeg(program, file, eighths),
                    "Pillow with draft": lambda: pillow(file, True)}
            times = {name: [] for name in runs}
            for _ in range(rounds):
                for name, run in runs.items():
                    times[name].append(run())
            print(f"{os.path.basename(file)}, {os.path.getsize(file) / 1e6:.2f} MB")
            base = statistics.median(min(t) for t in times[f"libjpeg at {eighths}/8"])
            for name, t in times.items():
                best = statistics.median(min(r) for r in t)
                print(f"  {name:20} {best:8.2f} ms   {best / base:5.2f} x   (median {statistics.median(sum(t, [])):.2f} ms)")


main()
