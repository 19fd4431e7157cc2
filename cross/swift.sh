#!/usr/bin/env bash
# The Swift that setup.sh unpacked, run in its own root (a mount namespace; nothing of the machine is changed), in the
# folder it is called from.
#
#   $KINGLET_CROSS/swift ARGS…
#
# BIND="FOLDER…" shows it further folders; it sees its own, the current one and those that git is told to clone from.
set -euo pipefail
store=$(dirname "$(realpath "$0")")
root=$store/root

# Git's rewriting of addresses holds inside too, and folders that it leads to are shown.
binds=("$store" "$PWD")
config=$(git config --get-regexp '^url\..*\.insteadof$' 2>/dev/null || true)
{
    printf '[safe]\n\tdirectory = *\n'
    while read -r key address; do
        [ -n "$key" ] || continue
        base=${key#url.} base=${base%.insteadof}
        printf '[url "%s"]\n\tinsteadOf = %s\n' "$base" "$address"
        [[ $base != /* ]] || binds+=("$base")
    done <<<"$config"
} >"$root/root/.gitconfig.$$"
mv "$root/root/.gitconfig.$$" "$root/root/.gitconfig"
for file in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt; do
    if [ -e "$file" ]; then mkdir -p "$root$(dirname "$file")" && cp -L "$file" "$root$file"; fi
done
# shellcheck disable=SC2206 # BIND is a list of words
binds+=(${BIND:-})

environment=(HOME=/root LANG=C.UTF-8 TERM=dumb PATH=/usr/libexec/swift/bin:/usr/bin:/bin)
for name in http_proxy https_proxy no_proxy KINGLET_ARMNN KINGLET_DATA; do
    [ -z "${!name:-}" ] || environment+=("$name=${!name}")
done

# Without root's rights, the root of a user namespace does.
namespace=(unshare --mount --propagation private)
[ "$(id -u)" = 0 ] || namespace+=(--map-root-user)
# shellcheck disable=SC2016 # the inner shell expands it
exec "${namespace[@]}" bash -euc '
    root=$1 folder=$2 binds=$3 environment=$4
    shift 4
    eval "binds=($binds) environment=($environment)"
    for bind in /proc /dev "${binds[@]}"; do
        mkdir -p "$root$bind"
        mount --rbind "$bind" "$root$bind"
    done
    exec chroot "$root" /usr/bin/env -i "${environment[@]}" \
        bash -c "cd \"\$0\" && exec swift \"\$@\"" "$folder" "$@"
' swift "$root" "$PWD" "${binds[*]@Q}" "${environment[*]@Q}" "$@"
