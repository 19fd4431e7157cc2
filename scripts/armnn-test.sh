#!/usr/bin/env bash
# Tests the offload to Arm NN, or says loudly why not. On Debian it installs Arm NN where it may.
#
#   KINGLET_DATA=FOLDER scripts/armnn-test.sh     whole models too, from FOLDER/models
set -euo pipefail
cd "$(dirname "$0")/.."
swift=${SWIFT:-swift}

if [ ! -e /usr/include/armnn/ArmNN.hpp ] && [ ! -e /usr/local/include/armnn/ArmNN.hpp ]; then
    sudo=()
    [ "$(id -u)" = 0 ] || sudo=(sudo -n)
    backend=$(apt-cache search --names-only '^libarmnn-cpuref-backend' 2>/dev/null | awk '{print $1; exit}')
    if [ -z "$backend" ] || ! "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends libarmnn-dev "$backend" >/dev/null 2>&1; then
        echo "SKIPPED: the offload to Arm NN is not tested here: libarmnn-dev and a backend cannot be installed" >&2
        exit 0
    fi
fi

export KINGLET_ARMNN=1
export KINGLET_ARMNN_LIBRARY=$PWD/build/libkinglet-armnn.so
scripts/armnn.sh build
"$swift" build -c release --build-tests --explicit-target-dependency-import-check error
"$swift" test -c release --skip-build --filter ArmNNTests
