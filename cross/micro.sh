#!/usr/bin/env bash
# Builds kinglet-micro, one static executable of Embedded Swift, into build/BOARD/kinglet-micro.
#
#   cross/micro.sh BOARD     a name of boards/, whatever its flavour
#
# Packed: it unfolds itself in memory when it starts. KINGLET_PACK=0 leaves it as it was linked.
#
# Needs swiftc and clang of one Swift toolchain, lld, and Debian's cross compiler for the board.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$here/cross/debian.sh"
. "$here/cross/machines.sh"
[ $# = 1 ] || usage
board "$1"
machine "$B_TRIPLE"
libraries
MODULES="Engine ONNX Training Vision Tasks kinglet-micro" "$here/cross/embedded.sh" "$triple"
compile "$here"/Sources/{CSystem,CJPEG,CModel,CMicro,CKernels}/*.c
out=$here/build/$board/kinglet-micro
mkdir -p "$(dirname "$out")"
link "$objects/kinglet-micro" "$objects/kinglet-micro.o" "$objects"/C/C{System,JPEG,Model,Micro,Kernels}-*.o "$board_files/usr/lib/$gnu/libjpeg.a"
if [ "${KINGLET_PACK:-1}" = 0 ]; then cp "$objects/kinglet-micro" "$out.new"; else pack "$objects/kinglet-micro" "$out.new"; fi
mv "$out.new" "$out"
echo "$out: $(stat -c %s "$out") bytes, $(stat -c %s "$objects/kinglet-micro") unpacked"
