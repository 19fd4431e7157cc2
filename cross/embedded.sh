#!/usr/bin/env bash
# Compiles the embedded subset and Tasks as Embedded Swift: modules in OUT/TRIPLE (default
# build/micro), modules that nothing changed for left as they are.
#
#   cross/embedded.sh [TRIPLE…]      MODULES: others, in the order of their imports
set -euo pipefail
cd "$(dirname "$0")/.."
swiftc=${SWIFTC:-swiftc}
triples=("$@")
[ ${#triples[@]} -gt 0 ] || triples=(x86_64-unknown-linux-gnu aarch64-none-none-elf armv7-none-none-eabi)
read -ra modules <<<"${MODULES:-Engine ONNX Training Vision Tasks}"

for triple in "${triples[@]}"; do
    out=${OUT:-$PWD/build/micro}/$triple
    mkdir -p "$out"
    flags=(
        -target "$triple" -swift-version 6 -enable-experimental-feature Embedded -wmo -parse-as-library -Osize
        -Xfrontend -function-sections -package-name kinglet -I "$out"
        # Even for size, Swift copies the beginnings of String.append and the like to each place that calls them, and LLVM swift_retain.
        -Xllvm -sil-inline-overall-caller-block-limit=0 -Xllvm -inline-threshold=0
    )
    # 32-bit boards have NEON; Thumb code is a third smaller than ARM code.
    case $triple in armv7*) flags+=(-Xcc -mfloat-abi=hard -Xcc -mfpu=neon -Xcc -mthumb) ;; esac
    for module in CSystem CKernels CJPEG CModel; do
        printf 'module %s { umbrella header "%s" export * }\n' \
            "$module" "$PWD/Sources/$module/include/$module.h" >"$out/$module.modulemap"
        flags+=(-Xcc "-fmodule-map-file=$out/$module.modulemap" -Xcc "-I$PWD/Sources/$module/include")
    done
    if [ -n "${FLAGS:-}" ]; then
        # What another module on top of these is compiled with.
        echo "${flags[@]}"
        continue
    fi
    changed=
    for module in "${modules[@]}"; do
        # Camera sources reach for the operating system: they stay out of the subset.
        mapfile -t files < <(find "Sources/$module" -name '*.swift' -not -path '*/Camera/*' | sort)
        object=$out/$module.o
        [ "$module" = kinglet-micro ] || object=$out/$module.done
        # A module is compiled anew if it, a module below it, or a header has changed.
        if [ -z "$changed" ] && [ -e "$object" ] &&
            [ -z "$(find "Sources/$module" Sources/C*/include -newer "$object" -print -quit)" ]; then continue; fi
        changed=yes
        start=$SECONDS
        # Functions are generated where they are used: only the last module needs code.
        if [ "$module" = kinglet-micro ]; then code=(-c -o "$out/part.o"); else code=(); fi
        "$swiftc" "${flags[@]}" -module-name "${module//-/_}" -emit-module \
            -emit-module-path "$out/${module//-/_}.swiftmodule" "${code[@]}" "${files[@]}"
        if [ "$module" = kinglet-micro ]; then mv "$out/part.o" "$object"; else touch "$object"; fi
        echo "$triple $module: ${#files[@]} files, $((SECONDS - start)) s"
    done
done
