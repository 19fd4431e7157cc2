"""The ONNX project's node tests for our operators, through `kinglet run`.

nodes.txt lists every test that consists of our operators only: `name` is run, `name  # reason` is skipped. A test that
the list lacks is an error, so that a new onnx package is looked at. Inputs that Kinglet wants as constants (shapes,
axes, bounds, scales) become initializers here; the tests feed them at run time.
`nodes.py --write` makes the list anew, keeping the reasons it has.
"""
import os, sys
from concurrent.futures import ThreadPoolExecutor
import numpy as np, onnx
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases
from kinglet import Failed, run

OPERATORS = set(
    "Add AveragePool BatchNormalization Cast Clip Concat Constant ConstantOfShape Conv DequantizeLinear Div Dropout "
    "Flatten Gather Gemm GlobalAveragePool HardSigmoid HardSwish Identity LeakyRelu MatMul MaxPool Mul Pad "
    "QuantizeLinear ReduceMean Relu Reshape Shape Sigmoid Slice Softmax Split Squeeze Sub Tanh Transpose Unsqueeze".split())
# Inputs, by operator, that Kinglet reads when the model is loaded.
PARAMETERS = {
    "Clip": (1, 2), "ConstantOfShape": (0,), "DequantizeLinear": (1, 2), "Dropout": (1, 2), "Pad": (1, 2, 3),
    "QuantizeLinear": (1, 2), "ReduceMean": (1,), "Reshape": (1,), "Slice": (1, 2, 3, 4), "Split": (1,), "Squeeze": (1,),
    "Unsqueeze": (1,), "BatchNormalization": (1, 2, 3, 4)}
LIST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "nodes.txt")


def constants_inside(model, feeds):
    """`model` with the parameters among its inputs made initializers, and the feeds that are left."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    for opset in model.opset_import:  # versions after 21 of our operators only add element types
        opset.version = min(opset.version, 21)
    wanted = {n.input[i] for n in model.graph.node for i in PARAMETERS.get(n.op_type, ()) if i < len(n.input)}
    kept = [v for v in model.graph.input if v.name not in wanted or v.name not in feeds]
    for value in model.graph.input:
        if value.name in wanted and value.name in feeds:
            model.graph.initializer.append(numpy_helper.from_array(np.asarray(feeds[value.name]), value.name))
    del model.graph.input[:]
    model.graph.input.extend(kept)
    names = {v.name for v in kept}
    return model, {k: v for k, v in feeds.items() if k in names}


def typed(value, array):
    """A test's array in the element type that its model declares; some tests hold a TensorProto instead."""
    if isinstance(array, onnx.TensorProto):
        array = numpy_helper.to_array(array)
    return np.asarray(array).astype(onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type))


def problem(case):
    """None where Kinglet's outputs are those that the test wants, else what is wrong."""
    graph = case.model.graph
    for inputs, wanted in case.data_sets:
        model, feeds = constants_inside(case.model, {v.name: typed(v, x) for v, x in zip(graph.input, inputs)})
        try:
            got = run(model, feeds, [v.name for v in graph.output])
        except Failed as error:
            return str(error)
        for g, w in zip(got, map(typed, graph.output, wanted)):
            if g.shape != w.shape or g.dtype != w.dtype:
                return f"{g.dtype}{list(g.shape)}, wanted {w.dtype}{list(w.shape)}"
            if not np.allclose(g, w, rtol=case.rtol, atol=max(case.atol, 1e-6), equal_nan=True):
                return f"largest difference {np.abs(g.astype(float) - w.astype(float)).max():.3g}"
    return None


def main():
    cases = {c.name: c for c in collect_testcases(None) if {n.op_type for n in c.model.graph.node} <= OPERATORS}
    if "--save" in sys.argv:
        folder = sys.argv[sys.argv.index("--save") + 1]
        os.makedirs(folder, exist_ok=True)
        for name, case in cases.items():
            onnx.save(case.model, os.path.join(folder, name + ".onnx"))
        return
    listed = {}
    for line in open(LIST):
        name, _, reason = line.strip().partition("  # ")
        if name and not name.startswith("#"):
            listed[name] = reason
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        todo = [n for n in cases if not listed.get(n)]
        result = dict(zip(todo, pool.map(lambda n: problem(cases[n]), todo)))
    if "--write" in sys.argv:
        with open(LIST, "w") as file:
            file.write("# ONNX node tests of our operators (onnx %s); `name  # reason` is not run.\n" % onnx.__version__)
            for name in sorted(cases):
                reason = listed.get(name) or result.get(name)
                file.write(name + (f"  # {' '.join(reason.split())}" if reason else "") + "\n")
        return
    bad = {n: p for n, p in result.items() if p}
    for name in sorted(bad):
        print(f"FAILED {name}: {bad[name]}")
    for name in sorted(set(cases) - set(listed)):
        print(f"NOT LISTED {name}")
    for name in sorted(set(listed) - set(cases)):
        print(f"GONE {name}")
    print(f"{len(todo) - len(bad)} passed, {len(bad)} failed, {len(cases) - len(todo)} skipped")
    sys.exit(bool(bad) or set(cases) != set(listed))


main()
