#!/usr/bin/env bash
# Builds the executable of a board into build/BOARD/: `kinglet` with the Swift library inside, stripped, or
# `kinglet-micro` where the board's flavour is micro.
#
#   cross/build.sh BOARD            a name from boards/ or a board file
#
# For 64-bit Arm it takes, in this order,
#   KINGLET_SDK=NAME                that Swift SDK (or triple of one), with the Swift in PATH
#   `swift sdk list`                the first SDK for aarch64 that is installed there
#   cross/setup.sh                  Debian's Swift and Debian 13's libraries, fetched once: the system needs glibc 2.38
# An SDK brings no libjpeg: KINGLET_JPEG=FOLDER names one built for the board (FOLDER/include, FOLDER/lib).
. "$(dirname "$0")/lib.sh"
[ $# = 1 ] || usage
board "$1"
cd "$here"
out=build/$board
if [ "$B_FLAVOUR" = micro ]; then exec cross/micro.sh "$1"; fi
. cross/sdk.sh

mkdir -p "$out"
build_executable "$out/kinglet.new"
mv "$out/kinglet.new" "$out/kinglet"
echo "$out/kinglet: $(stat -c %s "$out/kinglet") bytes, $how"
if [ "${KINGLET_ARMNN:-}" = 1 ]; then
    # Beside it, what reaches Arm NN of the board.
    [ "$machine" = "$(uname -m)" ] || export ARMNN_CXX="$machine-linux-gnu-g++" ARMNN_SYSROOT="${ARMNN_SYSROOT:-$store/sysroot}"
    scripts/armnn.sh "$out"
fi
