#!/usr/bin/env bash
# Collects the static libraries that the executable takes in, so that it needs no more of a system than its C library.
#
#   scripts/static-libs.sh FOLDER [ROOT [MACHINE]]
#
# From the library folders of ROOT (default /) for MACHINE (default: this one); what is not there is linked dynamically.
set -euo pipefail
folder=$1 root=${2:-} machine=${3:-$(uname -m)}
mkdir -p "$folder"
for name in libjpeg.a libstdc++.a; do
    # The newest compiler's comes last.
    file=$(find "$root/usr/lib/$machine-linux-gnu" "$root/usr/lib/gcc/$machine-linux-gnu" -maxdepth 2 -name "$name" 2>/dev/null | sort -V | tail -1)
    [ -z "$file" ] || cmp -s "$file" "$folder/$name" || cp "$file" "$folder/$name"
done
