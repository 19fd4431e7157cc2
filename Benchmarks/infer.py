"""Kinglet beside ONNX Runtime, ncnn and LiteRT: one thread, batch 1, CPU milliseconds per inference.

    python Benchmarks/infer.py [--rounds 5] [--seconds 0.6] [--models resnet8,vww,mobilenet_v1,mobilenet_v2] [--json out.json]

The runtimes take turns, one fresh process each, so that a drifting machine hurts all alike; a figure is the median over
rounds of each process's median. int8 peers: ONNX Runtime with uint8 activations (its fast path), LiteRT.
Needs onnx, onnxruntime, numpy; ncnn and pnnx, ai-edge-litert where installed. Models come from KINGLET_DATA/models;
`--lite FOLDER` adds mobilenet_v2.tflite and mobilenet_v2_int8.tflite, which the shared data lacks.
"""
import argparse, json, os, shutil, statistics, subprocess, sys, tempfile, time

KINGLET = os.environ.get("KINGLET", "build/kinglet")
DATA = os.environ.get("KINGLET_DATA", "../shared")
MODELS = {  # name: float ONNX, int8 ONNX, float tflite, int8 tflite, side
    "resnet8": ("resnet8_cifar10_nchw_bn", "resnet8_cifar10_nchw_int8_qdq", "resnet8_cifar10_float", "resnet8_cifar10_int8", 32),
    "vww": ("vww96_mobilenetv1_025_nchw_bn", "vww96_mobilenetv1_025_nchw_int8_qdq", "vww96_float", "vww96_int8", 96),
    "mobilenet_v1": ("mobilenet_v1_0.25_128_imagenet_nchw_float", "mobilenet_v1_0.25_128_imagenet_nchw_int8_qdq", None,
                     "mobilenet_v1_0.25_128_imagenet_uint8", 128),
    "mobilenet_v2": ("mobilenet_v2_1.0_224_imagenet_nchw_float", "mobilenet_v2_1.0_224_imagenet_nchw_int8_qdq", "mobilenet_v2",
                     "mobilenet_v2_int8", 224),
}


def unsigned(path, target):
    """The QDQ model at `path` with uint8 activations: the same numbers, every zero point 128 higher."""
    import numpy as np, onnx
    from onnx import numpy_helper
    model = onnx.load(path)
    weights = {w.name: w for w in model.graph.initializer}
    done = set()
    for node in model.graph.node:
        if node.op_type not in ("QuantizeLinear", "DequantizeLinear") or node.input[0] in weights:
            continue
        zero = weights[node.input[2]]
        if zero.name not in done and zero.data_type == onnx.TensorProto.INT8:
            value = numpy_helper.to_array(zero).astype(np.int16) + 128
            zero.CopyFrom(numpy_helper.from_array(value.astype(np.uint8), zero.name))
            done.add(zero.name)
    del model.graph.value_info[:]
    onnx.save(model, target)


def timed(run, seconds):
    """Median process CPU milliseconds of `run`."""
    run()
    end = time.perf_counter() + 0.2
    while time.perf_counter() < end:
        run()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.process_time_ns()
        run()
        times.append((time.process_time_ns() - start) / 1e6)
    return statistics.median(times)


def peer(kind, path, side, seconds):
    import numpy as np
    x = np.random.default_rng(0).random((1, 3, side, side), np.float32)
    if kind == "ort":
        import onnxruntime as ort
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        feeds = {session.get_inputs()[0].name: x}
        return timed(lambda: session.run(None, feeds), seconds)
    if kind == "ncnn":
        import ncnn
        net = ncnn.Net()
        net.opt.num_threads, net.opt.use_vulkan_compute = 1, False
        net.load_param(path + ".param")
        net.load_model(path + ".bin")
        mat = ncnn.Mat(x[0])

        def run():
            extractor = net.create_extractor()
            extractor.input("in0", mat)
            extractor.extract("out0")
        return timed(run, seconds)
    from ai_edge_litert.interpreter import Interpreter
    net = Interpreter(model_path=path, num_threads=1)
    net.allocate_tensors()
    i, o = net.get_input_details()[0], net.get_output_details()[0]
    v = (x.transpose(0, 2, 3, 1) if tuple(i["shape"][1:3]) == (side, side) else x)
    v = np.ascontiguousarray(v if i["dtype"] == np.float32 else v * 127).astype(i["dtype"])

    def run():
        net.set_tensor(i["index"], v)
        net.invoke()
        net.get_tensor(o["index"])
    return timed(run, seconds)


