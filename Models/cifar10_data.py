"""CIFAR-10 for train_cifar10.py: files, JPEG copies, augmented batches. Images are uint8 [n, 32, 32, 3]."""

import csv
import io
import lzma
import tarfile

import numpy as np
import torch
from PIL import Image

LABELS = "airplane automobile bird cat deer dog frog horse ship truck".split()
MEAN, STD = 128.0, 64.0  # x = (pixel - MEAN) / STD, so that an int8 input is exactly pixel - 128
PAD = 4  # pixels added on each side before the random crop


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


def test_jpegs(folder):
    """The 1,000 JPEG test images, decoded, and their labels."""
    labels = {row["jpeg"]: int(row["label"]) for row in csv.DictReader(open(folder / "test_jpeg.csv"))}
    with tarfile.open(folder / "test_jpeg.tar") as tar:
        files = {m.name.split("/", 1)[1]: tar.extractfile(m).read() for m in tar.getmembers() if m.isfile()}
    x = [np.asarray(Image.open(io.BytesIO(files[name])).convert("RGB")) for name in labels]
    return np.stack(x), np.array(list(labels.values()))
