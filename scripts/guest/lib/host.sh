# What this host must bring: root, tools, and an apt that knows a Debian mirror.

# Each line: what must exist, and the package that brings it.
needs='
cpio:cpio
mke2fs:e2fsprogs
sfdisk:fdisk
grub-mkimage:grub-common
/usr/lib/grub/i386-pc/boot.img:grub-pc-bin
mmdebstrap:mmdebstrap
qemu-img:qemu-utils
xz:xz-utils
zstd:zstd
'

require_host() {
  [ "$(id -u)" = 0 ] || fail 'building a guest needs root: run it again with sudo'
  [ "$(dpkg --print-architecture)" = amd64 ] || fail 'guests are built on amd64 hosts only'
  local missing='' need
  for need in $needs; do
    [ -e "${need%:*}" ] || command -v "${need%:*}" >/dev/null || missing="$missing ${need#*:}"
  done
  [ -z "$missing" ] || fail "packages are missing: apt-get install$missing"
}

# The guest comes from the mirror that this host itself installs from, so that a lab's own mirror is honoured.
debian_mirror() {
  local uri
  uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1)
  [ -n "$uri" ] || fail "apt knows no Debian mirror: check /etc/apt/sources.list and run 'apt-get update'"
  echo "$uri"
}

# bootstrap VARIANT PACKAGES ROOT [mmdebstrap option...]
bootstrap() {
  local variant=$1 packages=$2 root=$3 mirror
  shift 3
  mirror=$(debian_mirror)
  mmdebstrap --quiet --mode=root --variant="$variant" --include="$packages" "$@" "$SUITE" "$root" "$mirror" >&2 ||
    fail "mmdebstrap could not fetch or unpack $SUITE: is the mirror reachable and the disk not full?"
}
