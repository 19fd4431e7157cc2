#!/usr/bin/env bash
# Builds the executable that is shipped, build/kinglet: static standard library, no debug information.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/small.sh
swift=${SWIFT:-swift}
# libjpeg and the C++ library inside: the executable needs the C library alone.
scripts/static-libs.sh build/static
small .build-release "$swift" build
"$swift" build -c release --product kinglet "${small[@]}" -Xlinker "-L$PWD/build/static"
strip -o build/kinglet .build-release/release/kinglet
echo "build/kinglet: $(stat -c %s build/kinglet) bytes"
