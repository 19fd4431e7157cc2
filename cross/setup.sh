#!/usr/bin/env bash
# Prepares cross-compiling for 64-bit Arm from Debian's packages alone, on any Debian or with a Debian mirror:
#
#   cross/setup.sh             prepares, or says at once that all is there
#   cross/setup.sh --clean     removes everything but the downloaded packages
#
# Everything lies in one folder, KINGLET_CROSS (default ~/.cache/kinglet-cross, 4.3 GB), and no package is installed:
#   debs/      packages, kept: what is there is not fetched again, even if the suite has moved on since
#   root/      a compiler's root: Swift of Debian's unstable suite, run through `swift`
#   sysroot/   the board's headers and libraries, Debian 13, and Swift's for arm64
#   versions   each package and its version
# Needs root, or a kernel that gives users namespaces of their own. The mirror is the machine's own; KINGLET_MIRROR
# names another.
. "$(dirname "$0")/lib.sh"
compiler_suite=sid board_suite=trixie sdk=kinglet-aarch64
compiler=(base-files bash coreutils swiftlang git ca-certificates libc6-dev libstdc++-14-dev libgcc-14-dev)
sysroot=(base-files libc6-dev libstdc++-14-dev libgcc-14-dev zlib1g-dev libjpeg62-turbo-dev
    libarmnn-dev libarmnn-cpuacc-backend33 libarmnn-cpuref-backend33)
# Swift's dynamic libraries of test bundles lean on these.
sysroot+=(libcurl4t64 libxml2 libstdc++6)
source "$here/cross/debian.sh"

case ${1:-} in
--clean)
    rm -rf "${store:?}"/{root,sysroot,apt,versions,stamp,swift,"$sdk.artifactbundle"}
    exit
    ;;
'') ;;
*) usage ;;
esac

stamp=$(cat "$here"/cross/{setup,debian,swift}.sh | sha256sum | cut -d' ' -f1)
if [ "$(cat "$store/stamp" 2>/dev/null)" = "$stamp" ]; then
    echo "$store is ready: Swift $(sed -n 's/^amd64 swiftlang //p' "$store/versions")" >&2
    exit
fi

[ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] || die \
    "needs a 64-bit PC with Debian's tools (dpkg, apt). Elsewhere install an official Swift SDK for Linux: docs/boards.md"
for tool in "apt-get apt" "dpkg-deb dpkg" "unshare util-linux" "tar tar"; do
    # shellcheck disable=SC2086 # two words
    need $tool
done
namespaces || die "cannot make a mount namespace: run as root, or let users make their own
  (sysctl kernel.unprivileged_userns_clone=1 or user.max_user_namespaces, and kernel.apparmor_restrict_unprivileged_userns=0)"
mkdir -p "$store/debs"
exec 9>"$store/lock"
flock 9

fetch cc $compiler_suite amd64 "${compiler[@]}"
fetch board $board_suite arm64 "${sysroot[@]}"
# Of the arm64 Swift only files are wanted, not what it depends on.
fetch swift-arm64 $compiler_suite arm64 --alone swiftlang libswiftlang

say "unpacking the compiler's root"
rm -rf "$store"/{root,sysroot,versions,stamp}
root=$store/root
unpack "$root" cc swiftlang
# Of the compiler, what builds Linux programs: half of its size is for other things.
deb cc swiftlang | xargs dpkg-deb --fsys-tarfile | tar -x -C "$root" --wildcards --no-same-owner \
    --exclude '*lldb*' --exclude '*sourcekit*' --exclude '*/docc*' --exclude '*/clangd' --exclude '*libLTO*' \
    --exclude '*/lib/swift/embedded/*' --exclude './usr/share/doc/*'
mkdir -p "$root"/{proc,dev,tmp,root,etc}
echo 'root:x:0:0:root:/root:/bin/bash' >"$root/etc/passwd"
ln -sf bash "$root/usr/bin/sh"

say "unpacking the sysroot"
target=$store/sysroot
unpack "$target" board
deb swift-arm64 swiftlang | xargs dpkg-deb --fsys-tarfile | tar -x -C "$target" --wildcards --no-same-owner \
    './usr/libexec/swift/lib/swift/*' './usr/libexec/swift/lib/swift_static/*' './usr/libexec/swift/lib/clang/*' \
    --exclude '*/embedded/*' --exclude '*/host/*'
deb swift-arm64 libswiftlang | xargs dpkg-deb --fsys-tarfile | tar -x -C "$target" --no-same-owner
ln -sfn ../libexec/swift/lib/swift "$target/usr/lib/swift"
ln -sfn ../libexec/swift/lib/swift_static "$target/usr/lib/swift_static"
# Debian has no library for this overlay, and a test that imports both modules would ask for it.
rm -rf "$target/usr/lib/swift/linux/Testing.swiftcrossimport"
echo '{"CanonicalName":"linux-debian-arm64","DisplayName":"Debian arm64","Version":"13.0"}' >"$target/SDKSettings.json"

say "Swift SDK $sdk"
bundle=$store/$sdk.artifactbundle triple=aarch64-unknown-linux-gnu
rm -rf "$bundle"
mkdir -p "$bundle/debian"
cat >"$bundle/info.json" <<JSON
{"schemaVersion": "1.0", "artifacts": {"$sdk": {"type": "swiftSDK", "version": "1.0", "variants": [
  {"path": "debian", "supportedTriples": ["x86_64-unknown-linux-gnu", "x86_64-pc-linux-gnu"]}]}}}
JSON
cat >"$bundle/debian/swift-sdk.json" <<JSON
{"schemaVersion": "4.0", "targetTriples": {"$triple": {"sdkRootPath": "sysroot", "toolsetPaths": ["toolset.json"],
  "swiftResourcesPath": "sysroot/usr/lib/swift", "swiftStaticResourcesPath": "sysroot/usr/lib/swift_static"}}}
JSON
cat >"$bundle/debian/toolset.json" <<JSON
{"schemaVersion": "1.0", "rootPath": "/usr/libexec/swift/bin", "linker": {"path": "ld.lld"},
  "swiftCompiler": {"extraCLIOptions": ["-use-ld=lld", "-no-toolchain-stdlib-rpath"]},
  "cCompiler": {"extraCLIOptions": ["-fPIC"]}, "cxxCompiler": {"extraCLIOptions": ["-fPIC"]}}
JSON
ln -sfn "$target" "$bundle/debian/sysroot"
install -m 755 "$here/cross/swift.sh" "$store/swift"
# From a folder without a compiler in it: Swift looks for its tools beside itself first.
(cd "$root/tmp" && "$store/swift" sdk remove "$sdk" >/dev/null 2>&1 || true)
(cd "$root/tmp" && "$store/swift" sdk install "$bundle" >/dev/null)

versions >"$store/versions"
echo "$stamp" >"$store/stamp"
say "ready: $store/swift build --swift-sdk $sdk …, $(du -sh "$store" | cut -f1)"
