"""Another runtime, so many inferences on one thread, nothing printed: python peer.py ort|ncnn|litert MODEL SIDE RUNS"""
import sys

kind, path, side, runs = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
import numpy as np

x = np.random.default_rng(0).random((1, 3, side, side), np.float32)
if kind == "ort":
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    feeds = {session.get_inputs()[0].name: x}

    def run():
        session.run(None, feeds)
elif kind == "ncnn":
    import ncnn

    net = ncnn.Net()
    net.opt.num_threads, net.opt.use_vulkan_compute = 1, False
    # Neither half floats nor bfloats: the same arithmetic for all.
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = net.opt.use_bf16_storage = False
    net.load_param(path + ".param")
    net.load_model(path + ".bin")
    image = ncnn.Mat(x[0])

    def run():
        extractor = net.create_extractor()
        extractor.input("in0", image)
        extractor.extract("out0")
else:
    from ai_edge_litert.interpreter import Interpreter

    net = Interpreter(model_path=path, num_threads=1)
    net.allocate_tensors()
    i, o = net.get_input_details()[0], net.get_output_details()[0]
    v = x.transpose(0, 2, 3, 1) if tuple(i["shape"][1:3]) == (side, side) else x
    v = np.ascontiguousarray(v if i["dtype"] == np.float32 else v * 127).astype(i["dtype"])

    def run():
        net.set_tensor(i["index"], v)
        net.invoke()
        net.get_tensor(o["index"])

for _ in range(runs):
    run()
