#!/usr/bin/env bash
# A whole board, emulated: Debian for arm64 on an emulated Cortex-A72 with a virtual camera installs our package,
# classifies photographs and camera frames, trains, loses its power half-way, and goes on after the next start.
#
#   boards/virt/run.sh [PACKAGE.deb]     default: build/generic-arm64/kinglet_*_arm64.deb, made if it is missing
#
# Headless, under ten minutes once boards/virt/image.sh has run. KINGLET_DATA (default ../shared) gives training pictures.
# The board's console is kept in build/virt/console.log.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
PATH=$PATH:/usr/sbin:/sbin
data=${KINGLET_DATA:-$top/../shared}
out=$top/build/virt
say() { printf 'board: [%s s] %s\n' "$SECONDS" "$*"; }
fail() { say "FAILED: $*"; tail -25 "$console"; exit 1; }

pictures=$data/data/signdigits/signdigits.tar
[ -f "$pictures" ] || { echo "run.sh: no '$pictures': set KINGLET_DATA" >&2; exit 66; }
image=$("$here/image.sh")
deb=${1:-}
if [ -z "$deb" ]; then
    deb=$(ls -t "$top"/build/generic-arm64/kinglet_*_arm64.deb 2>/dev/null | head -1 || true)
    [ -n "$deb" ] || { "$top/cross/package.sh" generic-arm64; deb=$(ls -t "$top"/build/generic-arm64/kinglet_*_arm64.deb | head -1); }
fi

SECONDS=0
rm -rf "$out"
mkdir -p "$out/work/photos"
console=$out/console.log
cp "$deb" "$here/boot.sh" "$top/Models/cifar10.onnx" "$out/work/"
cp "$top"/Samples/*.jpg "$out/work/photos/"
# The webcam's frames: the photographs, again and again.
cat "$top"/Samples/*.jpg >"$out/work/frames.mjpeg"
if command -v aarch64-linux-gnu-gcc >/dev/null; then
    aarch64-linux-gnu-gcc -O1 -Wall -static -pthread -o "$out/work/webcam" "$here/webcam.c"
else
    say "SKIPPED: the webcam: apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
fi
echo "no picture" >"$out/work/text.jpg"
# Eight photographs of each of ten hand signs.
tar -tf "$pictures" | awk -F/ '$2 == "train" && NF == 4 && $4 != "" && ++n[$3] <= 8' |
    tar -xf "$pictures" -C "$out/work" -T -
mke2fs -q -t ext4 -d "$out/work" "$out/work.ext4" 256M >/dev/null
cp --sparse=always "$image/root.ext4" "$out/root.ext4"

board() { # starts the board; its console goes to the log
    qemu-system-aarch64 -M virt -cpu cortex-a72 -smp 2 -m 1024 -display none -monitor none -serial stdio \
        -kernel "$image/vmlinuz" -initrd "$image/initramfs" -append "console=ttyAMA0 quiet systemd.show_status=0 systemd.mask=serial-getty@ttyAMA0.service" \
        -drive file="$out/root.ext4",format=raw,if=virtio -drive file="$out/work.ext4",format=raw,if=virtio \
        -nic none </dev/null >>"$console" 2>&1 &
    qemu=$!
}
trap 'kill -9 "$qemu" 2>/dev/null || true' EXIT
wait_for() { # wait_for LINE SECONDS: the console shows it
    local end=$((SECONDS + $2))
    until grep -q "^BOARD $1" "$console"; do
        ! grep -q '^BOARD FAIL' "$console" || { sleep 1; fail "$(grep '^BOARD FAIL' "$console" | head -1)"; }
        [ "$SECONDS" -lt "$end" ] || fail "no '$1' within $2 s"
        kill -0 "$qemu" 2>/dev/null || { grep -q "^BOARD $1" "$console" || fail "the board stopped before '$1'"; }
        sleep 0.2
    done
    say "$1"
}

: >"$console"
say "first start"
board
for step in 'ok start' 'ok install' 'ok doctor' 'ok photographs' 'ok camera' 'ok unplugged' 'ok service'; do wait_for "$step" 240; done
wait_for 'cut the power' 240
kill -9 "$qemu"
wait "$qemu" 2>/dev/null || true
say "the power is cut; second start"
board
for step in 'ok restart' 'ok resume' 'ok same bits' 'ok webcam' 'ok webcam unplugged' 'ok purge' 'done'; do wait_for "$step" 360; done
wait "$qemu" || true
grep -a '^BOARD' "$console" | sed 's/\r$//' >"$out/result.txt"
say "everything passed; console: build/virt/console.log"
