#!/usr/bin/env bash
# CI's stage: one 64-bit and one 32-bit Arm board, built and run under qemu, and int8 bits compared with this machine's.
# Skipped, and said so, where there is no way to make the tool chain: no Debian mirror in reach, no namespaces, no qemu.
#
#   cross/ci.sh
. "$(dirname "$0")/lib.sh"
cd "$here"
skip() {
    echo "== SKIPPED: Arm boards: $1" >&2
    exit 0
}
for tool in qemu-aarch64 qemu-arm; do
    command -v $tool >/dev/null || skip "no $tool (apt-get install qemu-user)"
done
step() {
    local start=$SECONDS
    "$@"
    echo "== $*: $((SECONDS - start)) s"
}

full=generic-arm64 micro=rpi2
step cross/setup.sh || skip "cross/setup.sh could not make the tool chain"
step cross/build.sh $full
step cross/run.sh $full classify -v Samples
KINGLET_DATA=/nonexistent step cross/same.sh $full
step cross/build.sh $micro
step cross/test-micro.sh $micro
