#!/usr/bin/env bash
# Conformance: Kinglet's outputs against the ONNX project's node tests and against ONNX Runtime.
# Needs PyPI for the packages in requirements.txt; KINGLET_DATA (default ../shared) holds models and images.
set -euo pipefail
cd "$(dirname "$0")/.."
data=${KINGLET_DATA:-../shared}
[ -d "$data/models" ] || { echo "conformance: no data in '$data': set KINGLET_DATA" >&2; exit 1; }
python=${KINGLET_PYTHON:-.venv/bin/python}
if ! "$python" -c 'import onnx, onnxruntime, numpy, PIL' 2>/dev/null; then
    python3 -m venv .venv
    .venv/bin/pip install --quiet --disable-pip-version-check -r conformance/requirements.txt
    python=.venv/bin/python
fi
[ -n "${KINGLET:-}" ] || make release
export KINGLET=${KINGLET:-$PWD/build/kinglet} KINGLET_DATA=$data
for part in executable nodes models integers accuracy; do
    echo "== conformance: $part"
    "$python" conformance/$part.py
done
echo "== conformance: kills"
"$python" conformance/kill.py --kills 40
echo "== conformance: memory"
"$python" conformance/memory.py
if "$python" -c 'import torch' 2>/dev/null; then
    echo "== conformance: gradients"
    swift build -c release --product kinglet-gradients
    "$python" conformance/gradients.py
else
    echo "== conformance: gradients SKIPPED: PyTorch is not installed (pip install torch)"
fi
if "$python" -c 'import torch, torchattacks' 2>/dev/null; then
    echo "== conformance: attacks"
    "$python" conformance/attacks.py
else
    echo "== conformance: attacks SKIPPED: torchattacks is not installed (pip install torch torchattacks scipy)"
fi
