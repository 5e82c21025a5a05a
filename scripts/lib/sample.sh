# The main job on real input, in the commands a person would type: a base, an overlay on it, a service, an instance. Needs
# say.sh, and `bramble`, which speaks to the cloudlet.

SAMPLE_SERVICE=org.bramble.samples.package-search
SAMPLE_BASE=debian
SAMPLE_OVERLAY=package-search
SAMPLE_INSTANCE=package-search
SAMPLE_EDIT=edit-package-search
# Where the guest's disk lies until it was pushed. Building it needs root, nothing else does.
SAMPLE_GUESTS=${BRAMBLE_STATE:-/var/lib/bramble}/guests
SAMPLE_GUEST_CACHE=$SAMPLE_GUESTS/cache
as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

# usage: has NOUN NAME [TERMS]   whether it is there, and as TERMS say
has() { [ -n "$(bramble "$1" list -o name --filter "name=$2${3:+,$3}")" ]; }
# A base or an overlay whose making was cut off goes on by itself: wait for its end.
is_available() {
  while has "$1" "$2" status=creating; do sleep 1; done
  has "$1" "$2" status=available
}
show_command() { say "    \$ scripts/bramble $*"; bramble "$@"; }

make_base() {
  is_available base "$SAMPLE_BASE" && return
  local disk=$SAMPLE_GUESTS/debian.qcow2
  step "Building a Debian guest from packages"
  mkdir -p "$SAMPLE_GUESTS"
  as_root "$BRAMBLE_ROOT/scripts/guest/build" --cache "$SAMPLE_GUEST_CACHE" debian "$disk"
  step "Making it a base: boot it, wait until it answers, take disk and memory"
  show_command base create "$SAMPLE_BASE" --disk "$disk" --memory 512M --cpus 1 --probe http:80/status --probe-timeout 240
  rm -f "$disk"
}

make_overlay() {
  is_available overlay "$SAMPLE_OVERLAY" && return
  local guest_files=$BRAMBLE_ROOT/samples/package-search/guest
  step "Resuming the base in an edit session and installing the sample service in it"
  ! has instance "$SAMPLE_EDIT" || bramble instance delete "$SAMPLE_EDIT"
  show_command launch --base "$SAMPLE_BASE" --name "$SAMPLE_EDIT"
  say "    \$ tar -c . | scripts/bramble instance exec $SAMPLE_EDIT -- sh -c 'tar -x ... && install.sh'"
  tar -C "$guest_files" -c . | bramble instance exec "$SAMPLE_EDIT" --stdin - --timeout 120 -- \
    sh -ec 'mkdir -p /opt/package-search && tar -x -C /opt/package-search && sh /opt/package-search/install.sh'
  show_command overlay create "$SAMPLE_OVERLAY" --instance "$SAMPLE_EDIT"
  bramble instance delete "$SAMPLE_EDIT"
}

make_service() {
  [ -z "$(bramble service list -o name --filter "id=$SAMPLE_SERVICE")" ] || return 0
  step "Registering the service"
  show_command service create -f samples/package-search/service.yaml --overlay "$SAMPLE_OVERLAY"
}

launch_instance() {
  has instance "$SAMPLE_INSTANCE" status.phase=running && return
  # One that failed, say because the host was restarted under it, makes room for a new one.
  ! has instance "$SAMPLE_INSTANCE" || bramble instance delete "$SAMPLE_INSTANCE"
  step "Launching an instance by synthesis"
  show_command launch "$SAMPLE_SERVICE" --name "$SAMPLE_INSTANCE"
}

ask_instance() {
  local url
  url=$(bramble instance list -o csv --no-header --columns name,url --filter "name=$SAMPLE_INSTANCE" | cut -d, -f2)
  [ -n "$url" ] || fail "the instance has no URL; see scripts/bramble instance show $SAMPLE_INSTANCE"
  step "Asking it: $url/search?q=archive&limit=3"
  node -e '
    const [url] = process.argv.slice(1)
    const response = await fetch(url, { signal: AbortSignal.timeout(30_000) })
    if (!response.ok) throw new Error(`status ${response.status}`)
    console.log(JSON.stringify(await response.json(), null, 2))
  ' --input-type=module "$url/search?q=archive&limit=3" || fail "the instance did not answer at $url"
}

# What a launch needs; each part that is there already is left as it is.
install_sample() {
  cd "$BRAMBLE_ROOT"
  make_base
  make_overlay
  make_service
}

run_sample() {
  install_sample
  launch_instance
  ask_instance
  bramble instance show "$SAMPLE_INSTANCE"
}
