# Starting, finding and stopping the embedded cloudlet: one process, its pid in $BRAMBLE_STATE/run.

CLOUDLET_PID=$BRAMBLE_STATE/run/embedded.pid
CLOUDLET_LOG=$BRAMBLE_STATE/run/embedded.log
BRAMBLE_URL=http://127.0.0.1:${BRAMBLE_PORT:-8080}
bramble() { "$BRAMBLE_ROOT/scripts/bramble" "$@"; }

# The recorded pid, only while it is still our process.
cloudlet_pid() {
  local pid
  pid=$(cat "$CLOUDLET_PID" 2>/dev/null) || return 1
  grep -qsa 'services/embedded/src/main.ts' "/proc/$pid/cmdline" && echo "$pid"
}
cloudlet_runs() { cloudlet_pid >/dev/null; }

is_ready() { node -e 'fetch(process.argv[1]).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))' "$BRAMBLE_URL/readyz"; }

start_cloudlet() {
  if cloudlet_runs && is_ready; then
    say "    it runs already"
    return
  fi
  mkdir -p "$BRAMBLE_STATE/run"
  chmod 0711 "$BRAMBLE_STATE"
  local config=()
  [ ! -e "$BRAMBLE_ROOT/config/embedded.yaml" ] || config=(--config "$BRAMBLE_ROOT/config/embedded.yaml")
  setsid node "$BRAMBLE_ROOT/services/embedded/src/main.ts" "${config[@]}" \
    --state "$BRAMBLE_STATE" --port "$BRAMBLE_PORT" >>"$CLOUDLET_LOG" 2>&1 </dev/null &
  echo $! >"$CLOUDLET_PID"
  local tries
  for tries in $(seq 150); do
    is_ready && return
    cloudlet_runs || fail "the cloudlet did not start; $CLOUDLET_LOG ends with: $(tail -5 "$CLOUDLET_LOG")"
    sleep 0.2
  done
  fail "the cloudlet is not ready after 30 s: $(tail -5 "$CLOUDLET_LOG")"
}

# The first admin token is shown once and kept for the CLI of the user who ran this.
log_in() {
  local secret_file=$BRAMBLE_STATE/first-admin-token
  [ -s "$secret_file" ] || return 0
  say "    the admin token, shown this once: $(cat "$secret_file")"
  bramble login --url "$BRAMBLE_URL" --context "${BRAMBLE_CONTEXT:-default}" --token-file "$secret_file" >/dev/null
  rm -f "$secret_file"
  if [ -n "${SUDO_USER:-}" ]; then
    local home
    home=$(getent passwd "$SUDO_USER" | cut -d: -f6)
    install -d -o "$SUDO_USER" "$home/.config" "$home/.config/bramble"
    install -m 0600 -o "$SUDO_USER" "$HOME/.config/bramble/config.yaml" "$home/.config/bramble/config.yaml"
  fi
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
