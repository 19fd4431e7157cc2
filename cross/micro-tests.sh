#!/usr/bin/env bash
# Builds the tests of kernels and operators as Embedded Swift, for processors that the test tools do not reach:
# build/micro/TRIPLE/tests/engine-tests, which says what held and fails if anything did not.
#
#   cross/micro-tests.sh TRIPLE
#
# The tests are those of Tests/EngineTests, with Testing's macros turned into calls of Tests/MicroTests.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$here/cross/debian.sh"
. "$here/cross/machines.sh"
[ $# = 1 ] || usage
machine "$1"
libraries
tests=(KernelTile KernelDepthwise KernelElementwise KernelGradient Winograd Conv OpHarness IntegerOp ThreadPool Random)
support=(KernelMemory IntegerSupport Trial Rig)
out=$objects/tests
mkdir -p "$out"
sources=()
for name in "${tests[@]/%/Tests}" "${support[@]}"; do
    file=$here/Tests/EngineTests/$name.swift
    [ -e "$file" ] || die "no $file" 66
    sed -E -e '/^import Testing$/d' -e 's/^@Suite //' -e 's/@Test(\([^)]*\))? func/func/' -e 's/private static let names/static let names/' \
        -e 's/try #require\(/try wanted(/' -e 's/#expect\(/expect(/'  \
        -e 's/ throws( ->| \{|$)/ throws(KingletError)\1/' -e 's/(expect\(throws: .*\) \{)$/\1 () throws(KingletError) in/' "$file" >"$out/$name.swift"
    sources+=("$out/$name.swift")
done
{
    echo 'import Engine'
    echo '@_cdecl("main") public func main() -> Int32 {'
    for name in "${tests[@]/%/Tests}"; do
        sed -nE -e "s/^ *@Test\(arguments: ([a-z]+)\) func ([A-Za-z0-9]+)\(.*/    for x in $name.\1 { run(\"$name.\2 \" + x) { () throws(KingletError) in try $name().\2(x) } }/p" \
            -e "s/^@Test func ([A-Za-z0-9]+)\(.*/    run(\"$name.\1\") { () throws(KingletError) in try \1() }/p" \
            -e "s/^ +@Test func ([A-Za-z0-9]+)\(.*/    run(\"$name.\1\") { () throws(KingletError) in try $name().\1() }/p" "$here/Tests/EngineTests/$name.swift"
    done
    echo '    write("\(score.held) held, \(score.failed) failed\n")'
    echo '    return score.failed == 0 && score.held > 1000 ? 0 : 1'
    echo '}'
} >"$out/Main.swift"
MODULES=Engine "$here/cross/embedded.sh" "$triple"
compile "$here"/Sources/{CSystem,CMicro,CKernels}/*.c "$here/Tests/CAllocations/allocations.c"
read -ra flags <<<"$(FLAGS=1 "$here/cross/embedded.sh" "$triple")"
printf 'module CAllocations { umbrella header "%s" export * }\n' "$here/Tests/CAllocations/include/CAllocations.h" \
    >"$out/CAllocations.modulemap"
"$swiftc" "${flags[@]}" -suppress-warnings -Xcc "-fmodule-map-file=$out/CAllocations.modulemap" ${CHECK:--c} -module-name tests -o "$out/tests.o" "${sources[@]}" \
    "$here/Tests/MicroTests/Expect.swift" "$out/Main.swift"
link "$out/engine-tests" "$out/tests.o" "$objects"/C/C{System,Micro,Kernels,Allocations}-*.o
echo "$out/engine-tests: $(stat -c %s "$out/engine-tests") bytes"
