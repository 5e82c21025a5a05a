# Roots: folders with a small Debian system each, made by the recipes in docker/base-images. What is there is used again as
# long as everything that decides about its content stays the same. Needs say.sh, host.sh and platform.sh.

ROOTS=${BRAMBLE_ROOTS:-${BRAMBLE_CACHE:-/var/cache/bramble}/roots}
ARCH=$(host_arch)
RECIPES=$BRAMBLE_ROOT/docker/base-images
BASE_NAMES=(debian node rabbitmq mongo)
# Of what is built for another processor.
FOREIGN_NAMES=(debian node)
# Those that are servers: tests start them out of their roots.
SERVER_NAMES=(rabbitmq mongo)
# Of a profile that not everybody starts: made when they are named.
EXTRA_NAMES=(prometheus)
CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt

base_root_packages() { printf '%s\n' ca-certificates mmdebstrap $(command -v npm >/dev/null || echo npm); }

# Those for another processor lie apart. usage: choose_platform PLATFORM
choose_platform() {
  read_platform "$1"
  ! is_foreign "$ARCH" || ROOTS=$ROOTS/$ARCH
}

# The official image's name. usage: image_name NAME
image_name() { case $1 in prometheus) echo prom/prometheus ;; *) echo "$1" ;; esac; }

# The tag with which the Dockerfiles or compose.yaml name an image. usage: base_tag NAME
base_tag() {
  local tags image
  image=$(image_name "$1")
  tags=$(sed -nE "s#^ *(FROM|image:)( +--platform=[^ ]+)? +(\\$\{BASE_PREFIX\})?$image:([^ @]+).*#\4#p" "$BRAMBLE_ROOT/docker/Dockerfile" "$BRAMBLE_ROOT/compose.yaml" 2>/dev/null | sort -u || true)
  [ "$(wc -w <<<"$tags")" -eq 1 ] || fail "docker/Dockerfile and compose.yaml must name $1 with one tag, but they say: ${tags:-nothing}"
  echo "$tags"
}

# usage: root_digest NAME TAG
root_digest() {
  (cd "$RECIPES" && find make-root "$1" "$CA_BUNDLE" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum && echo "$2") | sha256sum | cut -c 1-16
}

# A root is $ROOTS/NAME, a link to the folder NAME-DIGEST beside it.  usage: build_root NAME
build_root() (
  name=$1 tag=''
  # A server's version is Debian's, whatever the tag.
  case " ${SERVER_NAMES[*]} ${EXTRA_NAMES[*]} " in *" $name "*) ;; *) tag=$(base_tag "$name") ;; esac
  folder=$name-$(root_digest "$name" "$tag")
  mkdir -p "$ROOTS"
  exec 9>"$ROOTS/$name.lock"
  flock 9
  if [ ! -d "$ROOTS/$folder" ]; then
    # Made beside its place and moved there: a run that dies leaves no half root, and the next sweeps what it left.
    work=$ROOTS/$name.work
    rm -rf "$work"
    mkdir "$work"
    quietly "making the root of $name" "$RECIPES/make-root" "$name" "$tag" "$ARCH" "$work/root" "$work" ||
      fail "the root of $name could not be made; its output is above"
    mv "$work/root" "$ROOTS/$folder"
    rm -rf "$work"
  fi
  ln -sfn "$folder" "$ROOTS/$name"
  say "    $ROOTS/$name is ready ($(du -sh "$ROOTS/$folder" | cut -f 1))"
  remove_old_roots "$name" "$folder"
)

# Servers may still run out of an older one: it then goes another time.
remove_old_roots() {
  local old
  for old in "$ROOTS/$1"-*; do
    [ "$old" = "$ROOTS/$2" ] || grep -qsF " $old " /proc/[0-9]*/mountinfo || rm -rf "$old"
  done
}
