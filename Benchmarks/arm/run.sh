#!/usr/bin/env bash
# Instructions that one inference executes on 64-bit Arm, one thread: Kinglet beside ONNX Runtime, ncnn and LiteRT,
# counted under qemu. These are not times: a processor runs several at once, or waits for memory.
#
#   Benchmarks/arm/run.sh [CPU…]       default: cortex-a72 cortex-a76; ONLY='resnet8 32 kinglet': only what matches
#
# A count is the difference between a process with 4 inferences and one with 2, halved. Needs the data of
# KINGLET_DATA, qemu-user 7.2 or newer with plugins, a C compiler, Python with onnx (for conversions; KINGLET_PYTHON).
. "$(dirname "$0")/../../cross/lib.sh"
cd "$here"
cpus=("$@")
[ ${#cpus[@]} -gt 0 ] || cpus=(cortex-a72 cortex-a76)
data=${KINGLET_DATA:-../shared}
[ -d "$data/models" ] || die "no data in '$data': set KINGLET_DATA"
python=${KINGLET_PYTHON:-.venv/bin/python}
qemu=${KINGLET_QEMU:-qemu-aarch64}
need "$qemu" qemu-user
kinglet=${KINGLET:-build/generic-arm64/kinglet}
[ -x "$kinglet" ] || cross/build.sh generic-arm64
peers=$(Benchmarks/arm/root.sh)
work=build/bench-arm
mkdir -p "$work"
cc -O2 -shared -fPIC -o "$work/libicount.so" Benchmarks/arm/icount.c
"$python" Benchmarks/arm/models.py "$data/models" "$work"

# The runtimes look for the processor's name in files that under qemu are this machine's.
disguise() {
    local part features="fp asimd evtstrm crc32 cpuid" file
    case $1 in
    cortex-a53) part=0xd03 ;;
    cortex-a72) part=0xd08 ;;
    cortex-a76) part=0xd0b features+=" atomics fphp asimdhp asimdrdm lrcpc dcpop asimddp" ;;
    *) die "no name for processor '$1': cortex-a53, cortex-a72 or cortex-a76" ;;
    esac
    mkdir -p "$peers"/{proc,sys/devices/system/cpu}
    for file in possible present online; do echo 0 >"$peers/sys/devices/system/cpu/$file"; done
    printf '%s\n' "processor : 0" "Features : $features" "CPU implementer : 0x41" "CPU architecture: 8" \
        "CPU variant : 0x1" "CPU part : $part" "CPU revision : 0" "" >"$peers/proc/cpuinfo"
}

# count CPU ROOT PROGRAM…: executed instructions
count() {
    local file
    file=$(mktemp)
    env OMP_NUM_THREADS=1 "$qemu" -cpu "$1" -L "$2" -E SWIFT_DETERMINISTIC_HASHING=1 -E PYTHONHASHSEED=0 \
        -E "PYTHONPATH=$peers/wheels" -plugin "$PWD/$work/libicount.so,out=$file" "${@:3}" >/dev/null 2>"$work/errors" ||
        { echo 0 >"$file"; sed 's/^/    /' "$work/errors" | tail -3 >&2; }
    cat "$file"
    rm "$file"
}

# each CPU WHO MODEL SIDE: instructions of one inference, in millions
each() {
    local few many who=$2
    case $who in
    kinglet)
        # One run, then as many to warm up as are measured.
        few=$(count "$1" "$store/sysroot" "$kinglet" bench "$3" --threads 1 --runs 1)
        many=$(count "$1" "$store/sysroot" "$kinglet" bench "$3" --threads 1 --runs 2)
        ;;
    *)
        few=$(count "$1" "$peers" "$peers/usr/bin/python3" Benchmarks/arm/peer.py "$who" "$3" "$4" 2)
        many=$(count "$1" "$peers" "$peers/usr/bin/python3" Benchmarks/arm/peer.py "$who" "$3" "$4" 4)
        ;;
    esac
    awk -v a="$few" -v b="$many" 'BEGIN { if (a > 0 && b > a) printf "%.2f\n", (b - a) / 2e6; else print "-" }'
}

printf '%-22s %-12s %-10s %12s\n' model processor runtime 'M instructions'
for cpu in "${cpus[@]}"; do
    disguise "$cpu"
    while read -r model side who file; do
        [ -e "$file" ] || [ -e "$file.bin" ] || continue
        printf '%-22s %-12s %-10s %12s\n' "$model" "$cpu" "$who" "$(each "$cpu" "$who" "$file" "$side")"
    done < <(grep -E -e "${ONLY:-}" "$work/models.txt")
done
