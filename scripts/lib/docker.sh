# A Docker daemon for whoever needs one. One that runs is used as it is; where none does, ours runs from a folder of its own
# (data, socket, log, process id) and nothing else of the host's is touched but what stop_docker takes back. Needs say.sh,
# host.sh and take-back.sh.

DOCKER_FOLDER=${BRAMBLE_DOCKER:-${BRAMBLE_CACHE:-/var/cache/bramble}/docker}
DOCKER_STARTED=''
COMPOSE_PLUGIN=/usr/local/lib/docker/cli-plugins/docker-compose

docker_answers() { command -v docker >/dev/null && timeout 20 docker version >/dev/null 2>&1; }
has_compose() { docker compose version >/dev/null 2>&1; }
# Compose 1, which Debian 12 has under that name, does not do.
debian_has_compose() { apt-cache policy docker-compose | grep -qE '^ *Candidate: [2-9]'; }

# Debian packages that this host lacks for containers.
docker_packages() {
  docker_answers || command -v dockerd >/dev/null || printf '%s\n' docker.io iptables
  command -v docker >/dev/null || ! apt-cache policy docker-cli | grep -qE '^ *Candidate: [0-9]' || echo docker-cli
  has_compose || ! debian_has_compose || echo docker-compose
}

install_docker() {
  local packages
  # shellcheck disable=SC2046
  packages=$(missing_packages $(docker_packages))
  # shellcheck disable=SC2086
  [ -z "$packages" ] || install_packages $packages
  has_compose || install_compose_of trixie
}

# The plugin is one program that runs on older releases too: it is taken out of the newer suite's package, and the host's
# own lists and packages stay as they are.
install_compose_of() (
  suite=$1 mirror=$(debian_mirror) work=$(mktemp -d)
  [ -n "$mirror" ] || fail "no Debian mirror is named in /etc/apt; install Docker Compose v2 yourself and run this again"
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/lists/partial"
  chmod 755 "$work"
  echo "deb [signed-by=$KEYRING] $mirror $suite main" >"$work/sources.list"
  apt=(apt-get -q -o "Dir::State::Lists=$work/lists" -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root)
  cd "$work" || exit
  quietly "reading the package lists of $suite" "${apt[@]}" update && quietly "fetching Docker Compose" "${apt[@]}" download docker-compose ||
    fail "docker-compose of $suite could not be fetched from $mirror"
  dpkg-deb -x docker-compose_*.deb files
  install -D -m 755 files/usr/libexec/docker/cli-plugins/docker-compose "$COMPOSE_PLUGIN"
  make_state_folder host && echo "$COMPOSE_PLUGIN" >>"$HOST_NOTES/files"
)

# Makes `docker` work for this shell and its children.
start_docker() {
  local folder=$DOCKER_FOLDER tries
  docker_answers && return
  export DOCKER_HOST=unix://$folder/docker.sock
  docker_answers && return
  mkdir -p "$folder"
  sysctl -n net.ipv4.ip_forward >"$folder/forwarding-before"
  # Rules of a daemon that this one cannot see, say because it is another container's, stay when ours go.
  rm -f "$folder/rules-before" && { ! iptables-save 2>/dev/null | grep -q '^:DOCKER ' || touch "$folder/rules-before"; }
  # When it is Docker that turns forwarding on, it also drops what others forward.
  sysctl -qw net.ipv4.ip_forward=1
  echo '{}' >"$folder/daemon.json"
  DOCKER_STARTED=$folder
  setsid dockerd --config-file "$folder/daemon.json" --data-root "$folder/data" --exec-root "$folder/run" \
    --pidfile "$folder/docker.pid" --host "$DOCKER_HOST" </dev/null >"$folder/dockerd.log" 2>&1 &
  for tries in $(seq 150); do
    docker_answers && return
    kill -0 $! 2>/dev/null || break
    sleep 0.2
  done
  fail "the Docker daemon did not start: $(tail -n 3 "$folder/dockerd.log")"
}

# Ends the daemon that start_docker started, with its containers; images and volumes stay. With a FOLDER, the one that
# another shell started there. usage: stop_docker [FOLDER]
stop_docker() {
  local folder=${1:-$DOCKER_STARTED} bridges
  [ -e "$folder/docker.pid" ] || return 0
  DOCKER_STARTED=''
  bridges=$(DOCKER_HOST=unix://$folder/docker.sock docker network ls -q --filter driver=bridge --filter type=custom | sed 's/^/br-/') || true
  stop_recorded "$folder/docker.pid" dockerd
  # shellcheck disable=SC2086
  [ -e "$folder/rules-before" ] || remove_bridges docker0 $bridges
  sysctl -qw net.ipv4.ip_forward="$(cat "$folder/forwarding-before")"
}

# A daemon that ends leaves its bridges and its packet filter rules behind.
remove_bridges() {
  local bridge rules=DOCKER
  for bridge in "$@"; do
    ip link delete "$bridge" 2>/dev/null || true
    rules="$rules|[io] $bridge "
  done
  iptables-save | grep -vE "$rules" | iptables-restore
}
