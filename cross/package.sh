#!/usr/bin/env bash
# Packs what cross/build.sh made for a board.
#
#   cross/package.sh BOARD     → build/BOARD/kinglet_VERSION_ARCH.deb and kinglet-VERSION-BOARD.tar.gz
#
# Builds first if build/BOARD is empty. With lintian installed, its errors and warnings fail the script.
source "$(dirname "$0")/lib.sh"
[ $# = 1 ] || usage
board "$1"
need dpkg-deb dpkg
need gzip gzip
need readelf binutils

out=$here/build/$board
program=kinglet
[ "$B_FLAVOUR" = full ] || program=kinglet-micro
[ -x "$out/$program" ] || "$here/cross/build.sh" "$1"
case $B_TRIPLE in
x86_64-*) arch=amd64 ;;
aarch64-*) arch=arm64 ;;
armv7*) arch=armhf ;;
*) die "no Debian architecture for $B_TRIPLE" ;;
esac
version=$(sed -n 's/^ *version: "\(.*\)",$/\1/p' "$here/Sources/kinglet/Kinglet.swift")
[ -n "$version" ] || die "no version in Sources/kinglet/Kinglet.swift"
maintainer="Kinglet developers <kinglet@localhost.localdomain>"
# The same sources give the same bytes.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$here" log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
root=$tree/root
share=$root/usr/share
put() { install -D -m "${3:-644}" "$1" "$root$2"; }
packed() { mkdir -p "$(dirname "$root$1")" && gzip -9n >"$root$1"; }

