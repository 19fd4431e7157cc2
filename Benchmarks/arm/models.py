"""The models of bench-arm in each runtime's form, and a list of them: python models.py FOLDER_OF_MODELS FOLDER

FOLDER/models.txt has lines `name side runtime file`. ncnn's come from pnnx; int8 for ONNX Runtime as it stands (signed
activations, its fast path on Arm); LiteRT's are those of the data.
"""
import os, shutil, subprocess, sys

source, target = sys.argv[1], os.path.abspath(sys.argv[2])
MODELS = {
    "mobilenet_v2": ("mobilenet_v2_1.0_224_imagenet_nchw_float", "mobilenet_v2_1.0_224_imagenet_nchw_int8_qdq", 224),
    "resnet8": ("resnet8_cifar10_nchw_bn", "resnet8_cifar10_nchw_int8_qdq", 32),
}


def ncnn(path, name, side):
    """Converts to NAME.param and NAME.bin, once."""
    if os.path.exists(f"{target}/{name}.bin"):
        return
    pnnx = shutil.which("pnnx") or os.path.join(os.path.dirname(sys.executable), "pnnx")
    if not os.path.exists(pnnx):
        print("no pnnx: ncnn is left out (pip install pnnx)", file=sys.stderr)
        return
    copy = f"{target}/{name}.onnx"
    shutil.copy(path, copy)
    subprocess.run(
        [pnnx, copy, f"inputshape=[1,3,{side},{side}]", "fp16=0", f"ncnnparam={target}/{name}.param",
         f"ncnnbin={target}/{name}.bin"], capture_output=True, cwd=target)


with open(f"{target}/models.txt", "w") as lines:
    for name, (real, small, side) in MODELS.items():
        for suffix, file in (("", real), ("_int8", small)):
            path = f"{source}/{file}.onnx"
            print(name + suffix, side, "kinglet", path, file=lines)
            print(name + suffix, side, "ort", path, file=lines)
            if not suffix:
                ncnn(path, name, side)
                print(name, side, "ncnn", f"{target}/{name}", file=lines)
            for lite in (f"{target}/{name}{suffix}.tflite", f"{source}/{name}_cifar10{suffix or '_float'}.tflite"):
                if os.path.exists(lite):
                    print(name + suffix, side, "litert", lite, file=lines)
                    break
