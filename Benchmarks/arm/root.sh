#!/usr/bin/env bash
# An arm64 Python with ONNX Runtime, ncnn and LiteRT in one folder, for qemu-user; prints the folder. Python is Debian
# 13's, the runtimes are PyPI's wheels; nothing is installed here.
. "$(dirname "$0")/../../cross/lib.sh"
. "$here/cross/debian.sh"
packages=(onnxruntime==1.32.0 ncnn==1.0.20261020 ai-edge-litert==2.3.0
    numpy flatbuffers protobuf packaging typing_extensions backports.strenum)
root=$store/peers
stamp="${packages[*]}"
if [ "$(cat "$root/stamp" 2>/dev/null)" != "$stamp" ]; then
    need pip3 python3-pip
    fetch peers trixie arm64 base-files python3 libstdc++6 libgomp1 >&2
    rm -rf "$root"
    unpack "$root" peers
    platforms=()
    for glibc in 2_17 2_24 2_27 2_28 2_31 2_34 2_39; do platforms+=(--platform "manylinux_${glibc}_aarch64"); done
    pip3 download --quiet --disable-pip-version-check --only-binary=:all: --no-deps --python-version 3.13 \
        --implementation cp "${platforms[@]}" --platform manylinux2014_aarch64 \
        --dest "$store/wheels" "${packages[@]}" >&2
    mkdir -p "$root/wheels"
    for wheel in "$store"/wheels/*.whl; do python3 -m zipfile -e "$wheel" "$root/wheels"; done
    echo "$stamp" >"$root/stamp"
fi
echo "$root"
