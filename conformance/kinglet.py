"""Runs the kinglet executable: arrays in, arrays out."""
import os, subprocess, tempfile
import numpy as np, onnx

KINGLET = os.environ.get("KINGLET", "build/kinglet")
DATA = os.environ.get("KINGLET_DATA", "../shared")


class Failed(Exception):
    pass


def call(*arguments, ok=(0,)):
    done = subprocess.run([KINGLET, *map(str, arguments)], capture_output=True, text=True, timeout=600)
    if done.returncode not in ok:
        raise Failed(f"exit code {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def run(model, inputs, outputs, *flags):
    """The outputs named `outputs` of `model` (a path or an onnx.ModelProto) for {name: array}."""
    with tempfile.TemporaryDirectory() as folder:
        path = model
        if not isinstance(model, str):
            path = os.path.join(folder, "model.onnx")
            onnx.save(model, path)
        arguments = ["run", path, *flags]
        for i, (name, array) in enumerate(inputs.items()):
            file = os.path.join(folder, f"in{i}.npy")
            np.save(file, np.ascontiguousarray(array).reshape(np.shape(array)))
            arguments += ["--input", f"{name}={file}"]
        files = []
        for i, name in enumerate(outputs):
            files.append(os.path.join(folder, f"out{i}.npy"))
            arguments += ["--output", f"{name}={files[-1]}"]
        call(*arguments)
        return [np.load(f) for f in files]
