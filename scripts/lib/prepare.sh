# What test suites and benchmarks need besides Debian packages and the toolchain. All of it is cached between runs. Needs
# say.sh, host.sh, take-back.sh and docker.sh.

# RabbitMQ and the MongoDB-protocol server, as folders to start them from.
prepare_servers() { "$BRAMBLE_ROOT/scripts/build-base-images" --roots-only; }

# A Docker daemon with the base images. It is left running: whoever calls this calls stop_docker at the end.
prepare_docker() {
  install_docker
  start_docker
  "$BRAMBLE_ROOT/scripts/build-base-images"
}
