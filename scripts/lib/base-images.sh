# Docker images out of roots, under the names that the Dockerfiles and compose.yaml use. Needs say.sh and base-roots.sh.

# Of the root and of how it becomes an image.
image_digest() { (readlink "$ROOTS/$1" && cat "${BASH_SOURCE[0]}") | sha256sum | cut -c 1-16; }

# An image of that name that is not ours, the official one, is left alone. usage: build_image NAME
build_image() (
  name=$1 image=$(image_name "$1"):$(base_tag "$1") changes=()
  digest=$(image_digest "$name") theirs=$(image_label "$image" bramble.stand-in.digest) old=$(image_id "$image")
  if [ -n "$old" ] && [ -z "$theirs" ]; then
    say "    $image is here and was not made by this: it is left as it is"
    return
  fi
  if [ "$theirs" != "$digest" ]; then
    . "$RECIPES/$name/recipe.sh"
    SETTINGS+=("LABEL bramble.stand-in=\"for the official image $image\" bramble.stand-in.digest=$digest"
      "ENV SSL_CERT_FILE=$CA_BUNDLE NODE_EXTRA_CA_CERTS=$CA_BUNDLE")
    for setting in "${SETTINGS[@]}"; do changes+=(--change "$setting"); done
    quietly "importing $image" import_root "$ROOTS/$name" "$image" "${changes[@]}" || fail "docker import failed for $image"
    # It stays where a container runs on it.
    [ -z "$old" ] || docker image rm "$old" >/dev/null 2>&1 || true
  fi
  say "    $image is ready ($(docker image inspect -f '{{.Size}}' "$image" | numfmt --to=si)B)"
)

image_id() { docker image inspect -f '{{.Id}}' "$1" 2>/dev/null || true; }
image_label() { docker image inspect -f "{{index .Config.Labels \"$2\"}}" "$1" 2>/dev/null || true; }

# usage: import_root ROOT IMAGE [docker import options...]
import_root() (
  set -o pipefail
  root=$1 image=$2
  shift 2
  tar -c -C "$root" . | docker import "$@" - "$image"
)
