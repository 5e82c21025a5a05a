# rabbitmq:VERSION-management, with the RabbitMQ 4.0 of Debian trixie.
SETTINGS=(
  'ENV HOME=/var/lib/rabbitmq RABBITMQ_LOGS=- PATH=/usr/lib/rabbitmq/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  'VOLUME /var/lib/rabbitmq'
  'EXPOSE 4369 5671 5672 15671 15672 15691 15692 25672'
  'ENTRYPOINT ["docker-entrypoint.sh"]'
  'CMD ["rabbitmq-server"]'
  'LABEL bramble.stand-in.server="RabbitMQ 4.0 of Debian trixie"'
)

make_root() {
  bootstrap trixie ca-certificates,rabbitmq-server "$ROOT" "$(user_hook rabbitmq /var/lib/rabbitmq)"
  # The package makes a secret that all brokers out of this root would share.
  rm -f "$ROOT/var/lib/rabbitmq/.erlang.cookie"
  mkdir -p "$ROOT/etc/rabbitmq/conf.d"
  echo '[rabbitmq_management,rabbitmq_prometheus].' >"$ROOT/etc/rabbitmq/enabled_plugins"
  install -m 755 "$RECIPE/entrypoint" "$ROOT/usr/local/bin/docker-entrypoint.sh"
}
