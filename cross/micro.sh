#!/usr/bin/env bash
# Builds kinglet-micro, one static executable of Embedded Swift, into build/BOARD/kinglet-micro.
#
#   cross/micro.sh BOARD     a name of boards/, whatever its flavour
#
# Needs swiftc and clang of one Swift toolchain, lld, and Debian's cross compiler with C library for the board.
# libjpeg comes as a package of this machine's Debian, unpacked outside the repository.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$here/cross/debian.sh"
. "$here/cross/machines.sh"
[ $# = 1 ] || usage
board "$1"
machine "$B_TRIPLE"
suite=${KINGLET_MICRO_SUITE:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
fetch "micro-$debian" "$suite" "$debian" --alone libjpeg62-turbo-dev
if [ ! -e "$jpeg/usr/lib/$gnu/libjpeg.a" ]; then
    mkdir -p "$jpeg"
    dpkg-deb -x "$(deb "micro-$debian" libjpeg62-turbo-dev)" "$jpeg"
fi
MODULES="Engine ONNX Training Vision Tasks kinglet-micro" "$here/cross/embedded.sh" "$triple"
compile "$here"/Sources/{CSystem,CJPEG,CModel,CMicro,CKernels}/*.c
out=$here/build/$board/kinglet-micro
mkdir -p "$(dirname "$out")"
link "$out" -static "$objects/kinglet-micro.o" "$objects"/C/C{System,JPEG,Model,Micro,Kernels}-*.o "$jpeg/usr/lib/$gnu/libjpeg.a"
echo "$out: $(stat -c %s "$out") bytes"
