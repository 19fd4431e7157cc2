# What building Embedded Swift for a kind of machine takes; source it after lib.sh.

# machine TRIPLE: sets `triple`, and for its C side `gnu`, `debian`, `include`; `swiftc`, `clang`, `toolchain`; `objects`, a folder.
machine() {
    case $1 in
    armv7*) triple=armv7-none-none-eabi gnu=arm-linux-gnueabihf debian=armhf kind=(-march=armv7-a -mfpu=neon -mfloat-abi=hard) ;;
    aarch64*) triple=aarch64-none-none-elf gnu=aarch64-linux-gnu debian=arm64 kind=() ;;
    x86_64*) triple=x86_64-unknown-linux-gnu gnu=x86_64-linux-gnu debian=amd64 kind=() ;;
    *) die "$1: armv7, aarch64 or x86_64 are wanted" 64 ;;
    esac
    swiftc=$(command -v "${SWIFTC:-swiftc}") || die "needs swiftc: see https://www.swift.org/install/linux"
    toolchain=$(dirname "$(realpath "$swiftc")")
    clang=${CLANG:-$toolchain/clang}
    need ld.lld lld
    need "$gnu-gcc" "gcc-${gnu//_/-}"
    objects=$here/build/micro/$triple
    jpeg=$store/micro/$debian
    # The headers of the board's C library.
    include=(-nostdlibinc -isystem "$jpeg/usr/include" -isystem "$jpeg/usr/include/$gnu")
    if [ "$debian" = amd64 ]; then include+=(-isystem /usr/include -isystem "/usr/include/$gnu"); else include+=(-isystem "/usr/$gnu/include"); fi
}

# compile FILE.c…: objects in $objects/C, those that nothing changed for left as they are. Kernels for speed, the rest
# for size.
compile() {
    local source module object level model
    mkdir -p "$objects/C"
    for source in "$@"; do
        module=$(basename "$(dirname "$source")")
        object=$objects/C/$module-$(basename "$source" .c).o
        [ "$module" = CModel ] && rm -f "$object"
        [ -e "$object" ] && [ -z "$(find "$(dirname "$source")" "${BASH_SOURCE[0]}" -newer "$object" -name '*.*' -print -quit)" ] && continue
        level=-Os model=()
        [ "$module" = CKernels ] && level=-O2
        # Another model to build in.
        [ "$module" = CModel ] && [ -n "${KINGLET_MODEL:-}" ] && model=(-DKINGLET_MODEL="\"$(realpath "$KINGLET_MODEL")\"")
        "$clang" --target="$gnu" "${kind[@]}" "${include[@]}" -std=gnu17 -ffunction-sections -fdata-sections -fno-pic \
            -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 "${model[@]}" "$level" -I"$(dirname "$source")/include" -c -o "$object" "$source"
    done
}

# link OUT FILES AND FLAGS…
link() {
    local out=$1
    shift
    # Cross compilers do not find lld by its name.
    mkdir -p "$objects/bin"
    ln -sf "$(command -v ld.lld)" "$objects/bin/ld"
    "$gnu-gcc" -B"$objects/bin" -no-pie -s -Wl,--gc-sections,--icf=all,--no-eh-frame-hdr,--build-id=none -o "$out" "$@" \
        "$toolchain/../lib/swift/embedded/$triple/libswiftUnicodeDataTables.a" -lm -lpthread
}
