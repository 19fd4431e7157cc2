#!/usr/bin/env bash
# Inner loops of the AArch64 tiles in LLVM's machine model: cycles of one pass against those of its multiply-adds
# alone, which are the peak. Needs a clang that targets AArch64 and llvm-mca (Debian: llvm).
#
#   Benchmarks/mca.sh
set -euo pipefail
cd "$(dirname "$0")/../Sources/CKernels"
clang=${CLANG:-clang} mca=${LLVM_MCA:-llvm-mca}
for tool in "$clang" "$mca"; do
    command -v "$tool" >/dev/null || { echo "mca.sh: needs $tool" >&2; exit 69; }
done
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# The innermost loop of a function that has the most multiply-adds.
loop() {
    awk -v name="$1" -v op="$2" '
        $0 ~ "^" name ":" { on = 1 }
        !on { next }
        /^\.Lfunc_end/ { exit }
        /^\.LBB[0-9_]+:/ { label = $1; sub(/:.*/, "", label); n = 0; next }
        /^[ \t]*(\.|\/\/|#)/ { next }
        { line[n++] = $0 }
        $1 ~ /^(b\.|cbn?z|tbn?z)/ && index($0, label) {
            count = 0
            for (i = 0; i < n; i++) if (line[i] ~ "^[ \t]*(" op ")[ \t]") count++
            if (count > best) { best = count; text = ""; for (i = 0; i < n; i++) text = text line[i] "\n" }
        }
        END { printf "%s", text }' "$3"
}

model() { "$mca" -mtriple=aarch64 -mcpu="$1" -mattr=+dotprod,+i8mm -iterations=200 "$2" 2>/dev/null; }

printf '%-22s %-12s %10s %10s %7s\n' tile model cycles peak share
while read -r file name op cpus; do
    "$clang" -O2 --target=aarch64-unknown-linux-gnu -ffreestanding -fno-omit-frame-pointer -Iinclude -I. \
        -S -o "$out/$file.s" "$file.c"
    loop "$name" "$op" "$out/$file.s" >"$out/loop.s"
    grep -E "^[[:space:]]*($op)[[:space:]]" "$out/loop.s" >"$out/ops.s"
    for cpu in ${cpus//,/ }; do
        cycles=$(model "$cpu" "$out/loop.s" | awk '/^Total Cycles/ { print $3 / 200 }')
        peak=$(model "$cpu" "$out/ops.s" | awk '/^Block RThroughput/ { print $3 }')
        awk -v n="$name" -v m="$cpu" -v c="$cycles" -v p="$peak" \
            'BEGIN { printf "%-22s %-12s %10.1f %10.1f %6.1f%%\n", n, m, c, p, 100 * p / c }'
    done
done <<TILES
neon wide_4_4_neon fmla cortex-a53,cortex-a55,cortex-a72,neoverse-n1
neon wide_3_4_neon fmla cortex-a72,neoverse-n1
neon wide_8_2_neon fmla cortex-a72,neoverse-n1
neon block_i84_neon smull2?|smlal2?|sadalp cortex-a53,cortex-a72,neoverse-n1
dotprod wide_4_4_dotprod sdot cortex-a55,neoverse-n1
dotprod wide_3_4_dotprod sdot neoverse-n1
dotprod wide_8_2_dotprod sdot neoverse-n1
i8mm block_i88_i8mm smmla neoverse-n1
TILES
