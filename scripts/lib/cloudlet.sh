# Starting, finding and stopping the embedded cloudlet: one process, a unit of systemd when that was installed, else with its
# pid in $BRAMBLE_STATE/run. Needs service.sh.

CLOUDLET_PID=$BRAMBLE_STATE/run/embedded.pid
CLOUDLET_LOG=$BRAMBLE_STATE/run/embedded.log
CLOUDLET_PORT=$BRAMBLE_STATE/port
CLOUDLET_UNIT=bramble.service
BRAMBLE_PORT=${BRAMBLE_PORT:-$(cat "$CLOUDLET_PORT" 2>/dev/null || echo 8080)}
BRAMBLE_URL=http://127.0.0.1:$BRAMBLE_PORT
# The CLI's name for this cloudlet; the scripts never speak to another one, whatever context is current.
CLOUDLET_CONTEXT=embedded
[ "$BRAMBLE_STATE" = /var/lib/bramble ] || CLOUDLET_CONTEXT=embedded-$(basename "$BRAMBLE_STATE")
bramble() { "$BRAMBLE_ROOT/scripts/bramble" --context "$CLOUDLET_CONTEXT" --url "$BRAMBLE_URL" "$@"; }

# The unit's pid, or the recorded one, only while it is still the cloudlet of this state folder.
cloudlet_pid() {
  local pid
  ! unit_pid "$CLOUDLET_UNIT" || return 0
  pid=$(cat "$CLOUDLET_PID" 2>/dev/null) || return 1
  { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF "services/embedded/src/main.ts --state $BRAMBLE_STATE " && echo "$pid"
}
cloudlet_runs() { cloudlet_pid >/dev/null; }

# Its own authority, where it speaks TLS (config/embedded.yaml).
CLOUDLET_CA=$BRAMBLE_STATE/master/identity/ca.crt

is_ready() {
  answers_well && return
  # A port of TLS answers plain HTTP with 400.
  [ $? -eq 4 ] && [ -e "$CLOUDLET_CA" ] || return 1
  BRAMBLE_URL=https://127.0.0.1:$BRAMBLE_PORT
  export BRAMBLE_CA_FILE=$CLOUDLET_CA NODE_EXTRA_CA_CERTS=$CLOUDLET_CA
  answers_well
}
answers_well() {
  node -e 'fetch(process.argv[1]).then((r) => process.exit(r.ok ? 0 : r.status === 400 ? 4 : 1), () => process.exit(1))' "$BRAMBLE_URL/readyz"
}

cloudlet_log() { if is_service "$CLOUDLET_UNIT"; then unit_log "$CLOUDLET_UNIT"; else cat "$CLOUDLET_LOG"; fi | tail -5; }

# usage: start_cloudlet [service]
start_cloudlet() {
  BRAMBLE_CONFIG_FILE=$BRAMBLE_ROOT/config/embedded.yaml
  [ -e "$BRAMBLE_CONFIG_FILE" ] || BRAMBLE_CONFIG_FILE=
  [ "$(cat "$CLOUDLET_PORT" 2>/dev/null || echo "$BRAMBLE_PORT")" = "$BRAMBLE_PORT" ] ||
    fail "the cloudlet in $BRAMBLE_STATE was set up on port $(cat "$CLOUDLET_PORT"): leave --port out, or give another --state"
  # One that is no service yet, or another one, makes room for it; its VMs run on.
  # shellcheck disable=SC2046
  if [ "${1:-}" = service ] && write_unit "$CLOUDLET_UNIT" $(libvirt_units); then
    stop_cloudlet
  fi
  if cloudlet_runs && is_ready; then
    say "    it runs already"
    return
  fi
  ! is_ready || fail "something else answers at $BRAMBLE_URL already: give another --port"
  make_state_folder run
  chmod 0711 "$BRAMBLE_STATE"
  echo "$BRAMBLE_PORT" >"$CLOUDLET_PORT"
  if is_service "$CLOUDLET_UNIT"; then start_unit "$CLOUDLET_UNIT"; else start_in_background; fi
  local tries
  for tries in $(seq 150); do
    cloudlet_runs || [ "$tries" -lt 5 ] || fail "the cloudlet did not start; its log ends with: $(cloudlet_log)"
    ! is_ready || return 0
    sleep 0.2
  done
  fail "the cloudlet is not ready after 30 s: $(cloudlet_log)"
}

# The testbed's description need not be there: made later, it is applied at once.
start_in_background() {
  setsid node "$BRAMBLE_ROOT/services/embedded/src/main.ts" --state "$BRAMBLE_STATE" --port "$BRAMBLE_PORT" \
    --description "$BRAMBLE_ROOT/config/bramble.yaml" ${BRAMBLE_CONFIG_FILE:+--config "$BRAMBLE_CONFIG_FILE"} >>"$CLOUDLET_LOG" 2>&1 </dev/null &
  echo $! >"$CLOUDLET_PID"
}

# The first admin token is shown once and kept for the CLI of the user who ran this, and for root's, which the scripts use.
log_in() {
  local secret_file=$BRAMBLE_STATE/first-admin-token
  [ -s "$secret_file" ] || return 0
  say "    the admin token, shown this once: $(cat "$secret_file")"
  local trust=()
  [ -z "${BRAMBLE_CA_FILE:-}" ] || trust=(--ca-fingerprint "$(bramble system ca -o name)")
  bramble login --token-file "$secret_file" "${trust[@]}"
  if [ -n "${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ]; then
    sudo -H -u "$SUDO_USER" "$BRAMBLE_ROOT/scripts/bramble" --context "$CLOUDLET_CONTEXT" --url "$BRAMBLE_URL" \
      login --token-file - "${trust[@]}" <"$secret_file"
  fi
  rm -f "$secret_file"
}

# The API is there before its node is: at its first start that one tries for seconds whether the host has KVM.
await_node() {
  local tries
  for tries in $(seq 60); do
    [ -z "$(bramble node list --filter liveness=ready -o name 2>/dev/null)" ] || return 0
    cloudlet_runs || fail "the cloudlet ended; its log ends with: $(cloudlet_log)"
    sleep 0.5
  done
  fail "the node of this host is not ready after 30 s: $(cloudlet_log)"
}

stop_cloudlet() {
  local pid
  stop_unit "$CLOUDLET_UNIT"
  pid=$(cloudlet_pid) || return 0
  kill -TERM "$pid"
  local tries
  for tries in $(seq 100); do
    [ -d "/proc/$pid" ] || break
    sleep 0.1
  done
  [ ! -d "/proc/$pid" ] || kill -KILL "$pid"
  rm -f "$CLOUDLET_PID"
}
