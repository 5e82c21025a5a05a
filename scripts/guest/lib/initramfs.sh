# An initramfs is a cpio archive of a folder. Ours hold busybox, the few kernel modules that lead to the disk, and /init.

# add_busybox UNPACKED ROOT: every applet becomes a link, in /bin and, for programs that look there, in /sbin.
add_busybox() {
  local unpacked=$1 root=$2 applet
  mkdir -p "$root/bin"
  ln -sfn bin "$root/sbin"
  cp "$unpacked/usr/bin/busybox" "$root/bin/busybox"
  for applet in $("$root/bin/busybox" --list); do
    [ "$applet" = busybox ] || ln -sf busybox "$root/bin/$applet"
  done
}

# add_modules UNPACKED ROOT NAME...: unpacked (busybox's insmod reads no xz) and numbered in load order.
add_modules() {
  local unpacked=$1 root=$2 name file number=10
  shift 2
  mkdir -p "$root/modules"
  for name in "$@"; do
    file=$(find "$unpacked/usr/lib/modules" -name "$name.ko*" | head -n 1)
    [ -n "$file" ] || fail "the kernel package has no module $name: $SUITE's kernel changed, update the list"
    xz -dc "$file" >"$root/modules/$number-$name.ko"
    number=$((number + 1))
  done
}

# add_program UNPACKED ROOT PATH: the program and the shared libraries that the guest's own loader finds for it.
add_program() {
  local unpacked=$1 root=$2 path=$3 libraries=/usr/lib/x86_64-linux-gnu library
  mkdir -p "$root$libraries" "$root/lib64" "$root/usr/sbin"
  ln -sfn usr/lib "$root/lib"
  cp "$unpacked$path" "$root$path"
  cp -L "$unpacked/usr/lib64/ld-linux-x86-64.so.2" "$root/lib64/"
  "$unpacked/usr/lib64/ld-linux-x86-64.so.2" --library-path "$unpacked$libraries" --list "$unpacked$path" |
    awk -v from="$unpacked" 'index($3, from) == 1 { print $3 }' |
    while read -r library; do cp -L "$library" "$root$libraries/"; done
}

# pack_initramfs ROOT FILE
pack_initramfs() {
  (cd "$1" && find . -print0 | LC_ALL=C sort -z | cpio --quiet --null -o -H newc -R 0:0) | zstd -q -9 -T0 >"$2"
}
