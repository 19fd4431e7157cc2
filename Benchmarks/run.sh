#!/usr/bin/env bash
# Every figure that the documentation quotes, measured here: kernels, models beside other runtimes, start-up, size.
# KINGLET_PYTHON names a Python that has the packages already; else .venv gets them from PyPI.
set -euo pipefail
cd "$(dirname "$0")/.."
data=${KINGLET_DATA:-../shared}
[ -d "$data/models" ] || { echo "bench: no data in '$data': set KINGLET_DATA" >&2; exit 1; }
python=${KINGLET_PYTHON:-.venv/bin/python}
if ! "$python" -c 'import onnx, onnxruntime, numpy, PIL, ncnn, ai_edge_litert' 2>/dev/null; then
    python3 -m venv .venv
    .venv/bin/pip install --quiet --disable-pip-version-check -r conformance/requirements.txt -r Benchmarks/requirements.txt
    python=.venv/bin/python
fi
export KINGLET=${KINGLET:-$PWD/build/kinglet} KINGLET_DATA=$data

echo "== machine"
"$KINGLET" doctor
echo "== kernels against the peak of each instruction set"
"$KINGLET" bench --kernels
echo "== models, one thread, CPU ms of one image"
"$python" Benchmarks/infer.py "$@"
echo "== process start to label of a 500x375 JPEG, MobileNetV2-224, one thread"
"$python" Benchmarks/start.py
echo "== a JPEG to a tensor, one thread"
"$python" Benchmarks/jpeg.py
echo "== size of the stripped executable with a static standard library, bytes"
stat -c %s "$KINGLET"
