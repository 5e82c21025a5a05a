# Starting, finding and stopping the node agent of a host that joined a cloudlet, and what ends VMs in its place: units of
# systemd when they were installed, else a process each, their pids in $BRAMBLE_STATE/run. Needs service.sh.

AGENT_SETTINGS=$BRAMBLE_STATE/node-agent.yaml
AGENT_PID=$BRAMBLE_STATE/run/node-agent.pid
AGENT_LOG=$BRAMBLE_STATE/run/node-agent.log
END_EXPIRED_PID=$BRAMBLE_STATE/run/end-expired.pid
# There until the host has joined.
AGENT_TOKEN=$BRAMBLE_STATE/run/join-token
# Tells the unit of it.
AGENT_ENVIRONMENT=$BRAMBLE_STATE/run/join.env
AGENT_UNIT=bramble-agent.service
END_EXPIRED_UNIT=bramble-end-expired.service

# The unit's pid, or the recorded one, only while it is still the agent of this state folder.
agent_pid() {
  local pid
  ! unit_pid "$AGENT_UNIT" || return 0
  pid=$(cat "$AGENT_PID" 2>/dev/null) || return 1
  { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF "services/node-agent/src/main.ts --config $AGENT_SETTINGS " && echo "$pid"
}
agent_runs() { agent_pid >/dev/null; }
end_expired_pid() {
  local pid
  ! unit_pid "$END_EXPIRED_UNIT" || return 0
  pid=$(cat "$END_EXPIRED_PID" 2>/dev/null) || return 1
  { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF "scripts/lib/end-expired $BRAMBLE_STATE/agent " && echo "$pid"
}

has_joined() { [ -s "$BRAMBLE_STATE/agent/identity/node.json" ]; }
# usage: has_joined_by TOKEN   (a node that was retired joins again by another one)
has_joined_by() {
  has_joined && [[ "$1" =~ ^join_([0-9a-z]{20})_ ]] && grep -qF "\"iv-${BASH_REMATCH[1]}\"" "$BRAMBLE_STATE/agent/identity/node.json"
}
joined_name() { node -p 'JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")).node' "$BRAMBLE_STATE/agent/identity/node.json"; }

# The address of this host from which it reaches the master: there others reach it. Fails when no master answers.
# usage: address_towards URL[,URL...]
address_towards() {
  local url
  for url in ${1//,/ }; do
    address_towards_one "$url" && return
  done
  return 1
}
address_towards_one() {
  node -e '
    const { hostname, port, protocol } = new URL(process.argv[1])
    const host = hostname.replace(/^\[|\]$/g, "")
    const socket = require("net").connect({ host, port: Number(port) || (protocol === "https:" ? 443 : 80), timeout: 10000 })
    socket.once("connect", () => { console.log(socket.localAddress); process.exit(0) })
    for (const sign of ["error", "timeout"]) socket.once(sign, () => process.exit(1))' "$1"
}

# A setting of the written file. usage: setting_of NAME
setting_of() { sed -nE "s/^ *$1: *\"?([^\"]*)\"?\$/\1/p" "$AGENT_SETTINGS" 2>/dev/null | head -1; }

# usage: write_settings MASTER_URL ADDRESS DRIVER [NODE]
write_settings() {
  make_state_folder run
  chmod 0711 "$BRAMBLE_STATE"
  cat >"$AGENT_SETTINGS.new" <<YAML
# Settings of this host's node agent, written by scripts/join; config/node-agent.example.yaml explains them and names more.
stateDir: "$BRAMBLE_STATE/agent"
driver: $3
${4:+node: $4
}advertisedAddress: "$2"
master:
  url: "$1"
ports:
  address: "$2"
listener:
  port: $BRAMBLE_LISTENER_PORT
probes:
  port: $BRAMBLE_PROBES_PORT
YAML
  mv "$AGENT_SETTINGS.new" "$AGENT_SETTINGS"
}

keep_token() {
  (umask 077 && printf '%s\n' "$1" >"$AGENT_TOKEN")
  echo "BRAMBLE__JOIN__TOKEN_FILE=$AGENT_TOKEN" >"$AGENT_ENVIRONMENT"
}
forget_token() { rm -f "$AGENT_TOKEN" "$AGENT_ENVIRONMENT"; }

# What the agent said since it was started.
agent_log() { if is_service "$AGENT_UNIT"; then unit_log "$AGENT_UNIT"; else cat "$AGENT_LOG"; fi; }
agent_log_place() { if is_service "$AGENT_UNIT"; then echo "journalctl -u $AGENT_UNIT"; else echo "$AGENT_LOG"; fi; }

# Succeeds when a unit is not yet what it should be; those that are will be started again after a reboot.
write_agent_units() {
  local changed=1 needs=()
  # shellcheck disable=SC2046
  if [ "$1" = libvirt ]; then
    needs=("$END_EXPIRED_UNIT" $(libvirt_units))
    ! write_unit "$END_EXPIRED_UNIT" || changed=0
  fi
  ! write_unit "$AGENT_UNIT" "${needs[@]}" || changed=0
  return "$changed"
}

start_agent() {
  local token=()
  ! is_service "$AGENT_UNIT" || { start_unit "$AGENT_UNIT" && return; }
  [ ! -e "$AGENT_TOKEN" ] || token=("BRAMBLE__JOIN__TOKEN_FILE=$AGENT_TOKEN")
  # What it said before says nothing about this start.
  [ ! -e "$AGENT_LOG" ] || mv "$AGENT_LOG" "$AGENT_LOG.1"
  setsid env "${token[@]}" node "$BRAMBLE_ROOT/services/node-agent/src/main.ts" --config "$AGENT_SETTINGS" \
    >"$AGENT_LOG" 2>&1 </dev/null &
  echo $! >"$AGENT_PID"
}

# Nobody starts an agent again that has died: its VMs end all the same when they may not run without the master.
start_end_expired() {
  ! is_service "$END_EXPIRED_UNIT" || { start_unit "$END_EXPIRED_UNIT" && return; }
  ! end_expired_pid >/dev/null || return 0
  setsid "$BRAMBLE_ROOT/scripts/lib/end-expired" "$BRAMBLE_STATE/agent" >>"$BRAMBLE_STATE/run/end-expired.log" 2>&1 </dev/null &
  echo $! >"$END_EXPIRED_PID"
}
stop_end_expired() {
  local pid
  stop_unit "$END_EXPIRED_UNIT"
  ! pid=$(end_expired_pid) || kill -KILL "$pid"
  rm -f "$END_EXPIRED_PID"
}

agent_is_ready() {
  node -e 'fetch(process.argv[1]).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))' "http://127.0.0.1:$(setting_of_probes)/readyz"
}
setting_of_probes() { awk '/^probes:/ { on = 1 } on && $1 == "port:" { print $2; exit }' "$AGENT_SETTINGS"; }

# What stands in its way, as its log last said; nothing when nothing does.
agent_trouble() {
  node -e '
    const lines = require("fs").readFileSync(0, "utf8").trim().split("\n")
    const told = lines.flatMap((line) => { try { return [JSON.parse(line)] } catch { return [] } })
    console.log(told.findLast(({ level }) => level !== "info")?.msg ?? "")' <<<"$(agent_log)"
}

stop_agent() {
  local pid tries
  stop_unit "$AGENT_UNIT"
  pid=$(agent_pid) || return 0
  kill -TERM "$pid"
  for tries in $(seq 100); do
    [ -d "/proc/$pid" ] || break
    sleep 0.1
  done
  [ ! -d "/proc/$pid" ] || kill -KILL "$pid"
  rm -f "$AGENT_PID"
}

# An agent that was refused would be refused again and again.
refused() {
  local reason
  reason=$(agent_log | tail -1 | sed 's/^node-agent: //')
  ! is_service "$AGENT_UNIT" || systemctl disable -q --now "$AGENT_UNIT"
  fail "this host was not let in: $reason"
}

# Until it works, or says what keeps it from that; the node's name goes to stdout.
await_agent() {
  local tries trouble
  for tries in $(seq 120); do
    agent_runs || refused
    if agent_is_ready; then
      forget_token
      say "    $(joined_name) is a node of the cloudlet; its log: $(agent_log_place)"
      joined_name
      return
    fi
    trouble=$(agent_trouble)
    if has_joined && [[ "$trouble" == *" is seen"* ]]; then
      forget_token
      say "    $(joined_name) has joined and waits for approval: bramble node approve $(joined_name)"
      joined_name
      return
    fi
    sleep 0.5
  done
  fail "not ready after a minute, the agent goes on trying: ${trouble:-see $(agent_log_place)}"
}
