# Images for another processor than this host's: how they are called, and how their programs run here, which is by QEMU, to
# which the kernel hands them (binfmt_misc). Needs say.sh and host.sh.

BINFMT=/proc/sys/fs/binfmt_misc
EMULATION_STARTED='' BINFMT_MOUNTED=''

host_arch() { case $(uname -m) in aarch64) echo arm64 ;; *) echo amd64 ;; esac; }
# What Docker calls linux/arm64 is arm64 at Debian. usage: read_platform PLATFORM   sets ARCH
read_platform() {
  case $1 in linux/amd64 | linux/arm64) ARCH=${1#linux/} ;; *) fail "there are no images for $1, but for linux/amd64 and linux/arm64" ;; esac
}
is_foreign() { [ "$1" != "$(host_arch)" ]; }
# Where Docker Hub keeps the official images of one processor alone. usage: hub_prefix ARCH
hub_prefix() { case $1 in arm64) echo arm64v8/ ;; *) echo "$1/" ;; esac; }
qemu_name() { case $1 in arm64) echo aarch64 ;; *) echo x86_64 ;; esac; }

emulates() { grep -qsx enabled "$BINFMT/qemu-$(qemu_name "$1")"; }

# Programs of another processor run from here on, also those in containers: the kernel keeps QEMU open. usage: start_emulation ARCH
start_emulation() {
  local binfmt
  binfmt=qemu-$(qemu_name "$1")
  if ! is_foreign "$1" || emulates "$1"; then return; fi
  [ "$(id -u)" -eq 0 ] || fail "setting up emulation needs root: run it again with sudo, or install qemu-user-static first"
  # shellcheck disable=SC2046
  [ -z "$(missing_packages qemu-user-static)" ] || install_packages qemu-user-static
  ! emulates "$1" || return 0
  [ -e "$BINFMT/register" ] || mount_binfmt
  cat "/usr/lib/binfmt.d/$binfmt.conf" >"$BINFMT/register" || fail "the kernel does not take $binfmt for an interpreter"
  EMULATION_STARTED=$binfmt
}

mount_binfmt() {
  mount -t binfmt_misc binfmt_misc "$BINFMT" || fail "this kernel has no binfmt_misc: build on a host of that processor"
  BINFMT_MOUNTED=yes
}

# Takes back what start_emulation did.
stop_emulation() {
  [ -z "$EMULATION_STARTED" ] || echo -1 >"$BINFMT/$EMULATION_STARTED"
  [ -z "$BINFMT_MOUNTED" ] || umount "$BINFMT"
  EMULATION_STARTED='' BINFMT_MOUNTED=''
}
