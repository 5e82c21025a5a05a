# What Bramble needs of a Debian host: packages, a libvirt that runs. Everything here is idempotent, and what changes the
# host is noted in $BRAMBLE_STATE/host/ so that scripts/down --purge can take it back. Needs service.sh where it starts libvirtd.

BRAMBLE_STATE=${BRAMBLE_STATE:-/var/lib/bramble}
HOST_NOTES=$BRAMBLE_STATE/host
# In every state folder of ours, so that --purge never takes a folder that is somebody else's.
STATE_MARK=$BRAMBLE_STATE/.bramble-state
make_state_folder() { mkdir -p "$BRAMBLE_STATE/$1" && touch "$STATE_MARK"; }
BACKPORTS_LIST=/etc/apt/sources.list.d/bramble-backports.list
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

hypervisor_packages="qemu-system-x86 qemu-utils libvirt-daemon-system libvirt-daemon-driver-qemu libvirt-clients"
[ "$(uname -m)" = aarch64 ] && hypervisor_packages=${hypervisor_packages/qemu-system-x86/qemu-system-arm qemu-efi-aarch64}

os_field() { (. /etc/os-release && eval "printf '%s' \"\${$1:-}\""); }

# usage: require_tool NAME LEAST_MAJOR WHAT   says what is wrong with a program, nothing when it is there and new enough
require_tool() {
  local version
  command -v "$1" >/dev/null || { say "  - $1 is missing: $3" && return; }
  [ "$2" -gt 0 ] || return 0
  version=$("$1" --version 2>&1 | grep -oE '[0-9]+\.[0-9]+' | head -1)
  [ "${version%%.*}" -ge "$2" ] || say "  - $1 is version $version, but $2 or newer is needed: $3"
}

missing_tools() {
  require_tool qemu-system-x86_64 10 "QEMU (Fedora: qemu-system-x86; Ubuntu: qemu-system-x86; Arch: qemu-system-x86)"
  require_tool qemu-img 10 "QEMU's tools (Fedora: qemu-img; Ubuntu: qemu-utils; Arch: qemu-img)"
  require_tool libvirtd 11 "libvirt's daemon (Fedora: libvirt-daemon-driver-qemu libvirt-daemon; Ubuntu: libvirt-daemon-system; Arch: libvirt)"
  require_tool virsh 11 "libvirt's client (Fedora: libvirt-client; Ubuntu: libvirt-clients; Arch: libvirt)"
  require_tool passt 0 "the network of guests (package passt everywhere)"
  require_tool mmdebstrap 0 "builds the sample guest (package mmdebstrap; not needed with --no-sample)"
  require_tool grub-mkimage 0 "makes the sample guest boot (Ubuntu: grub-pc-bin grub-common; not needed with --no-sample)"
  has_toolchain || require_tool npm 0 "fetches Node 24 and pnpm (package npm or nodejs)"
}

# Sentences about what is missing that this script cannot mend; nothing when all is well.
# usage: preflight [worker]   (a worker builds no sample guest, and runs no master)
preflight() {
  local id codename missing role=${1:-cloudlet}
  id=$(os_field ID) codename=$(os_field VERSION_CODENAME)
  case "$id:$codename" in
    debian:bookworm | debian:trixie) ;;
    *)
      missing=$(missing_tools 2>&1)
      [ -n "${BRAMBLE_SKIP_PACKAGES:-}" ] || say "This is $(os_field PRETTY_NAME); scripts/$(basename "$0") installs packages on Debian 12 (bookworm) and 13 (trixie) only."
      [ -z "$missing" ] || { say "What it needs and does not find:" && say "$missing"; }
      [ -z "$missing" ] && [ -n "${BRAMBLE_SKIP_PACKAGES:-}" ] ||
        { say "Install what is missing with this system's package manager, then run: BRAMBLE_SKIP_PACKAGES=1 scripts/$(basename "$0")" && return 1; }
      ;;
  esac
  case "$role:$(uname -m)" in
    *:x86_64 | worker:aarch64) ;;
    *) say "The sample guest is built for x86_64; this host is $(uname -m). Workers of other kinds join a master instead." && return 1 ;;
  esac
  if [ "$(id -u)" -ne 0 ]; then
    say "Setting up the hypervisor needs root: run it as root, or install sudo." && return 1
  fi
  local free_kb free_mb
  mkdir -p "$(dirname "$BRAMBLE_STATE")"
  free_kb=$(df --output=avail -k "$(dirname "$BRAMBLE_STATE")" | tail -1)
  [ "$free_kb" -ge $((6 * 1024 * 1024)) ] ||
    { say "$(dirname "$BRAMBLE_STATE") has $((free_kb / 1024)) MB free; 6 GB are needed. Free some, or set BRAMBLE_STATE to another folder." && return 1; }
  free_mb=$(awk '/MemAvailable/ {print int($2 / 1024)}' /proc/meminfo)
  [ "$free_mb" -ge 1500 ] ||
    { say "$free_mb MB of memory are free; 1500 MB are needed for the master and one guest. Stop something first." && return 1; }
  ip -4 route show default 2>/dev/null | grep -q . || [ ! -x "$(command -v ip)" ] ||
    say "Note: this host has no default route; Debian 12's passt then refuses to start guests. Add a route, or use Debian 13."
}

