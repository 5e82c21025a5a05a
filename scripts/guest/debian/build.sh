# The Debian guest: a real, small Debian with systemd, for services that Bramble customises and saves as overlays.
# Its initramfs only finds the disk; the kernel's files are unpacked rather than installed, because the package's own way
# (initramfs-tools) takes longer than all the rest of the build.

DEBIAN_DISK_MIB=1536
DEBIAN_ARGUMENTS='root=/dev/vda1 console=ttyS0 quiet i8042.noaux i8042.nokbd audit=0 panic=10'
DEBIAN_PACKAGES=systemd-sysv,udev,kmod,iproute2,procps,python3,busybox-static

build_debian() {
  local work=$1 packages=$DEBIAN_PACKAGES
  [ -z "$AGENT" ] || packages=$packages,qemu-guest-agent
  say "fetching the kernel ($SUITE)"
  bootstrap extract linux-image-cloud-amd64,busybox-static "$work/unpacked"
  say "installing $packages ($SUITE); this takes most of a minute"
  install_debian "$packages" "$work/disk"
  add_kernel "$work/unpacked" "$work/disk"
  mark_updated "$work/disk"
  make_debian_initramfs "$work"
  say 'packing the disk'
  make_disk "$work/disk" "$DEBIAN_DISK_MIB" "$DEBIAN_ARGUMENTS" "$work/disk.raw"
}

install_debian() {
  bootstrap minbase "$1" "$2" \
    --aptopt='APT::Install-Recommends "false"' --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --customize-hook="$HERE/debian/setup"
}

add_kernel() {
  local unpacked=$1 root=$2
  cp "$unpacked"/boot/vmlinuz-* "$root/boot/vmlinuz"
  cp -r "$unpacked/usr/lib/modules" "$root/usr/lib/"
  chroot "$root" depmod "$(basename "$root"/usr/lib/modules/*)"
}

# Tells systemd that caches (ld.so, journal catalogue, users) match /usr, so that the first boot does not make them again.
mark_updated() {
  touch "$1/etc/.updated" "$1/var/.updated"
}

make_debian_initramfs() {
  local work=$1
  mkdir -p "$work"/initramfs/{dev,root}
  add_busybox "$work/unpacked" "$work/initramfs"
  add_modules "$work/unpacked" "$work/initramfs" virtio_blk
  install -m 0755 "$HERE/debian/init" "$work/initramfs/init"
  pack_initramfs "$work/initramfs" "$work/disk/boot/initrd"
}
