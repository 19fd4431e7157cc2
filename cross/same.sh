#!/usr/bin/env bash
# int8 models give the same bits on a board, under qemu, as on this machine: every *int8*.onnx of KINGLET_DATA and Models.
#
#   cross/same.sh BOARD [CPU…]
. "$(dirname "$0")/lib.sh"
[ $# -ge 1 ] || usage
board "$1"
cpus=("${@:2}")
[ ${#cpus[@]} -gt 0 ] || cpus=("$B_QEMU_CPU")
cd "$here"
data=${KINGLET_DATA:-../shared}
theirs=build/$board/kinglet ours=${KINGLET:-build/kinglet}
[ -x "$theirs" ] || cross/build.sh "$1"
if [ ! -x "$ours" ]; then
    command -v "${SWIFT:-swift}" >/dev/null || { echo "same.sh: SKIPPED: no kinglet of this machine to compare with" >&2; exit 0; }
    make release
fi
need python3 python3
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# Half noise, half gradients, in the range that the model was trained with.
input() { # input FILE SIDE LOW HIGH
    python3 - "$@" <<'PYTHON'
import random, struct, sys
path, side, low, high = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
random.seed(4)
count = 2 * 3 * side * side
values = [random.randrange(256) if i < count // 2 else i // 7 % 256 for i in range(count)]
head = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, %d, %d), }" % (side, side)
head += " " * (63 - (len(head) + 10) % 64) + "\n"
with open(path, "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode())
    file.write(struct.pack("<%df" % count, *(low + (high - low) * v / 255 for v in values)))
PYTHON
}

failed=0 models=0
for model in Models/*int8*.onnx "$data"/models/*nchw_int8*.onnx; do
    [ -e "$model" ] || continue
    case $model in
    *mobilenet_v2*) shape=(224 -1 0.992) ;;
    *mobilenet_v1*) shape=(128 -1 0.992) ;;
    *vww*) shape=(96 0 1) ;;
    *) shape=(32 0 255) ;;
    esac
    models=$((models + 1))
    input "$out/x.npy" "${shape[@]}"
    "$ours" run "$model" --input "$out/x.npy" --output "$out/here.npy" >/dev/null
    for cpu in "${cpus[@]}"; do
        KINGLET_CPU=$cpu emulate "$theirs" run "$model" --input "$out/x.npy" --output "$out/there.npy" >/dev/null
        if cmp -s "$out/here.npy" "$out/there.npy"; then
            echo "$(basename "$model"): same bits on $cpu"
        else
            echo "$(basename "$model"): DIFFERS on $cpu" >&2
            failed=1
        fi
    done
done
[ $models -gt 0 ] || die "no int8 models in Models or '$data/models'" 66
exit $failed