missing_packages() {
  local name
  for name in $(printf '%s\n' "$@" | sort -u); do
    dpkg-query -W -f '${Status}\n' "$name" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$name"
  done
}

major_version() { dpkg-query -W -f '${Version}' "$1" 2>/dev/null | sed 's/^[0-9]*://; s/[^0-9].*//'; }

# bookworm's own QEMU and libvirt are too old: those two come from its backports.
needs_backports() {
  [ "$(os_field VERSION_CODENAME)" = bookworm ] || return 1
  [ "$(major_version qemu-utils)" -ge 10 ] 2>/dev/null && [ "$(major_version libvirt-daemon-system)" -ge 11 ] 2>/dev/null && return 1
  return 0
}

# The mirror that this machine's own sources name. usage: debian_mirror [debian-security]
debian_mirror() {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
    sed -nE 's/^(URIs:|deb(\s+\[[^]]*\])?)\s+(\S+).*/\3/p' | grep -m1 -E "/${1:-debian}/?\$" || true
}

add_backports() {
  local mirror
  mirror=$(debian_mirror)
  [ -n "$mirror" ] || fail "no Debian mirror is named in /etc/apt; add bookworm-backports yourself and run this again"
  printf 'deb [signed-by=%s] %s bookworm-backports main\n' "$KEYRING" "$mirror" >"$BACKPORTS_LIST"
  make_state_folder host && echo "$BACKPORTS_LIST" >>"$HOST_NOTES/files"
}

