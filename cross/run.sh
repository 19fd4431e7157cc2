#!/usr/bin/env bash
# Runs a board's executable, which cross/build.sh made:
#
#   cross/run.sh BOARD ARGS…
#
# here, under qemu with the board's processor (Debian: qemu-user), or on the board itself:
#
#   KINGLET_SSH=user@host cross/run.sh BOARD ARGS…
#
# There, executable and every argument that names a file or folder here are copied to ~/kinglet-run first, if they have
# changed (rsync), and what Kinglet writes stays there: give -o paths that do not exist here.
# KINGLET_CPU stands in for the board's processor; KINGLET_QEMU for the qemu found in PATH.
. "$(dirname "$0")/lib.sh"
[ $# -ge 1 ] || usage
board "$1"
shift
program=$here/build/$board/kinglet
[ "$B_FLAVOUR" = full ] || program=$here/build/$board/kinglet-micro
[ -x "$program" ] || die "no $program: run cross/build.sh $board first"

if [ -n "${KINGLET_SSH:-}" ]; then
    need rsync rsync
    folder=kinglet-run arguments=()
    copy() { rsync -a --rsync-path="mkdir -p $folder && rsync" "$1" "$KINGLET_SSH:$folder/"; }
    copy "$program"
    for argument in "$@"; do
        if [ -e "$argument" ]; then
            copy "$(realpath "$argument")"
            argument=$folder/$(basename "$(realpath "$argument")")
        fi
        arguments+=("${argument@Q}")
    done
    # shellcheck disable=SC2029 # quoted for the other side
    exec ssh "$KINGLET_SSH" "$folder/$(basename "$program") ${arguments[*]}"
fi
emulate "$program" "$@"
