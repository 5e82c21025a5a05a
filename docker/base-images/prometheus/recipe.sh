# prom/prometheus:VERSION, with the Prometheus 2.53 of Debian trixie. As in the official image it runs as user nobody.
SETTINGS=(
  'USER nobody'
  'WORKDIR /prometheus'
  'VOLUME /prometheus'
  'EXPOSE 9090'
  'ENTRYPOINT ["/usr/bin/prometheus"]'
  'CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]'
  'LABEL bramble.stand-in.server="Prometheus 2.53 of Debian trixie"'
)

make_root() {
  bootstrap trixie ca-certificates,prometheus "$ROOT"
  install -d -o 65534 -g 65534 "$ROOT/prometheus"
}