installed_names() { dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' | awk '$1 == "ii" {print $2}' | sort; }

# What a half-failed installation left is noted too, so that it can be taken back.
# usage: apt_install WHAT-WAS-BEFORE [apt options...] packages...
apt_install() {
  local before=$1 status=0
  shift
  quietly "installing $*" apt-get install -yq --no-install-recommends "$@" || status=$?
  installed_names | comm -13 "$before" - >>"$HOST_NOTES/packages"
  [ "$status" -eq 0 ] || fail "apt-get could not install: $*"
}

# Installs Debian packages and notes which ones are new here.
# usage: install_packages packages...   (names of the hypervisor come from backports where that is needed)
install_packages() {
  local before backport=() plain=() suite=() name
  make_state_folder host
  before=$(mktemp)
  installed_names >"$before"
  export DEBIAN_FRONTEND=noninteractive
  quietly "reading the package lists" apt-get update -q || fail "apt-get update failed; see its messages above"
  for name in $(printf '%s\n' "$@" | sort -u); do
    case " $hypervisor_packages " in *" $name "*) backport+=("$name") ;; *) plain+=("$name") ;; esac
  done
  [ ! -e "$BACKPORTS_LIST" ] || suite=(-t bookworm-backports)
  [ ${#backport[@]} -eq 0 ] || apt_install "$before" "${suite[@]}" "${backport[@]}"
  [ ${#plain[@]} -eq 0 ] || apt_install "$before" "${plain[@]}"
  rm -f "$before"
}

# usage: say_changes "PACKAGES" [UNIT...]   before anything is changed
say_changes() {
  local changes
  changes=$(list_changes "$@" 2>&1)
  [ -n "$changes" ] || { say "    all that is needed is there" && return; }
  say "What will be changed on this host (scripts/down --purge takes it back):"
  say "$changes"
}

# usage: list_changes "PACKAGES" [UNIT...]
list_changes() {
  local packages=$1 unit
  shift
  [ -z "$packages" ] || say "    install Debian packages: $packages"
  [ -z "$packages" ] || ! needs_backports || say "    add $BACKPORTS_LIST, for QEMU and libvirt from bookworm-backports"
  has_toolchain || say "    install Node 24 and pnpm into $BRAMBLE_TOOLCHAIN"
  [ "${driver:-libvirt}" != libvirt ] || libvirt_answers || say "    start libvirtd$(has_systemd || echo ", and turn its confinement off in /etc/libvirt/qemu.conf (no init system here)")"
  [ "${driver:-libvirt}" != libvirt ] || ! needs_apparmor_rule || say "    add $BRAMBLE_STATE/agent to $APPARMOR_LOCAL"
  for unit in "$@"; do
    unit_is_ours "$unit" || say "    add $UNIT_FOLDER/$unit, which systemd starts now and at each boot"
  done
  [ -d "$BRAMBLE_STATE" ] || say "    make the folder $BRAMBLE_STATE"
}

LIBVIRT_SOCKET=/run/libvirt/libvirt-sock
libvirt_answers() { [ -S "$LIBVIRT_SOCKET" ] && timeout 10 virsh -c qemu:///system version >/dev/null 2>&1; }

# Where nothing confines QEMU (no AppArmor, no SELinux; containers and sandboxes) libvirt's own confinement cannot work
# either; qemu.conf then says so for the libvirtd that we start. An installed init system keeps its own configuration.
start_libvirt() {
  libvirt_answers && return
  if [ -d /run/systemd/system ]; then
    # shellcheck disable=SC2046
    quietly "starting libvirtd" systemctl start $(libvirt_units) || fail "systemctl start $(libvirt_units) failed; see journalctl -u libvirtd"
  else
    make_state_folder host && make_state_folder run
    if [ ! -e /etc/libvirt/qemu.conf.bramble-before ]; then
      cp -p /etc/libvirt/qemu.conf /etc/libvirt/qemu.conf.bramble-before
      printf '%s\n' '# Added by scripts/up: this host has no init system that could confine QEMU.' \
        'security_driver = "none"' 'namespaces = []' 'cgroup_controllers = []' >>/etc/libvirt/qemu.conf
    fi
    mkdir -p /run/libvirt
    virtlogd -d -p "$BRAMBLE_STATE/run/virtlogd.pid" 2>/dev/null || true
    unshare -m --propagation slave bash -c '. "$0/kvm.sh" && hide_failing_kvm "$1/no-kvm" 2.5 && exec libvirtd -d --timeout 0 -p "$1/libvirtd.pid"' \
      "$BRAMBLE_ROOT/scripts/lib" "$BRAMBLE_STATE/run" || fail "libvirtd did not start; run it in the foreground to see why"
  fi
  local tries
  for tries in $(seq 50); do
    libvirt_answers && return
    sleep 0.2
  done
  fail "libvirtd started but does not answer at $LIBVIRT_SOCKET"
}

# QEMU maps bases from the state folder: AppArmor, where it confines QEMU, must know that folder.
APPARMOR_LOCAL=/etc/apparmor.d/local/abstractions/libvirt-qemu
needs_apparmor_rule() {
  [ -d /sys/kernel/security/apparmor ] && [ -d /etc/apparmor.d ] && ! grep -qs "$BRAMBLE_STATE/agent" "$APPARMOR_LOCAL"
}
allow_in_apparmor() {
  mkdir -p "$(dirname "$APPARMOR_LOCAL")"
  printf '# Added by scripts/up: guests map their base and write their delta here.\n%s/agent/** rwk,\n' "$BRAMBLE_STATE" >>"$APPARMOR_LOCAL"
}
