# How the scripts speak: progress on stderr, one plain line each; problems in sentences that say what to do.

say() { printf '%s\n' "$*" >&2; }
step() { printf '\n==> %s\n' "$*" >&2; }
fail() {
  printf 'bramble: %s\n' "$*" >&2
  exit 1
}

# Runs a command that may take long: a spinner on a terminal, plain lines elsewhere; its output only if it fails.
# usage: quietly "what is happening" command [args...]
quietly() {
  local what=$1 log status=0 started=$SECONDS
  shift
  log=$(mktemp)
  if [ -t 2 ]; then
    "$@" >"$log" 2>&1 &
    local pid=$! mark
    while kill -0 "$pid" 2>/dev/null; do
      for mark in '|' '/' '-' '\'; do
        printf '\r    %s %s (%ss) ' "$mark" "$what" "$((SECONDS - started))" >&2
        sleep 0.1
      done
    done
    wait "$pid" || status=$?
    printf '\r\033[K' >&2
  else
    say "    $what ..."
    "$@" >"$log" 2>&1 || status=$?
  fi
  if [ "$status" -eq 0 ]; then
    say "    $what: done in $((SECONDS - started)) s"
  else
    cat "$log" >&2
    say "    $what: failed with status $status"
  fi
  rm -f "$log"
  return "$status"
}
