# The way back: instances, libvirtd if we started it, and for --purge everything noted in $BRAMBLE_STATE/host.

stop_instances() {
  cloudlet_runs || { end_stray_guests && return; }
  local name
  for name in $(bramble instance list -o name 2>/dev/null); do
    say "    deleting instance $name"
    bramble instance delete "$name" --quiet || say "    $name could not be deleted"
  done
}

# Without a cloudlet to ask, guests of ours that still run are ended through libvirt.
end_stray_guests() {
  libvirt_answers || return 0
  local name
  for name in $(virsh -c qemu:///system list --all --name 2>/dev/null | grep '^bramble-'); do
    virsh -c qemu:///system dumpxml "$name" 2>/dev/null | grep -qF "'$BRAMBLE_STATE/agent/slots/" || continue
    say "    ending guest $name"
    virsh -c qemu:///system destroy "$name" >/dev/null 2>&1 || true
    virsh -c qemu:///system undefine "$name" >/dev/null 2>&1 || true
  done
}

# Ends the process of a pid file, if it is still that program, and waits until it is gone.
stop_recorded() {
  local pid tries
  pid=$(cat "$1" 2>/dev/null) || return 0
  rm -f "$1"
  [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ] || return 0
  kill -TERM "$pid"
  # libvirtd takes its time when it is asked while it still looks at QEMU; what it holds lies on disk.
  for tries in $(seq 200); do
    [ -d "/proc/$pid" ] || return 0
    sleep 0.1
  done
  say "    $2 ($pid) does not end when asked; it is killed"
  kill -KILL "$pid" 2>/dev/null || true
  for tries in $(seq 50); do
    [ -d "/proc/$pid" ] || return 0
    sleep 0.1
  done
}

stop_libvirt() {
  stop_recorded "$BRAMBLE_STATE/run/libvirtd.pid" libvirtd
  stop_recorded "$BRAMBLE_STATE/run/virtlogd.pid" virtlogd
}

restore_configuration() {
  if [ -e /etc/libvirt/qemu.conf.bramble-before ]; then
    mv /etc/libvirt/qemu.conf.bramble-before /etc/libvirt/qemu.conf
    say "    /etc/libvirt/qemu.conf is as it was"
  fi
  if grep -qs '^# Added by scripts/up' "$APPARMOR_LOCAL"; then
    sed -i '/^# Added by scripts\/up/,+1d' "$APPARMOR_LOCAL"
    say "    $APPARMOR_LOCAL is as it was"
  fi
}

take_back() {
  [ -e "$STATE_MARK" ] || fail "$BRAMBLE_STATE was not made by scripts/up: nothing is taken back"
  remove_units
  restore_configuration
  [ ! -s "$HOST_NOTES/packages" ] || remove_packages
  local file
  for file in $(cat "$HOST_NOTES/files" 2>/dev/null); do
    [ ! -e "$file" ] || { rm -f "$file" && say "    removed $file"; }
  done
  if [ -e "$BRAMBLE_TOOLCHAIN/$TOOLCHAIN_MARK" ]; then
    rm -rf "$BRAMBLE_TOOLCHAIN" && say "    removed $BRAMBLE_TOOLCHAIN"
  fi
  # By name: the folder may have been somebody's before.
  rm -rf "$BRAMBLE_STATE"/{agent,guests,host,master,run,simulated,port,first-admin-token,node-agent.yaml} "$STATE_MARK"
  rmdir "$BRAMBLE_STATE" 2>/dev/null && say "    removed $BRAMBLE_STATE" || say "    left: $BRAMBLE_STATE, which holds something else"
  say "    left: this checkout with its node_modules, and ~/.config/bramble (your login)"
}

remove_packages() {
  local ours others
  ours=$(noted_packages)
  # shellcheck disable=SC2086
  others=$(apt-get -s purge $ours | awk '/^(Remv|Purg)/ {print $2}' | sort -u | comm -23 - <(printf '%s\n' $ours | sort -u))
  if [ -n "$others" ]; then
    say "    left: the packages that scripts/up installed, because what came later needs some of them:" $others
    return
  fi
  # shellcheck disable=SC2086
  quietly "removing the packages that scripts/up installed" apt-get purge -yq $ours ||
    fail "apt-get could not remove them; $HOST_NOTES/packages lists them. Remove them yourself, then run this again"
}

# Packages that a Debian system cannot be without, and what those need.
protected_packages() {
  local protected
  protected=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Essential}${Protected}${Important}\n' | awk '$1 == "ii" && $3 ~ /yes/ {print $2}')
  # shellcheck disable=SC2086
  apt-cache depends --recurse --installed --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances $protected |
    grep '^[a-z0-9]' | cut -d: -f1
}

# Of the packages noted as ours, those that are still installed and can be removed.
noted_packages() {
  sort -u "$HOST_NOTES/packages" | comm -12 - <(installed_names) | comm -23 - <(protected_packages | sort -u)
}
