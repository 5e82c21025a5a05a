# The tiny guest: Debian's cloud kernel and a root file system of busybox that lives in memory, for tests of the machinery.
# The disk holds only what boots it and /data. README.md lists what it answers.

TINY_DISK_MIB=64
TINY_ARGUMENTS='console=ttyS0 quiet mitigations=off nokaslr cryptomgr.notests lsm=capability i8042.noaux i8042.nokbd audit=0 panic=10'

build_tiny() {
  local work=$1 packages=linux-image-cloud-amd64,busybox-static,inetutils-inetd
  [ -z "$AGENT" ] || packages=$packages,qemu-guest-agent
  say "fetching and unpacking $packages ($SUITE)"
  bootstrap extract "$packages" "$work/unpacked"
  fill_tiny_root "$work/unpacked" "$work/initramfs"
  say 'packing the disk'
  mkdir -p "$work/disk/boot"
  cp "$work"/unpacked/boot/vmlinuz-* "$work/disk/boot/vmlinuz"
  pack_initramfs "$work/initramfs" "$work/disk/boot/initrd"
  make_disk "$work/disk" "$TINY_DISK_MIB" "$TINY_ARGUMENTS" "$work/disk.raw"
}

fill_tiny_root() {
  local unpacked=$1 root=$2
  mkdir -p "$root"/{dev,proc,sys,run,tmp,data,root,var/log}
  cp -r "$HERE"/tiny/files/. "$root/"
  add_busybox "$unpacked" "$root"
  ln -s bin/busybox "$root/init"
  add_modules "$unpacked" "$root" failover net_failover virtio_net virtio_blk virtio_balloon virtio-rng
  add_program "$unpacked" "$root" /usr/sbin/inetutils-inetd
  [ -z "$AGENT" ] || add_agent "$unpacked" "$root"
}

add_agent() {
  add_program "$1" "$2" /usr/sbin/qemu-ga
  echo '::respawn:/etc/agent' >>"$2/etc/inittab"
}
