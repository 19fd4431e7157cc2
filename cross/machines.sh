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
    board_files=$store/micro/$debian musl=${gnu/-gnu/-musl}
    # musl's headers, libjpeg's, and Linux's, which Debian's cross compiler has among those of its own C library.
    include=(-nostdlibinc -isystem "$board_files/usr/include/$musl" -isystem "$board_files/usr/include" -isystem "$board_files/usr/include/$gnu")
    if [ "$debian" = amd64 ]; then include+=(-isystem /usr/include -isystem "/usr/include/$gnu"); else include+=(-isystem "/usr/$gnu/include"); fi
}

# libraries: libjpeg and musl for the board, packages of this machine's Debian, unpacked outside the repository. Source debian.sh too.
libraries() {
    local suite=${KINGLET_MICRO_SUITE:-$(. /etc/os-release && echo "$VERSION_CODENAME")} package
    fetch "micro-$debian" "$suite" "$debian" --alone libjpeg62-turbo-dev musl-dev
    mkdir -p "$board_files"
    [ -e "$board_files/usr/lib/$gnu/libjpeg.a" ] && [ -e "$board_files/usr/lib/$musl/libc.a" ] && return
    for package in libjpeg62-turbo-dev musl-dev; do dpkg-deb -x "$(deb "micro-$debian" $package)" "$board_files"; done
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
        # Loops that move memory are not to call what moves memory.
        [ "$module" = CMicro ] && level="-O2 -fno-builtin"
        [ "$module" = CModel ] && embedded_model
        "$clang" --target="$gnu" "${kind[@]}" "${include[@]}" -std=gnu17 -ffunction-sections -fdata-sections -fno-pic -fno-asynchronous-unwind-tables -fno-unwind-tables \
            -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 "${model[@]}" $level -I"$(dirname "$source")/include" -c -o "$object" "$source"
    done
}

# exponentials: $objects/libexponentials.a, the exp, log, pow and cos of glibc, which `kinglet` has; musl's round otherwise.
exponentials() {
    local archive=$objects/libexponentials.a members=$objects/exponentials from
    [ -e "$archive" ] && return
    from=$("$gnu-gcc" -print-file-name=libm.a)
    # A linker script where there is a vector library beside it.
    ar t "$from" >/dev/null 2>&1 || from=$(ls "$(dirname "$from")"/libm-*.a)
    rm -rf "$members" && mkdir -p "$members"
    (cd "$members" && ar t "$from" | grep -E '^((e_exp|e_log|e_pow|s_sin)(-[a-z0-9]+)?|e_(exp|log|pow_log)_data|branred|sincostab|math_err)\.o$' |
        xargs ar x "$from" && ar rc "$archive.new" ./*.o)
    mv "$archive.new" "$archive"
}

# embedded_model: `model`, flags that build in Models/cifar10.onnx, or KINGLET_MODEL; its weights as halves where they are.
embedded_model() {
    local file=${KINGLET_MODEL:-$here/Models/cifar10.onnx}
    if python3 "$here/cross/halves.py" "$file" "$objects/C/model.halves"; then
        echo "$objects/C/model.halves" >"$objects/C/model.file"
        model=(-DKINGLET_MODEL="\"$objects/C/model.halves\"" -DKINGLET_MODEL_BYTES="$(stat -c %s "$file")")
    else
        realpath "$file" >"$objects/C/model.file"
        model=(-DKINGLET_MODEL="\"$(realpath "$file")\"")
    fi
}

# link OUT FILES AND FLAGS…
link() {
    local out=$1 libraries=$board_files/usr/lib/$musl
    shift
    exponentials
    # Cross compilers do not find lld by its name.
    mkdir -p "$objects/bin"
    ln -sf "$(command -v ld.lld)" "$objects/bin/ld"
    "$gnu-gcc" -B"$objects/bin" -nostdlib -static -no-pie -s -Wl,--gc-sections,--icf=all,--no-eh-frame-hdr,--build-id=none -o "$out" \
        "$libraries"/crt{1,i}.o "$@" "$toolchain/../lib/swift/embedded/$triple/libswiftUnicodeDataTables.a" "$objects/libexponentials.a" \
        -Wl,--start-group "$libraries/libc.a" -lgcc -Wl,--end-group "$libraries/crtn.o"
}

# pack FILE OUT: the same executable, which unfolds itself in memory.
pack() {
    local folder=$objects/pack arm=()
    mkdir -p "$folder"
    [ "$debian" = armhf ] && arm=(-marm)
    python3 "$here/cross/pack.py" "$1" "$folder" "$(cat "$objects/C/model.file")"
    "$clang" --target="$gnu" "${kind[@]}" "${arm[@]}" -std=gnu17 -O2 -ffreestanding -fno-builtin -fno-stack-protector -fno-pic \
        -fno-asynchronous-unwind-tables -fno-unwind-tables -Wall -I"$folder" --embed-dir="$folder" -c -o "$folder/start.o" "$here/Sources/CMicro/pack/start.c"
    # Beyond whatever the other one's addresses are.
    "$gnu-gcc" -B"$objects/bin" -nostdlib -static -no-pie -s -Wl,--image-base=0x4000000,--no-eh-frame-hdr,--build-id=none -o "$2" "$folder/start.o" -lgcc
}
