# mongo:VERSION. MongoDB's server is not in Debian; what speaks its protocol here is FerretDB 2 on PostgreSQL 18 with the
# DocumentDB extension. Unlike MongoDB it has no transactions, change streams or time-series collections.
SETTINGS=(
  'VOLUME /data/db /data/configdb'
  'EXPOSE 27017'
  'ENTRYPOINT ["docker-entrypoint.sh"]'
  'CMD ["mongod"]'
  'LABEL bramble.stand-in.server="FerretDB 2.7 on PostgreSQL 18 with DocumentDB, of Debian forky"'
)

make_root() {
  make_gateway "$WORK/ferretdb-gateway"
  bootstrap forky ca-certificates,postgresql-18,postgresql-18-documentdb "$ROOT" "$(user_hook postgres /var/lib/postgresql)"
  # The cluster that the package makes; the entrypoint makes one in /data/db.
  rm -rf "$ROOT"/var/lib/postgresql/18 "$ROOT"/etc/postgresql/18
  mkdir -p "$ROOT/data/db" "$ROOT/data/configdb"
  chown 999:999 "$ROOT/data/db" "$ROOT/data/configdb"
  install -m 755 "$WORK/ferretdb-gateway" "$ROOT/usr/local/bin/ferretdb-gateway"
  install -m 755 "$RECIPE/entrypoint" "$ROOT/usr/local/bin/docker-entrypoint.sh"
}

# FerretDB's own program, as the checksums of go.sum pin it, compiled in a root that is thrown away.
# usage: make_gateway FILE
make_gateway() {
  local go=$WORK/go
  bootstrap forky ca-certificates,golang-go "$go" \
    --customize-hook="copy-in $RECIPE/go.mod $RECIPE/go.sum $CA_BUNDLE /srv" \
    --customize-hook='chroot "$1" env SSL_CERT_FILE=/srv/ca-certificates.crt HOME=/root GOTOOLCHAIN=local CGO_ENABLED=0 \
      go build -C /srv -trimpath -ldflags="-s -w" -o /usr/local/bin/ferretdb github.com/FerretDB/FerretDB/v2/cmd/ferretdb'
  mv "$go/usr/local/bin/ferretdb" "$1"
  rm -rf "$go"
}
