# Docker images out of roots, under the names that the Dockerfiles and compose.yaml use. Needs say.sh, platform.sh and
# base-roots.sh.

# Of the root and of how it becomes an image.
image_digest() { (readlink "$ROOTS/$1" && cat "${BASH_SOURCE[0]}") | sha256sum | cut -c 1-16; }

# An image of that name that is not ours, the official one, is left alone. usage: build_image NAME
build_image() (
  name=$1 image=$(image_name "$1"):$(base_tag "$1") how=import_root
  ! is_foreign "$ARCH" || image=$(hub_prefix "$ARCH")$image how=build_of_root
  digest=$(image_digest "$name") theirs=$(image_label "$image" bramble.stand-in.digest) old=$(image_id "$image")
  if [ -n "$old" ] && [ -z "$theirs" ]; then
    say "    $image is here and was not made by this: it is left as it is"
    return
  fi
  if [ "$theirs" != "$digest" ]; then
    . "$RECIPES/$name/recipe.sh"
    SETTINGS+=("LABEL bramble.stand-in=\"for the official image $image\" bramble.stand-in.digest=$digest"
      "ENV SSL_CERT_FILE=$CA_BUNDLE NODE_EXTRA_CA_CERTS=$CA_BUNDLE")
    quietly "importing $image" "$how" "$ROOTS/$name" "$image" "${SETTINGS[@]}" || fail "Docker did not take the root for $image"
    # It stays where a container runs on it.
    [ -z "$old" ] || docker image rm "$old" >/dev/null 2>&1 || true
  fi
  say "    $image is ready ($(docker image inspect -f '{{.Size}}' "$image" | numfmt --to=si)B)"
)

image_id() { docker image inspect -f '{{.Id}}' "$1" 2>/dev/null || true; }
image_label() { docker image inspect -f "{{index .Config.Labels \"$2\"}}" "$1" 2>/dev/null || true; }

# usage: import_root ROOT IMAGE SETTINGS...
import_root() (
  set -o pipefail
  root=$1 image=$2 changes=()
  shift 2
  for setting in "$@"; do changes+=(--change "$setting"); done
  tar -c -C "$root" . | docker import "${changes[@]}" - "$image"
)

# For another processor: Docker 20.10 imports all for its own. usage: build_of_root ROOT IMAGE SETTINGS...
build_of_root() (
  root=$1 image=$2 work=$(mktemp -d -p "$ROOTS")
  shift 2
  trap 'rm -rf "$work"' EXIT
  tar -c -C "$root" -f "$work/root.tar" .
  printf '%s\n' 'FROM scratch' 'ADD root.tar /' "$@" >"$work/Dockerfile"
  printf 'services: { root: { image: "%s", build: { context: "%s", platforms: ["%s"] } } }\n' "$image" "$work" "linux/$ARCH" |
    docker compose --project-name root --file - build
)
