"""Whole models against ONNX Runtime: the shared ones, and small ones of every family made here with random weights.

Float: the largest difference is at most 1e-4 of the output's range. QDQ: at most one step of the output's scale.
Round trip: what `kinglet import` writes gives ONNX Runtime the same outputs, bit for bit.
"""
import glob, os, sys, tempfile
import numpy as np, onnx, onnxruntime as ort
from onnx import numpy_helper
from families import families
from qlinear import integers
from kinglet import DATA, Failed, call, run


def session(model):
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    source = model if isinstance(model, str) else model.SerializeToString()
    return ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def inputs(peer, seed, batch):
    """Random pixels in the range that each shared model wants."""
    rng, feeds = np.random.default_rng(seed), {}
    for value in peer.get_inputs():
        shape = [batch if not isinstance(d, int) else d for d in value.shape]
        pixels = rng.integers(0, 256, shape)
        feeds[value.name] = pixels.astype(np.uint8) if "uint8" in value.type else pixels.astype(np.float32)
    return feeds


def scaled(name, feeds):
    """Pixels 0 … 255 scaled as the model was trained: see the data's description."""
    if "vww" in name:
        return {k: v / np.float32(255) for k, v in feeds.items()}
    if "mobilenet" in name and "uint8" not in name or "family" in name:
        return {k: (v - np.float32(128)) / np.float32(128) for k, v in feeds.items()}
    return feeds


def output_step(model):
    """The scale of the quantized output, if the model's last value is one."""
    producers = {o: n for n in model.graph.node for o in n.output}
    weights = {w.name: w for w in model.graph.initializer}
    node = producers.get(model.graph.output[0].name)
    while node is not None and node.op_type in ("Reshape", "Flatten", "Softmax"):
        node = producers.get(node.input[0])
    if node is None or node.op_type != "DequantizeLinear" or node.input[1] not in weights:
        return None
    return float(numpy_helper.to_array(weights[node.input[1]]))


def compare(name, model, path, batch):
    peer = session(path or model)
    feeds = scaled(name, inputs(peer, 1, batch))
    names = [o.name for o in peer.get_outputs()]
    quantized = any(n.op_type == "QuantizeLinear" for n in model.graph.node)
    if quantized and (whole := integers(model)):
        peer = session(whole)
    wanted, got = peer.run(names, feeds), run(path or model, feeds, names)
    step, worst, limit, note = output_step(model), 0.0, 1e-4, "of range"
    for g, w in zip(got, wanted):
        if g.shape != w.shape:
            return f"shape {list(g.shape)}, wanted {list(w.shape)}", False
        span = float(w.max() - w.min()) or 1.0
        difference = np.abs(g.astype(np.float64) - w.astype(np.float64))
        if quantized:
            unit = step or span / 255
            worst, limit = max(worst, float(difference.max()) / unit), 1.001
            note = f"steps; {(difference > unit / 2).mean():.2%} of values differ"
        else:
            worst = max(worst, float(difference.max()) / span)
    return f"{worst:.2g} {note}", worst <= limit


def round_trip(path, model, folder):
    written = os.path.join(folder, "written.onnx")
    if path is None:
        path = os.path.join(folder, "source.onnx")
        onnx.save(model, path)
    call("import", path, "-o", written)
    onnx.checker.check_model(written)
    before, after = session(path), session(written)
    feeds = inputs(before, 2, 1)
    return all(np.array_equal(a, b) for a, b in zip(before.run(None, feeds), after.run(None, feeds)))


def main():
    models = [(os.path.basename(p)[:-5], onnx.load(p), p) for p in sorted(glob.glob(f"{DATA}/models/*.onnx"))]
    if not models:
        sys.exit(f"no models in {DATA}/models")
    models += [(f"family {name}", model, None) for name, model in families()]
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, model, path in models:
            dynamic = not all(d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim)
            try:
                text, good = compare(name, model, path, 3 if dynamic else 1)
                same = round_trip(path, model, folder)
            except Failed as error:
                text, good, same = str(error), False, True
            failed += not (good and same)
            print(f"{'ok    ' if good and same else 'FAILED'} {name}: {text}{'' if same else '; round trip differs'}")
    print(f"{len(models) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
