#!/usr/bin/env bash
# Compiles the embedded subset (Engine, ONNX, Training, still-image Vision) as Embedded Swift, objects not kept.
#
#   cross/embedded.sh [TRIPLE…]
set -euo pipefail
cd "$(dirname "$0")/.."
swiftc=${SWIFTC:-swiftc}
triples=("$@")
[ ${#triples[@]} -gt 0 ] || triples=(x86_64-unknown-linux-gnu aarch64-none-none-elf armv7-none-none-eabi)
# Camera sources reach for the operating system: they stay out of the subset.
modules=(Engine ONNX Training Vision)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

flags=(
    -swift-version 6 -enable-experimental-feature Embedded -wmo -parse-as-library
    -package-name kinglet -Osize -I "$out"
)
for module in CSystem CKernels CJPEG; do
    printf 'module %s { umbrella header "%s" export * }\n' \
        "$module" "$PWD/Sources/$module/include/$module.h" >"$out/$module.modulemap"
    flags+=(-Xcc "-fmodule-map-file=$out/$module.modulemap" -Xcc "-I$PWD/Sources/$module/include")
done

for triple in "${triples[@]}"; do
    extra=()
    # 32-bit boards have a hardware floating-point unit with NEON.
    case $triple in armv7*) extra=(-Xcc -mfloat-abi=hard -Xcc -mfpu=neon -Xcc -mcpu=cortex-a7) ;; esac
    for module in "${modules[@]}"; do
        [ -d "Sources/$module" ] || continue
        mapfile -t files < <(find "Sources/$module" -name '*.swift' -not -path '*/Camera/*' | sort)
        start=$SECONDS
        "$swiftc" "${flags[@]}" "${extra[@]}" -target "$triple" -module-name "$module" \
            -emit-module -emit-module-path "$out/$module.swiftmodule" -c -o "$out/$module.o" "${files[@]}"
        echo "$triple $module: ${#files[@]} files, $(stat -c %s "$out/$module.o") bytes, $((SECONDS - start)) s"
    done
    rm -f "$out"/*.swiftmodule "$out"/*.o
done
