# What test suites and benchmarks need besides Debian packages and the toolchain. All of it is cached between runs. Needs
# say.sh, host.sh, take-back.sh and docker.sh.

# RabbitMQ and the MongoDB-protocol server, as folders to start them from.
prepare_servers() { "$BRAMBLE_ROOT/scripts/build-base-images" --roots-only; }

# Prometheus' tool that checks its rules, out of Debian's package: installed, that would start a server on this host.
prepare_promtool() (
  cache=${BRAMBLE_CACHE:-/var/cache/bramble}
  [ ! -x "$cache/promtool" ] || return 0
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  chmod 755 "$work" && cd "$work"
  fetch() { apt-get download -q prometheus || { apt-get update -q && apt-get download -q prometheus; }; }
  quietly "fetching promtool" fetch || fail "Debian's package prometheus could not be fetched; see above"
  dpkg-deb -x prometheus_*.deb package
  mkdir -p "$cache"
  mv package/usr/bin/promtool "$cache/promtool.partial"
  mv "$cache/promtool.partial" "$cache/promtool"
)

# A Docker daemon with the base images and the images of the suite. It is left running: whoever calls this calls
# stop_docker at the end.
prepare_docker() {
  install_docker
  start_docker
  "$BRAMBLE_ROOT/scripts/build-base-images"
  "$BRAMBLE_ROOT/scripts/build-base-images" prometheus
  # Every processor runs the stand-in for MongoDB; preflight cannot see that it is one.
  [ -z "$(docker image ls -q --filter label=bramble.stand-in --filter reference=mongo)" ] || export BRAMBLE_DATABASE=ferretdb
  "$BRAMBLE_ROOT/scripts/build-images" --no-bases >&2
}

# The guest of the sample, in the cache of scripts/guest/build.
prepare_sample_guest() (
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  quietly "building the sample's guest" "$BRAMBLE_ROOT/scripts/guest/build" debian "$work/debian.qcow2" || fail "the guest could not be built; see above"
)
