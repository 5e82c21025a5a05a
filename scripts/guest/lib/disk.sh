# Makes a bootable disk from a folder without loop devices or mounts: mke2fs fills the file system from the folder, GRUB's
# boot sector and core image are written into the gap before the partition. grub-mkimage leaves its block list saying
# "the rest of me follows sector 1", and boot.img loads sector 1, so writing both in a row is all that grub-install would do.

FIRST_SECTOR=2048

# make_disk ROOT SIZE_MIB KERNEL_ARGUMENTS RAW: ROOT must hold /boot/vmlinuz and /boot/initrd.
make_disk() {
  local root=$1 size=$2 arguments=$3 raw=$4
  truncate -s "${size}M" "$raw"
  echo "$FIRST_SECTOR,,83,*" | sfdisk --quiet --label dos "$raw" || fail 'sfdisk could not write the partition table'
  make_file_system "$root" "$size" "$raw"
  make_boot_loader "$arguments" "$raw"
}

# GRUB 2.06 (Debian 12) reads neither metadata_csum_seed nor orphan_file, which newer mke2fs turns on.
make_file_system() {
  mke2fs -q -F -t ext4 -b 4096 -m 0 -J size=4 -O ^metadata_csum_seed,^orphan_file,^resize_inode \
    -E "offset=$((FIRST_SECTOR * 512)),lazy_itable_init=0,lazy_journal_init=0" \
    -L bramble -d "$1" "$3" "$(($2 - 1))M" || fail "mke2fs could not make the file system: is $2 MiB too small?"
}

make_boot_loader() {
  local core=$2.core grub=/usr/lib/grub/i386-pc
  cat >"$core.cfg" <<CFG
set root=(hd0,msdos1)
linux16 /boot/vmlinuz $1
initrd16 /boot/initrd
boot
CFG
  # linux16 enters the kernel through its real-mode code: under emulation it unpacks three times faster that way than by `linux`.
  grub-mkimage -O i386-pc -p '(hd0,msdos1)/boot/grub' -c "$core.cfg" -o "$core" biosdisk part_msdos ext2 linux16
  [ "$(stat -c %s "$core")" -le $(((FIRST_SECTOR - 1) * 512)) ] || fail 'GRUB does not fit before the first partition'
  # Bytes 440 to 511 of the first sector are the partition table's.
  dd if="$grub/boot.img" of="$2" bs=440 count=1 conv=notrunc status=none
  dd if="$core" of="$2" bs=512 seek=1 conv=notrunc status=none
  rm "$core" "$core.cfg"
}
