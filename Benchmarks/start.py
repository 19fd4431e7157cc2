"""From process start to the label of one 500x375 JPEG with MobileNetV2-224, one thread: wall milliseconds and peak memory.

    python Benchmarks/start.py [--rounds 9] [--image photo.jpg] [--lite FOLDER]

Kinglet against Python with Pillow and ONNX Runtime, and with ncnn (where ncnn and pnnx are installed) and LiteRT (where
ai-edge-litert is installed and FOLDER holds mobilenet_v2.tflite). The programs take turns; a figure is the median.
"""
import argparse, os, shutil, statistics, subprocess, sys, tarfile, tempfile, time

KINGLET = os.environ.get("KINGLET", "build/kinglet")
DATA = os.environ.get("KINGLET_DATA", "../shared")
MODEL = f"{DATA}/models/mobilenet_v2_1.0_224_imagenet_nchw_float.onnx"

PILLOW = """
import sys, numpy as np
from PIL import Image
im = Image.open(sys.argv[1]).convert("RGB")
side = round(min(im.size) * .875); left, top = (im.width - side) // 2, (im.height - side) // 2
im = im.crop((left, top, left + side, top + side)).resize((224, 224), Image.BILINEAR)
x = ((np.asarray(im, np.float32) - 128) / 128)[None]
"""
PEERS = {
    "ort": PILLOW + """
import onnxruntime as ort
o = ort.SessionOptions(); o.intra_op_num_threads = o.inter_op_num_threads = 1; o.log_severity_level = 3
s = ort.InferenceSession(sys.argv[2], o, providers=["CPUExecutionProvider"])
print(int(s.run(None, {s.get_inputs()[0].name: x.transpose(0, 3, 1, 2).copy()})[0].argmax()))
""",
    "ncnn": PILLOW + """
import ncnn
n = ncnn.Net(); n.opt.num_threads = 1; n.opt.use_vulkan_compute = False
n.load_param(sys.argv[2] + ".param"); n.load_model(sys.argv[2] + ".bin"); e = n.create_extractor()
e.input("in0", ncnn.Mat(x[0].transpose(2, 0, 1).copy())); r, y = e.extract("out0"); print(int(np.array(y).argmax()))
""",
    "litert": PILLOW + """
from ai_edge_litert.interpreter import Interpreter
n = Interpreter(model_path=sys.argv[2], num_threads=1); n.allocate_tensors()
n.set_tensor(n.get_input_details()[0]["index"], x); n.invoke()
print(int(n.get_tensor(n.get_output_details()[0]["index"]).argmax()))
""",
}


def measure(command):
    """Wall milliseconds, peak megabytes and what the command printed."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    text, error = process.stdout.read().decode(), process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    wall = (time.perf_counter() - start) * 1000
    process.returncode = status
    if status:
        sys.exit(f"{command[0]} failed: {error.strip()[-300:]}")
    return wall, usage.ru_maxrss / 1024, text.split()[1 if command[0] == KINGLET else 0]


def contestants(image, lite, folder):
    python = lambda peer, model: [sys.executable, "-c", PEERS[peer], image, model]
    every = {
        "kinglet": [KINGLET, "classify", "-m", MODEL, "--mean", "128", "--std", "128", "--crop", "0.875", "--threads", "1",
                    image],
        "ort": python("ort", MODEL),
    }
    pnnx = shutil.which("pnnx") or os.path.join(os.path.dirname(sys.executable), "pnnx")
    net = os.path.join(folder, "net")
    if os.path.exists(pnnx):
        shutil.copy(MODEL, net + ".onnx")
        subprocess.run([pnnx, net + ".onnx", "inputshape=[1,3,224,224]", "fp16=0", f"ncnnparam={net}.param",
                        f"ncnnbin={net}.bin"], capture_output=True, cwd=folder)
        if os.path.exists(net + ".bin"):
            every["ncnn"] = python("ncnn", net)
    if lite:
        every["litert"] = python("litert", os.path.join(lite, "mobilenet_v2.tflite"))
    return every


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--image")
    parser.add_argument("--lite")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        image = arguments.image
        if not image:
            with tarfile.open(f"{DATA}/data/imagenet_sample/imagenet_sample_200.tar") as tar:
                name = next(n for n in tar.getnames() if n.endswith("n01440764_tench.JPEG"))
                tar.extract(name, folder, filter="data")
            image = os.path.join(folder, name)
        every = contestants(image, arguments.lite, folder)
        results = {name: [] for name in every}
        for _ in range(arguments.rounds):
            for name, command in every.items():
                results[name].append(measure(command))
    medians = {name: statistics.median(r[0] for r in rows) for name, rows in results.items()}
    best = min(v for name, v in medians.items() if name != "kinglet")
    for name, rows in results.items():
        print(f"{name:8s} {medians[name]:7.1f} ms  {max(r[1] for r in rows):6.1f} MB  label {rows[0][2]}"
              + (f"  {medians[name] / best:.3f} of the best peer" if name == "kinglet" else ""))


main()
