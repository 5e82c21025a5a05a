# The systemd units of --service: written from the templates in scripts/lib/systemd, started at boot, removed by
# scripts/down --purge. A host has one of each, for one state folder, which its second line names. Needs say.sh,
# toolchain.sh and host.sh.

UNIT_FOLDER=/etc/systemd/system
UNITS="bramble-agent.service bramble-end-expired.service bramble.service"

has_systemd() { [ -d /run/systemd/system ]; }
unit_is_ours() { grep -qsxF "# state: $BRAMBLE_STATE" "$UNIT_FOLDER/$1"; }
is_service() { has_systemd && unit_is_ours "$1"; }

# What would keep the units from working, before anything is changed. usage: check_service UNIT...
check_service() {
  local unit path
  has_systemd || fail "--service needs systemd, and this host was not started by it: leave --service out"
  [ "$(id -u)" -eq 0 ] || fail "--service writes to $UNIT_FOLDER: run it as root, or install sudo"
  for path in "$BRAMBLE_ROOT" "$BRAMBLE_STATE" "$BRAMBLE_TOOLCHAIN"; do
    [[ "$path" =~ ^[a-zA-Z0-9/._+-]+$ ]] || fail "'$path' cannot be named in a systemd unit: use a folder of letters, digits and /._+-"
  done
  for unit in "$@"; do
    [ ! -e "$UNIT_FOLDER/$unit" ] || unit_is_ours "$unit" ||
      fail "$UNIT_FOLDER/$unit is for another state folder: $(sed -n 's/^# state: //p' "$UNIT_FOLDER/$unit")"
  done
}

# Which of libvirt's units this host uses: one daemon, or one for each driver.
libvirt_units() { if systemctl is-enabled -q virtproxyd.socket 2>/dev/null; then echo virtqemud.socket virtproxyd.socket; else echo libvirtd.service; fi; }

# usage: render_unit UNIT [units that it needs...]   BRAMBLE_PORT and BRAMBLE_CONFIG_FILE are bramble.service's
render_unit() {
  local unit=$1 node
  shift
  node=$(command -v node)
  sed -e "s|@ROOT@|$BRAMBLE_ROOT|g; s|@STATE@|$BRAMBLE_STATE|g; s|@NODE@|$node|; s|@NEEDS@|$(echo network-online.target "$@")|" \
    -e "s|@PATH@|$BRAMBLE_TOOLCHAIN/node_modules/.bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin|" \
    -e "s|@PORT@|${BRAMBLE_PORT:-}|; s|@CONFIG@|${BRAMBLE_CONFIG_FILE:+ --config $BRAMBLE_CONFIG_FILE}|" \
    "$BRAMBLE_ROOT/scripts/lib/systemd/$unit"
}

# Fails when it is there already, as it is to be. usage: write_unit UNIT [units that it needs...]
write_unit() {
  local text
  text=$(render_unit "$@")
  [ "$text" != "$(cat "$UNIT_FOLDER/$1" 2>/dev/null)" ] || return 1
  make_state_folder host
  grep -qsxF "$UNIT_FOLDER/$1" "$HOST_NOTES/files" || echo "$UNIT_FOLDER/$1" >>"$HOST_NOTES/files"
  printf '%s\n' "$text" >"$UNIT_FOLDER/$1"
  systemctl daemon-reload
}

start_unit() { systemctl enable -q --now "$1" || fail "systemd could not start $1; see journalctl -u $1"; }
# It starts again at the next boot, unless it is removed. usage: stop_unit UNIT
stop_unit() { ! is_service "$1" || systemctl stop "$1"; }

unit_pid() {
  local pid
  is_service "$1" || return 1
  pid=$(systemctl show -p MainPID --value "$1") && [ "$pid" -gt 0 ] && echo "$pid"
}

# What it said since it was last started. usage: unit_log UNIT
unit_log() { journalctl -q -o cat --no-pager "_SYSTEMD_INVOCATION_ID=$(systemctl show -p InvocationID --value "$1")"; }

remove_units() {
  local unit
  for unit in $UNITS; do
    unit_is_ours "$unit" || continue
    ! has_systemd || systemctl disable -q --now "$unit" || say "    $unit could not be stopped"
    rm -f "$UNIT_FOLDER/$unit" "$UNIT_FOLDER/multi-user.target.wants/$unit"
    say "    removed $UNIT_FOLDER/$unit"
  done
  ! has_systemd || systemctl daemon-reload
}
