# Starting, finding and stopping the embedded cloudlet: one process, its pid in $BRAMBLE_STATE/run.

CLOUDLET_PID=$BRAMBLE_STATE/run/embedded.pid
CLOUDLET_LOG=$BRAMBLE_STATE/run/embedded.log
CLOUDLET_PORT=$BRAMBLE_STATE/port
BRAMBLE_PORT=${BRAMBLE_PORT:-$(cat "$CLOUDLET_PORT" 2>/dev/null || echo 8080)}
BRAMBLE_URL=http://127.0.0.1:$BRAMBLE_PORT
# The CLI's name for this cloudlet; the scripts never speak to another one, whatever context is current.
CLOUDLET_CONTEXT=embedded
[ "$BRAMBLE_STATE" = /var/lib/bramble ] || CLOUDLET_CONTEXT=embedded-$(basename "$BRAMBLE_STATE")
bramble() { "$BRAMBLE_ROOT/scripts/bramble" --context "$CLOUDLET_CONTEXT" --url "$BRAMBLE_URL" "$@"; }

# The recorded pid, only while it is still the cloudlet of this state folder.
cloudlet_pid() {
  local pid
  pid=$(cat "$CLOUDLET_PID" 2>/dev/null) || return 1
  { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF "services/embedded/src/main.ts --state $BRAMBLE_STATE " && echo "$pid"
}
cloudlet_runs() { cloudlet_pid >/dev/null; }

is_ready() { node -e 'fetch(process.argv[1]).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))' "$BRAMBLE_URL/readyz"; }

start_cloudlet() {
  if cloudlet_runs && is_ready; then
    say "    it runs already"
    return
  fi
  [ "$(cat "$CLOUDLET_PORT" 2>/dev/null || echo "$BRAMBLE_PORT")" = "$BRAMBLE_PORT" ] ||
    fail "the cloudlet in $BRAMBLE_STATE was set up on port $(cat "$CLOUDLET_PORT"): leave --port out, or give another --state"
  ! is_ready || fail "something else answers at $BRAMBLE_URL already: give another --port"
  make_state_folder run
  chmod 0711 "$BRAMBLE_STATE"
  echo "$BRAMBLE_PORT" >"$CLOUDLET_PORT"
  local config=()
  [ ! -e "$BRAMBLE_ROOT/config/embedded.yaml" ] || config=(--config "$BRAMBLE_ROOT/config/embedded.yaml")
  # The testbed's description need not be there: made later, it is applied at once.
  config+=(--description "$BRAMBLE_ROOT/config/bramble.yaml")
  setsid node "$BRAMBLE_ROOT/services/embedded/src/main.ts" --state "$BRAMBLE_STATE" --port "$BRAMBLE_PORT" "${config[@]}" \
    >>"$CLOUDLET_LOG" 2>&1 </dev/null &
  echo $! >"$CLOUDLET_PID"
  local tries
  for tries in $(seq 150); do
    cloudlet_runs || [ "$tries" -lt 5 ] || fail "the cloudlet did not start; $CLOUDLET_LOG ends with: $(tail -5 "$CLOUDLET_LOG")"
    ! is_ready || return 0
    sleep 0.2
  done
  fail "the cloudlet is not ready after 30 s: $(tail -5 "$CLOUDLET_LOG")"
}

# The first admin token is shown once and kept for the CLI of the user who ran this, and for root's, which the scripts use.
log_in() {
  local secret_file=$BRAMBLE_STATE/first-admin-token
  [ -s "$secret_file" ] || return 0
  say "    the admin token, shown this once: $(cat "$secret_file")"
  bramble login --token-file "$secret_file"
  if [ -n "${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ]; then
    sudo -H -u "$SUDO_USER" "$BRAMBLE_ROOT/scripts/bramble" --context "$CLOUDLET_CONTEXT" --url "$BRAMBLE_URL" \
      login --token-file - <"$secret_file"
  fi
  rm -f "$secret_file"
}

# The API is there before its node is: at its first start that one tries for seconds whether the host has KVM.
await_node() {
  local tries
  for tries in $(seq 60); do
    [ -z "$(bramble node list --filter liveness=ready -o name 2>/dev/null)" ] || return 0
    cloudlet_runs || fail "the cloudlet ended; $CLOUDLET_LOG ends with: $(tail -5 "$CLOUDLET_LOG")"
    sleep 0.5
  done
  fail "the node of this host is not ready after 30 s: $(tail -5 "$CLOUDLET_LOG")"
}

stop_cloudlet() {
  local pid
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
