# How the executable is kept small; source it in the repository's folder. `small SCRATCH COMMAND…` sets `small`, further
# arguments for COMMAND…, a `swift build` for one machine that builds in SCRATCH.
#
# - ArgumentParser is given Sources/Essentials for FoundationEssentials, which would bring five megabytes.
# - Equal functions once, no exported symbols, fixed addresses.
# - No tables for C++ exceptions, nor their index: nothing throws one. Of the linkers, lld can leave the tables out.
small() {
    local essentials=("${@:2}" -c release --package-path Sources/Essentials --scratch-path "$1/essentials")
    "${essentials[@]}"
    local built
    built=$("${essentials[@]}" --show-bin-path)
    small=(--static-swift-stdlib --scratch-path "$1" -Xswiftc "-I$built/Modules" -Xlinker "$built/libFoundationEssentials.a"
        -Xswiftc -use-ld=lld -Xlinker -T -Xlinker "$PWD/scripts/small.ld" -Xlinker --no-eh-frame-hdr
        -Xlinker --icf=all -Xlinker --gc-sections -Xlinker --no-export-dynamic -Xlinker -no-pie)
}
