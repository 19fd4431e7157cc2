# What the scripts of this folder share; source it. Sets `here` (the repository), `store` (downloads, outside the
# repository) and, by `board NAME`, `board` and the keys of its file as B_KEY.
set -euo pipefail
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
store=${KINGLET_CROSS:-${XDG_CACHE_HOME:-$HOME/.cache}/kinglet-cross}

die() { # die MESSAGE [EXIT CODE]
    echo "$(basename "$0"): $1" >&2
    exit "${2:-69}"
}

# need COMMAND PACKAGE: COMMAND is there, or the package that holds it is named.
need() { command -v "$1" >/dev/null || die "needs '$1': apt-get install $2"; }

usage() { # the comment at the head of the script
    sed -n '2,/^[^#]/ { /^#/ { s/^# \{0,1\}//; p } }' "$0" >&2
    exit 64
}

# Reads boards/NAME.env, or a file, without running it.
board() {
    local file=$1 line key value
    [ -e "$file" ] || file=$here/boards/$1.env
    [ -f "$file" ] || die "no board '$1': $(cd "$here/boards" && echo ./*.env | sed 's|\./||g; s|\.env||g')" 64
    board=$(basename "$file" .env)
    while read -r line || [ -n "$line" ]; do
        [[ $line =~ ^([A-Z_]+)=(\"[^\"]*\"|[^[:space:]\"]*)[[:space:]]*(#.*)?$ ]] || {
            [[ $line =~ ^[[:space:]]*(#.*)?$ ]] || die "$file: '$line' is not KEY=value" 65
            continue
        }
        key=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
        value=${value#\"}
        printf -v "B_$key" %s "${value%\"}"
    done <"$file"
    for key in DESCRIPTION TRIPLE FLAVOUR ISA RAM THREADS MEMORY; do
        [ -v "B_$key" ] || die "$file: no $key" 65
    done
    : "${B_CPU:=}" "${B_QEMU_CPU:=}"
}

# emulate PROGRAM ARGS…: under qemu with the board's processor, libraries from the sysroot; on a machine of its kind, as it is.
emulate() {
    local machine=${B_TRIPLE%%-*} cpu=${KINGLET_CPU:-$B_QEMU_CPU} qemu
    case $machine in armv7*) machine=arm ;; esac
    if [ "$machine" = "$(uname -m)" ] && [ -z "${KINGLET_CPU:-}" ]; then
        "$@"
        return
    fi
    qemu=${KINGLET_QEMU:-qemu-$machine}
    need "$qemu" qemu-user
    # Test bundles need Swift's dynamic libraries.
    "$qemu" ${cpu:+-cpu "$cpu"} -L "$store/sysroot" -E LD_LIBRARY_PATH=/usr/lib/swift/linux "$@"
}
