# How a board's programs are built; source it after `board`. Sets `build_executable` and `build_tests`, commands to call,
# `scratch` (where they build) and `how` (in words).

machine=${B_TRIPLE%%-*}
scratch=.build-${machine/aarch64/arm64}${B_CPU:+-$B_CPU}
command=() libraries=()

if [ "$machine" = "$(uname -m)" ]; then
    scratch=.build-release how="$(uname -m) of this machine"
    scripts/static-libs.sh "build/static"
    libraries=(-Xlinker "-L$here/build/static")
    command=("${SWIFT:-swift}" build)
elif [ "$machine" != aarch64 ]; then
    die "no way to build '$B_TRIPLE' here: full boards are aarch64, or of this machine's kind"
else
    sdk=${KINGLET_SDK:-}
    if [ -z "$sdk" ] && command -v "${SWIFT:-swift}" >/dev/null; then
        sdk=$("${SWIFT:-swift}" sdk list 2>/dev/null | grep -E -m 1 'aarch64|arm64' || true)
    fi
    if [ -n "$sdk" ]; then
        how="Swift SDK $sdk"
        command=("${SWIFT:-swift}" build --swift-sdk "$sdk")
        [ -z "${KINGLET_JPEG:-}" ] || command+=(-Xcc "-I$KINGLET_JPEG/include" -Xlinker "-L$KINGLET_JPEG/lib")
    else
        cross/setup.sh
        how="Debian's Swift SDK"
        scripts/static-libs.sh "build/static-$machine" "$store/sysroot" "$machine"
        libraries=(-Xlinker "-L$here/build/static-$machine")
        command=("$store/swift" build --swift-sdk kinglet-aarch64)
    fi
    [ -z "$B_CPU" ] || command+=(-Xcc "-mcpu=$B_CPU" -Xswiftc -target-cpu -Xswiftc "$B_CPU")
fi

. scripts/small.sh
build_executable() { # build_executable FILE: stripped
    small "$scratch" "${command[@]}"
    # libjpeg and the C++ library inside: the executable needs the C library alone.
    local executable=("${command[@]}" -c release "${small[@]}" "${libraries[@]}" -Xlinker -s)
    "${executable[@]}" --product kinglet
    cp "$("${executable[@]}" --show-bin-path)/kinglet" "$1"
}

# Tests import what only the dynamic Swift library has, so they are built apart.
build_tests() { "${command[@]}" -c release --build-tests --scratch-path "$scratch-tests" "$@"; }
