"""Fine-tuning keeps to --memory: the process's own peak, for limits from what it takes without one down to the smallest it names.

    python conformance/memory.py

ResNet-8, with frozen statistics, with those of the batch, and in int8, on a small data set of coloured patterns. A limit below the
smallest has to be refused with exit code 71. Needs numpy.
"""
import json, os, re, subprocess, sys, tempfile
from kill import KINGLET, data

MODELS = os.path.join(os.environ.get("KINGLET_DATA", "../shared"), "models/resnet8_cifar10_nchw_")


def run(folder, megabytes, model, *more):
    output = os.path.join(folder, "out.onnx")
    command = [KINGLET, "finetune", MODELS + model, folder, "-o", output, "--attack", "fgsm", "--rate", "1e-6", "--epochs", "0.5", "--batch", "64",
               "--gate", "fgsm", "--validate", "fgsm", "--threads", "1", "--force", "--json", *more]
    if megabytes: command += ["--memory", f"{megabytes}M"]
    return subprocess.run(command, capture_output=True, text=True)


def main():
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        data(folder)
        for name, more in [("frozen", ["bn.onnx"]), ("batch", ["bn.onnx", "--statistics", "batch"]), ("int8", ["int8_qdq.onnx"])]:
            refused = run(folder, 1, *more)
            least = int(re.search(r"--memory (\d+)M", refused.stderr)[1])
            whole = json.loads(run(folder, None, *more).stdout.splitlines()[0])["peakBytes"] >> 20
            bad += refused.returncode != 71
            bad += run(folder, least - 2, *more).returncode != 71
            for megabytes in sorted({least, least + 1, (least + whole) // 2, whole - 1}):
                result = run(folder, megabytes, *more)
                if result.returncode:
                    bad += 1
                    print(f"{name} {megabytes} MB: {result.stderr}")
                    continue
                lines = [json.loads(line) for line in result.stdout.splitlines()]
                peak = lines[-1]["peakBytes"] / (1 << 20)
                bad += peak > megabytes
                print(f"{name:6} {megabytes} MB: {peak:.1f} MB; {lines[0]['plan'].get('again', 'nothing again')}")
    print(f"{bad} wrong" if bad else "every limit was kept")
    sys.exit(bad > 0)


if __name__ == "__main__": main()
