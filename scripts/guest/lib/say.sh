# Progress and failures go to stderr; stdout stays free for data.

say() {
  echo "guest: $*" >&2
}

fail() {
  echo "guest: $*" >&2
  exit 1
}
