#!/usr/bin/env bash
# Installs what a Debian machine lacks to build Kinglet, or says what to install. Quick when nothing is missing.
set -euo pipefail

missing=()
need() { # need PACKAGE TEST…: PACKAGE is missing unless the test succeeds
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || missing+=("$package")
}
header() { [ -e "/usr/include/$1" ] || [ -n "$(find /usr/include /usr/local/include -name "$1" -print -quit 2>/dev/null)" ]; }

need libjpeg-dev header jpeglib.h
need libc6-dev header stdlib.h
need binutils command -v strip
need git command -v git

if [ ${#missing[@]} -gt 0 ]; then
    install=(apt-get install -y --no-install-recommends "${missing[@]}")
    if ! command -v apt-get >/dev/null; then
        echo "Please install what these Debian packages hold: ${missing[*]}" >&2
        exit 1
    elif [ "$(id -u)" = 0 ]; then
        sudo=()
    elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        sudo=(sudo)
    else
        echo "Please run as root:  ${install[*]}" >&2
        exit 1
    fi
    echo "Installing ${missing[*]}" >&2
    # The lists may be old or absent: fetch them only if the first try fails.
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive "${install[@]}" >/dev/null 2>&1 || {
        "${sudo[@]}" apt-get update >/dev/null
        "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive "${install[@]}" >/dev/null
    }
fi

swift=${SWIFT:-swift}
if ! command -v "$swift" >/dev/null; then
    cat >&2 <<'TEXT'
Swift 6.2 or newer is needed and was not found. Either
  - install it with swiftly:  https://www.swift.org/install/linux
  - on Debian 14 or newer:    apt-get install swiftlang
  - or, if it is already on this machine, put its bin folder into PATH.
TEXT
    exit 1
fi
version=$("$swift" --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p' | head -1)
read -r major minor <<<"${version:-0 0}"
if [ "$major" -lt 6 ] || { [ "$major" = 6 ] && [ "$minor" -lt 2 ]; }; then
    echo "Swift 6.2 or newer is needed; '$swift' is ${major}.${minor}. See https://www.swift.org/install/linux" >&2
    exit 1
fi
