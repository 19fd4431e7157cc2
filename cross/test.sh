#!/usr/bin/env bash
# Runs the tests of a 64-bit Arm board under qemu, built for it, and compares int8 results with this machine's:
#
#   cross/test.sh BOARD [--cpu CPU]… [--filter REGEX]
#
# Default processor: the board's. For all that matter:
#   cross/test.sh generic-arm64 --cpu cortex-a53 --cpu cortex-a72 --cpu cortex-a76 --cpu max
# KINGLET_DATA names the folder of real models and pictures; tests that need it say so where it is missing.
. "$(dirname "$0")/lib.sh"
[ $# -ge 1 ] || usage
board "$1"
name=$1
shift
cpus=() filter=()
while [ $# -gt 0 ]; do
    case $1 in
    --cpu) cpus+=("$2") ;;
    --filter) filter=(--filter "$2") ;;
    *) usage ;;
    esac
    shift 2
done
[ ${#cpus[@]} -gt 0 ] || cpus=("$B_QEMU_CPU")
[ "$B_FLAVOUR" = full ] || die "'$board' runs kinglet-micro, whose tests are cross/micro-tests.sh" 64
cd "$here"
export KINGLET_DATA=${KINGLET_DATA:-../shared}
[ ! -d "$KINGLET_DATA" ] || KINGLET_DATA=$(realpath "$KINGLET_DATA")
# An emulated processor is slow: files that must be decoded in a second get this many.
export KINGLET_TEST_PATIENCE=30
. cross/sdk.sh

build_tests
failed=0
for cpu in "${cpus[@]}"; do
    for bundle in "$(build_tests --show-bin-path)"/*.xctest; do
        start=$SECONDS
        echo "== $cpu: $(basename "$bundle")"
        KINGLET_CPU=$cpu emulate "$bundle" --testing-library swift-testing "${filter[@]}" || failed=1
        echo "== $cpu: $((SECONDS - start)) s"
    done
done
[ $failed = 0 ] || die "tests failed" 1
[ ${#filter[@]} -gt 0 ] || cross/same.sh "$name" "${cpus[@]}"
