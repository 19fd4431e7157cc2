#!/usr/bin/env bash
# Runs the tests with address and undefined-behaviour checks, then those with threads under the thread checker.
#
#   scripts/sanitize.sh [address|thread]     both without a word
set -euo pipefail
cd "$(dirname "$0")/.."
swift=${SWIFT:-swift}

# The checkers put their own malloc in the place of the one whose calls a test counts.
skip=(--skip allocationsAreCounted)

# C code is checked for undefined behaviour too, on which it then traps, as Swift does by itself. Leaks are not looked
# for: what the process keeps to its end, such as the worker threads, would be called one.
address() {
    export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1
    local flags=(--sanitize=address --scratch-path .build-address -Xcc -fsanitize=undefined -Xcc -fsanitize-trap=undefined)
    "$swift" build --build-tests "${flags[@]}"
    "$swift" test --skip-build "${flags[@]}" "${skip[@]}" "$@"
}

# A futex is a lock that the checker does not know, but what it guards is atomic.
thread() {
    export TSAN_OPTIONS=halt_on_error=1
    "$swift" build --build-tests --sanitize=thread --scratch-path .build-thread
    "$swift" test --skip-build --sanitize=thread --scratch-path .build-thread \
        --filter 'ThreadPool|EveryInstructionSetAndThreadCount|OpHarness|TrainingSession|PlanTests' "${skip[@]}" "$@"
}

case ${1:-all} in
    all) address && thread ;;
    address | thread) "$@" ;;
    *) sed -n 2,4p "$0" >&2 && exit 64 ;;
esac
