"""Kills fine-tuning with SIGKILL at random points and goes on: the end must be the same bits.

    python conformance/kill.py [--kills 200] [--seed 1]

A small data set of coloured patterns is made in a temporary folder; `kinglet finetune` trains the built-in model on it
once without interruption, then again and again with kills until there were as many as asked for. Every finished run has
to give the same file as the first, byte for byte. Then: a damaged newest checkpoint is passed over, another recipe is
refused, a disk that is full leaves the last checkpoint whole. Needs numpy.
"""
import argparse, os, random, shutil, signal, subprocess, sys, tempfile, time

KINGLET = os.path.abspath(os.environ.get("KINGLET", "build/kinglet"))


def data(folder):
    """320 noisy pictures of 10 classes as CIFAR-10 records."""
    import numpy as np
    noise = np.random.default_rng(0)
    base = noise.integers(0, 256, (10, 3, 4, 4))
    with open(os.path.join(folder, "data_batch_1.bin"), "wb") as file:
        for i in range(320):
            picture = np.kron(base[i % 10], np.ones((8, 8))) + noise.normal(0, 40, (3, 32, 32))
            file.write(bytes([i % 10]) + picture.clip(0, 255).astype(np.uint8).tobytes())


def command(folder, output, *more):
    return [KINGLET, "finetune", "-", folder, "-o", output, "--attack", "nfgsm", "--schedule", "cosine", "--rate", "0.02",
            "--set", "warmup=1", "--epochs", "3", "--batch", "32", "--average", "0.9", "--threads", "1", "--force", "--gate", "pgd:2",
            "--validate", "pgd:2", *more]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()
    random.seed(a.seed)
    folder = tempfile.mkdtemp()
    pictures = os.path.join(folder, "data")
    os.mkdir(pictures)
    data(pictures)
    output = os.path.join(folder, "model.onnx")
    start = time.time()
    subprocess.run(command(pictures, output), check=True, capture_output=True)
    whole = time.time() - start
    wanted = open(output, "rb").read()
    kills = runs = different = 0
    while kills < a.kills:
        os.remove(output)
        while True:
            process = subprocess.Popen(command(pictures, output, "--resume"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            try:
                _, errors = process.communicate(timeout=random.uniform(0, min(1.0, whole)))
                if process.returncode != 0:
                    sys.exit(f"finetune --resume ended with {process.returncode}: {errors.decode()[-500:]}")
                break
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.communicate()
                kills += 1
                if kills % 20 == 0:
                    print(f"{kills} kills", flush=True)
        runs += 1
        different += open(output, "rb").read() != wanted
    print(f"{kills} kills in {runs} runs: {different} ended in other bits than the uninterrupted one")

    # A run cut off half-way, for what comes next.
    checkpoints = output + ".checkpoints"
    os.remove(output)
    def cut():
        shutil.rmtree(checkpoints, ignore_errors=True)
        process = subprocess.Popen(command(pictures, output), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and len([f for f in (os.listdir(checkpoints) if os.path.isdir(checkpoints) else []) if f.endswith(".onnx")]) < 2:
            time.sleep(0.01)
        process.kill()
        process.wait()
        return sorted(os.path.join(checkpoints, f) for f in os.listdir(checkpoints) if f.endswith(".onnx"))
    problems = []
    files = cut()
    with open(files[-1], "r+b") as file:
        file.seek(os.path.getsize(files[-1]) // 2)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 1]))
    result = subprocess.run(command(pictures, output, "--resume"), capture_output=True, text=True)
    if result.returncode or "damaged" not in result.stderr or open(output, "rb").read() != wanted:
        problems.append(f"a damaged checkpoint was not passed over: {result.returncode} {result.stderr[-300:]}")
    cut()
    result = subprocess.run(command(pictures, output, "--resume", "--epsilon", "8/255"), capture_output=True, text=True)
    if result.returncode != 64 or "epsilon was 4/255, now it is 8/255" not in result.stderr:
        problems.append(f"another recipe was not refused: {result.returncode} {result.stderr[-300:]}")
    result = subprocess.run(command(pictures, output), capture_output=True, text=True)
    if result.returncode != 64 or "--resume" not in result.stderr:
        problems.append(f"a new run did not mind the old one's checkpoints: {result.returncode} {result.stderr[-300:]}")
    # Files may not grow beyond 512 KB, as on a disk that is full.
    files = cut()
    before = {f: open(f, "rb").read() for f in files}
    limited = "ulimit -f 1024; trap '' XFSZ; exec \"$@\""
    result = subprocess.run(["bash", "-c", limited, "bash", *command(pictures, output, "--resume")], capture_output=True, text=True)
    if result.returncode != 71 or "cannot write" not in result.stderr:
        problems.append(f"a full disk was not told: {result.returncode} {result.stderr[-300:]}")
    if any(open(f, "rb").read() != bytes_ for f, bytes_ in before.items() if os.path.exists(f)) or not all(map(os.path.exists, before)):
        problems.append("a full disk cost a checkpoint")
    result = subprocess.run(command(pictures, output, "--resume"), capture_output=True, text=True)
    if result.returncode or open(output, "rb").read() != wanted:
        problems.append(f"no way back from a full disk: {result.returncode} {result.stderr[-300:]}")
    shutil.rmtree(folder)
    for problem in problems:
        print(problem)
    if different or problems:
        sys.exit(1)
    print("damaged checkpoint, other recipe, full disk: as they should be")


if __name__ == "__main__":
    main()