def contestants(name, lite, folder):
    """{column: command} for one model."""
    float_onnx, int8_onnx, float_lite, int8_lite, side = MODELS[name]
    onnx_path = lambda m: f"{DATA}/models/{m}.onnx"
    places = [f"{DATA}/models/{{}}.tflite"] + ([f"{lite}/{{}}.tflite"] if lite else [])
    tflite = lambda m: next((p.format(m) for p in places if m and os.path.exists(p.format(m))), None)
    us = lambda path, seconds: [KINGLET, "bench", path, "--threads", "1", "--seconds", str(seconds), "--json"]
    them = lambda kind, path: lambda seconds: [sys.executable, __file__, "--peer", kind, path, str(side), str(seconds)]
    float_path, int8_path = onnx_path(float_onnx), onnx_path(int8_onnx)
    every = {"kinglet": lambda s: us(float_path, s), "ort": them("ort", float_path)}
    ncnn_path = os.path.join(folder, name)
    pnnx = shutil.which("pnnx") or os.path.join(os.path.dirname(sys.executable), "pnnx")
    if os.path.exists(pnnx):
        copy = ncnn_path + ".onnx"
        shutil.copy(float_path, copy)
        subprocess.run([pnnx, copy, f"inputshape=[1,3,{side},{side}]", "fp16=0", f"ncnnparam={ncnn_path}.param",
                        f"ncnnbin={ncnn_path}.bin"], capture_output=True, cwd=folder)
        if os.path.exists(ncnn_path + ".bin"):
            every["ncnn"] = them("ncnn", ncnn_path)
    if tflite(float_lite):
        every["litert"] = them("litert", tflite(float_lite))
    u8 = os.path.join(folder, name + ".u8.onnx")
    unsigned(int8_path, u8)
    every |= {"kinglet int8": lambda s: us(int8_path, s), "ort u8s8": them("ort", u8)}
    if tflite(int8_lite):
        every["litert int8"] = them("litert", tflite(int8_lite))
    return every


def measure(command):
    environment = dict(os.environ, OMP_NUM_THREADS="1", TF_CPP_MIN_LOG_LEVEL="3")
    done = subprocess.run(["taskset", "-c", "0", *command], capture_output=True, text=True, env=environment)
    lines = [l for l in done.stdout.splitlines() if l.startswith("{")]
    if not lines:
        sys.exit(f"{' '.join(command)}: {done.stderr.strip()[-400:]}")
    result = json.loads(lines[-1])
    return result["cpuMs"]["p50"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.6)
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--lite")
    parser.add_argument("--json")
    arguments, everything = parser.parse_args(), {}
    for name in arguments.models.split(","):
        with tempfile.TemporaryDirectory() as folder:
            every = contestants(name, arguments.lite, folder)
            times = {column: [] for column in every}
            for _ in range(arguments.rounds):
                for column, command in every.items():
                    times[column].append(measure(command(arguments.seconds)))
        median = {c: statistics.median(t) for c, t in times.items()}
        everything[name] = median
        for suffix in ("", " int8"):
            ours = "kinglet" + suffix
            peers = {c: m for c, m in median.items() if c != ours and ("8" in c) == bool(suffix)}
            best = min(peers, key=peers.get)
            print(f"{name + suffix:18s} kinglet {median[ours]:8.4f} ms   {median[ours] / peers[best]:5.2f} x {best:12s} "
                  + "  ".join(f"{c} {m:.4f}" for c, m in peers.items()), flush=True)
    if arguments.json:
        json.dump(everything, open(arguments.json, "w"), indent=1)


if len(sys.argv) > 1 and sys.argv[1] == "--peer":
    print(json.dumps({"cpuMs": {"p50": peer(sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5]))}}))
else:
    main()
