#!/usr/bin/env bash
# Makes the emulated board's kernel, initramfs and root file system from Debian's packages, once.
#
#   boards/virt/image.sh     prints the folder that holds vmlinuz, initramfs and root.ext4
#
# Needs debootstrap, fakeroot, qemu-system-arm, cpio and e2fsprogs; the host is not changed and root is not needed.
# KINGLET_CROSS (default ~/.cache/kinglet-cross) holds the result and the downloads.
. "$(dirname "$0")/../../cross/lib.sh"
. "$here/cross/debian.sh"
PATH=$PATH:/usr/sbin:/sbin
cache=$store/virt suite=trixie memory=1024

for tool in "debootstrap debootstrap" "fakeroot fakeroot" "qemu-system-aarch64 qemu-system-arm" "cpio cpio" \
    "mke2fs e2fsprogs" "depmod kmod" "unxz xz-utils" "apt-get apt"; do
    # shellcheck disable=SC2086
    need $tool
done
wanted=$(cat "$here/boards/virt/init" "$here/boards/virt/image.sh" | sha256sum)
if [ "$(cat "$cache/made-by" 2>/dev/null)" = "$wanted" ]; then
    echo "$cache"
    exit
fi
mkdir -p "$cache"
cd "$cache"
rm -rf made-by tree initramfs.tree root.ext4

fetch virt $suite arm64 linux-image-arm64 busybox-static
mkdir -p tree initramfs.tree/bin initramfs.tree/modules
dpkg-deb --fsys-tarfile "$store"/debs/virt/linux-image-[0-9]*.deb |
    tar -x -C tree --no-same-owner --wildcards './boot/vmlinuz-*' './usr/lib/modules/*'
dpkg-deb --fsys-tarfile "$(deb virt busybox-static)" | tar -xO ./usr/bin/busybox >initramfs.tree/bin/busybox
chmod +x initramfs.tree/bin/busybox
cp tree/boot/vmlinuz-* vmlinuz
version=$(ls tree/usr/lib/modules)
ln -sfn usr/lib tree/lib
depmod -b tree "$version"

say "initramfs"
# Modules in the order in which they load, each after what it needs.
modules() { # modules NAME…: paths under the tree
    local name
    for name in "$@"; do
        modprobe -d tree -S "$version" --show-depends "$name" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
    done | awk '!seen[$0]++'
}
for path in $(modules virtio_mmio virtio_pci virtio_blk crc32c_generic ext4); do
    name=$(basename "$path" .xz)
    if [ "${path%.xz}" = "$path" ]; then cat "$path"; else unxz -c "$path"; fi >"initramfs.tree/modules/$name"
    echo "$name"
done >initramfs.tree/modules/order
cp "$here/boards/virt/init" initramfs.tree/init
chmod +x initramfs.tree/init
(cd initramfs.tree && find . | fakeroot cpio -o -H newc --quiet | gzip -9) >initramfs

say "root file system: packages"
# What a small Debian board has, and the libraries that the package of Kinglet needs.
include=systemd,systemd-sysv,udev,kmod,libjpeg62-turbo,libstdc++6,zlib1g
cat >setup.sh <<'SETUP'
#!/bin/sh
# Second half of the installation, on the board itself.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive
/debootstrap/debootstrap --second-stage >/var/log/setup.log 2>&1 || { tail -20 /var/log/setup.log /debootstrap/debootstrap.log; exit 1; }
echo board >/etc/hostname
rm -f /setup.sh /var/cache/apt/archives/*.deb
depmod -a
systemctl enable board.service
systemctl mask systemd-timesyncd.service systemd-networkd-wait-online.service getty@tty1.service apt-daily.timer \
    apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer >/dev/null 2>&1
exit 0
SETUP
cat >board.service <<'UNIT'
[Unit]
Description=What the second disk asks this board to do
After=multi-user.target

[Service]
Type=oneshot
ExecStart=/bin/sh -c 'mkdir -p /work && mount -t ext4 /dev/vdb /work && exec sh /work/boot.sh'
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyAMA0
TimeoutStartSec=infinity

[Install]
WantedBy=graphical.target
UNIT
mirror=$(mirror) keyring=/usr/share/keyrings/debian-archive-keyring.gpg
export mirror suite include version keyring
fakeroot bash -euo pipefail -c '
    debootstrap --foreign --arch=arm64 --variant=minbase --include="$include" --keyring="$keyring" \
        "$suite" tree/root "$mirror" >debootstrap.log 2>&1 || { tail -5 debootstrap.log >&2; exit 1; }
    # A link to the host where debootstrap may not mount.
    rm -f tree/root/proc && mkdir tree/root/proc
    mkdir -p tree/root/usr/lib/modules/$version
    cd tree/usr/lib/modules/$version
    # Cameras: a virtual one, and a USB webcam made of software.
    for name in vivid uvcvideo gadgetfs dummy_hcd; do
        modprobe -d ../../../.. -S $version --show-depends $name | sed -n "s/^insmod \([^ ]*\).*/\1/p"
    done | sort -u | while read -r path; do
        install -D "$path" "../../../../root/usr/lib/modules/$version/${path#*/modules/$version/}"
    done
    cp modules.order modules.builtin modules.builtin.modinfo ../../../../root/usr/lib/modules/$version/
    cd ../../../../..
    install -m 755 setup.sh tree/root/setup.sh
    install -D -m 644 board.service tree/root/etc/systemd/system/board.service
    rm -f tree/root/etc/machine-id
    mke2fs -q -t ext4 -d tree/root root.ext4 1200M >/dev/null
'
say "root file system: installation, on the board (a few minutes)"
timeout 1500 qemu-system-aarch64 -M virt -cpu cortex-a72 -smp 2 -m "$memory" -display none -monitor none -serial stdio \
    -kernel vmlinuz -initrd initramfs -append "console=ttyAMA0 quiet setup" \
    -drive file=root.ext4,format=raw,if=virtio -nic none </dev/null >setup.log 2>&1 || true
grep -q '^BOARD installed' setup.log || { tail -20 setup.log >&2; die "the installation failed: $cache/setup.log" 70; }
e2fsck -fy root.ext4 >/dev/null 2>&1 || true
rm -rf tree initramfs.tree setup.sh board.service
echo "$wanted" >made-by
say "$(du -sh --apparent-size root.ext4 | cut -f1) root file system, kernel $version"
echo "$cache"
