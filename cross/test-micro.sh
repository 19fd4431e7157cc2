#!/usr/bin/env bash
# Builds a board's kinglet-micro and tests it, under qemu where the processor is another: every kernel against its twin and
# every operator on each processor of the kind, then the commands against those of `kinglet` on this machine.
#
#   cross/test-micro.sh BOARD [FLAGS OF conformance/micro.py]
#
# KINGLET names the executable to compare with (default build/kinglet, which `make release` makes); KINGLET_DATA holds
# photographs and models (default ../shared), which are skipped if they are not there.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
[ $# -ge 1 ] || usage
board "$1"
shift
case $B_TRIPLE in
    # Without and with the later multiply-add, in order and out of order.
    armv7*) machine=arm processors=(cortex-a8 cortex-a7 cortex-a15) ;;
    aarch64*) machine=aarch64 processors=(cortex-a53) ;;
    *) machine=x86_64 processors=('') ;;
esac
export KINGLET=${KINGLET:-$here/build/kinglet} KINGLET_DATA=${KINGLET_DATA:-$here/../shared}
[ -x "$KINGLET" ] || die "no '$KINGLET' to compare with: make release, or set KINGLET"
"$here/cross/micro.sh" "$board"
"$here/cross/micro-tests.sh" "$B_TRIPLE"
tests=$(ls -t "$here"/build/micro/"${B_TRIPLE%%-*}"-*/tests/engine-tests | head -1)

same=() qemu=()
if [ "$machine" = "$(uname -m)" ]; then
    same=(--same-bits)
else
    need "qemu-$machine" qemu-user
fi
for cpu in "${processors[@]}"; do
    [ ${#same[@]} -gt 0 ] || qemu=("qemu-$machine" -cpu "$cpu")
    echo "== kernels and operators, $machine $cpu"
    "${qemu[@]}" ${qemu:+-L "/usr/$machine-linux-gnu${B_TRIPLE##*-gnu}"} "$tests" >"$tests.log" || {
        grep -v ' held, [0-9]* ms$' "$tests.log" | head -40
        die "kernels or operators fail on $machine $cpu" 1
    }
    tail -1 "$tests.log"
done
echo "== commands, ${qemu[*]:-here}"
python3 "$here/conformance/micro.py" "$here/build/$board/kinglet-micro" ${qemu:+--run "${qemu[*]}"} "${same[@]}" "$@"
