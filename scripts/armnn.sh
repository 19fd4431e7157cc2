#!/usr/bin/env bash
# Builds libkinglet-armnn.so, which an executable built with KINGLET_ARMNN=1 opens at run time to reach Arm NN.
#
#   scripts/armnn.sh [FOLDER]         into FOLDER (default: build)
#
# For another machine: ARMNN_CXX=aarch64-linux-gnu-g++ ARMNN_SYSROOT=ROOT, where ROOT holds that machine's libarmnn-dev.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-build}
cxx=${ARMNN_CXX:-g++}
root=${ARMNN_SYSROOT:-}
command -v "$cxx" >/dev/null || {
    echo "armnn.sh: no compiler '$cxx': install g++, or name another in ARMNN_CXX" >&2
    exit 1
}
triplet=$("$cxx" -dumpmachine)

library=
for folder in "$root/usr/lib/$triplet" "$root/usr/lib" "$root/usr/local/lib"; do
    [ ! -e "$folder/libarmnn.so" ] || library=$folder/libarmnn.so
done
if [ -z "$library" ] || [ ! -e "$root/usr/include/armnn/ArmNN.hpp" ]; then
    echo "armnn.sh: no Arm NN in ${root:-/}: install libarmnn-dev (Debian), or say where it is in ARMNN_SYSROOT" >&2
    exit 1
fi

mkdir -p "$out"
# Arm NN's headers alone: the root's C++ library may be newer than this compiler understands.
headers=$(mktemp -d)
trap 'rm -rf "$headers"' EXIT
ln -s "$root"/usr/include/armnn* "$headers"
"$cxx" -std=c++17 -O2 -Wall -Wextra -shared -fPIC -fvisibility=hidden -isystem "$headers" \
    -o "$out/libkinglet-armnn.so" Sources/CArmNN/shim/*.cpp "$library" -Wl,--allow-shlib-undefined -Wl,-s
version=$(sed -n 's/#define ARMNN_MAJOR_VERSION //p' "$root/usr/include/armnn/Version.hpp")
echo "$out/libkinglet-armnn.so: $(stat -c %s "$out/libkinglet-armnn.so") bytes, for Arm NN $version ($triplet)"