put "$out/$program" "/usr/bin/$program" 755
[ "$program" = kinglet ] || ln -s "$program" "$root/usr/bin/kinglet"
RUN="$here/cross/run.sh $1" "$here/scripts/manual.sh" "$program" "$version" "$tree/man"
for page in "$tree"/man/*.1; do packed "/usr/share/man/man1/$(basename "$page").gz" <"$page"; done
[ "$program" = kinglet ] || ln -s kinglet-micro.1.gz "$share/man/man1/kinglet.1.gz"
if [ "$program" = kinglet ]; then
    mkdir -p "$tree/completions"
    for shell in bash zsh fish; do
        "$here/cross/run.sh" "$1" --generate-completion-script $shell | sed '1{/^#!/d}' >"$tree/completions/$shell"
    done
    put "$tree/completions/bash" /usr/share/bash-completion/completions/kinglet
    put "$tree/completions/zsh" /usr/share/zsh/vendor-completions/_kinglet
    put "$tree/completions/fish" /usr/share/fish/vendor_completions.d/kinglet.fish
    for file in "$here"/boards/*.env; do put "$file" "/usr/share/kinglet/boards/$(basename "$file")"; done
fi

# What the service runs. The small executable reads no cameras: v4l2-ctl does, into its standard input.
if [ "$program" = kinglet ]; then
    service='/usr/bin/kinglet classify --json $KINGLET_FLAGS $KINGLET_INPUT'
    input='# A camera, an MJPEG stream (http://…) or a folder of JPEG files.\nKINGLET_INPUT=v4l2:///dev/video0'
else
    service="/bin/sh -c 'v4l2-ctl -d \$\$KINGLET_CAMERA --set-fmt-video=pixelformat=MJPG --stream-mmap --stream-to=- |"
    service+=" exec kinglet classify --json \$\$KINGLET_FLAGS -'"
    input='# A camera that gives MJPEG; read by v4l2-ctl of the package v4l-utils.\nKINGLET_CAMERA=/dev/video0'
fi
# The limit that the service keeps, and the one that the system holds it to: half as much again.
[[ $B_MEMORY =~ ^([0-9]+)([MG])$ ]] || die "boards/$board.env: MEMORY '$B_MEMORY', wanted such as 256M or 1G" 65
megabytes=${BASH_REMATCH[1]}
[ "${BASH_REMATCH[2]}" = M ] || megabytes=$((megabytes * 1024))
fill() {
    sed "s/@MEMORY@/$B_MEMORY/; s/@MEMORY_MAX@/$((megabytes * 3 / 2))M/; s|@COMMAND@|${service//|/\\|}|; s|@INPUT@|$input|" "$1"
}
fill "$here/packaging/kinglet.service" >"$tree/kinglet.service"
fill "$here/packaging/kinglet.conf" >"$tree/kinglet.conf"
put "$tree/kinglet.service" /usr/lib/systemd/system/kinglet.service
put "$tree/kinglet.conf" /etc/kinglet/kinglet.conf
put "$here/packaging/copyright" /usr/share/doc/kinglet/copyright
put "$here/packaging/lintian-overrides" /usr/share/lintian/overrides/kinglet
packed /usr/share/doc/kinglet/README.md.gz <"$here/README.md"
packed /usr/share/doc/kinglet/NEWS.md.gz <"$here/CHANGELOG.md"
packed /usr/share/doc/kinglet/changelog.gz <<CHANGELOG
kinglet ($version) unstable; urgency=medium

  * What is new: /usr/share/doc/kinglet/NEWS.md.gz

 -- $maintainer  $(date -uR -d "@$SOURCE_DATE_EPOCH")
CHANGELOG

# Libraries by the packages of Debian 12 and 13 that hold them, and the C library that the symbols ask for.
depends=()
while read -r library; do
    case $library in
    libc.so.* | libm.so.* | ld-linux*)
        glibc=$(readelf -V --wide "$out/$program" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -1)
        depends+=("libc6 (>= ${glibc#GLIBC_})")
        ;;
    libgcc_s.so.*) depends+=("libgcc-s1") ;;
    libstdc++.so.6) depends+=("libstdc++6") ;;
    libjpeg.so.62) depends+=("libjpeg62-turbo") ;;
    libz.so.1) depends+=("zlib1g") ;;
    *) die "$program needs $library: which package holds it?" ;;
    esac
done < <(readelf -d --wide "$out/$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
mkdir -p "$root/DEBIAN"
{
    cat <<CONTROL
Package: kinglet
Version: $version
Architecture: $arch
Maintainer: $maintainer
Section: graphics
Priority: optional
Installed-Size: $(du -sk --apparent-size "$root/usr" | cut -f1)
CONTROL
    [ ${#depends[@]} = 0 ] ||
        echo "Depends: $(printf '%s\n' "${depends[@]}" | sort -u | paste -sd, | sed 's/,/, /g')"
    [ "$program" = kinglet ] || echo "Recommends: v4l-utils"
    cat <<CONTROL
Description: classify camera images on the board, and harden the model there
 Kinglet names what JPEG photographs and camera frames show, measures how
 easily the model is fooled, and trains it against that on the device itself:
 one executable and one .onnx file, without Python and without a network.
 .
 The service kinglet.service classifies what a camera sees into the journal;
 it is off until it is enabled.
CONTROL
} >"$root/DEBIAN/control"
echo /etc/kinglet/kinglet.conf >"$root/DEBIAN/conffiles"
for script in postinst prerm postrm; do install -m 755 "$here/packaging/$script" "$root/DEBIAN/$script"; done
(cd "$root" && find usr -type f -printf '%P\0' | sort -z | sed -z 's|^|usr/|' | xargs -0 md5sum >DEBIAN/md5sums)
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

deb=$out/kinglet_${version}_$arch.deb
dpkg-deb --root-owner-group -Zxz --build "$root" "$deb" >/dev/null
echo "$deb: $(stat -c %s "$deb") bytes"
if command -v lintian >/dev/null; then
    lintian --allow-root --fail-on error --fail-on warning --tag-display-limit 0 "$deb"
else
    echo "lintian is not installed: the package was not checked" >&2
fi

# For boards without dpkg: unpack anywhere, run in place.
name=kinglet-$version-$board
mkdir -p "$tree/$name"
cp "$out/$program" "$here/LICENSE" "$here/README.md" "$tree/kinglet.service" "$tree/kinglet.conf" "$tree/$name/"
cp -r "$tree/man" "$tree/$name/"
[ "$program" != kinglet ] || cp -r "$tree/completions" "$here/boards" "$tree/$name/"
rm -rf "$tree/$name/boards/virt"
tar -C "$tree" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" \
    -cf - "$name" | gzip -9n >"$out/$name.tar.gz"
echo "$out/$name.tar.gz: $(stat -c %s "$out/$name.tar.gz") bytes"
