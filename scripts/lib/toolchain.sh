# Node 24 and pnpm for this checkout. A Node of the host that is new enough is used as it is; otherwise both come through
# npm into a folder of their own, so that the host's Node stays what it was: one for all users when root installs it.

SHARED_TOOLCHAIN=/usr/local/lib/bramble/toolchain
TOOLCHAIN_MARK=.installed-by-bramble
if [ -z "${BRAMBLE_TOOLCHAIN:-}" ]; then
  BRAMBLE_TOOLCHAIN=$SHARED_TOOLCHAIN
  [ "$(id -u)" -eq 0 ] || [ -d "$SHARED_TOOLCHAIN" ] || BRAMBLE_TOOLCHAIN=${XDG_DATA_HOME:-$HOME/.local/share}/bramble/toolchain
fi
export PATH=$BRAMBLE_TOOLCHAIN/node_modules/.bin:$PATH

has_node24() { [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 24' 2>/dev/null)" = true ]; }
has_toolchain() { has_node24 && pnpm --version >/dev/null 2>&1; }

# Debian packages that installing the toolchain needs.
toolchain_packages() {
  has_toolchain && return
  command -v npm >/dev/null || echo npm
  echo ca-certificates
}

install_toolchain() {
  has_toolchain && return
  mkdir -p "$BRAMBLE_TOOLCHAIN" && touch "$BRAMBLE_TOOLCHAIN/$TOOLCHAIN_MARK"
  quietly "installing Node 24 and pnpm into $BRAMBLE_TOOLCHAIN" \
    npm install --prefix "$BRAMBLE_TOOLCHAIN" --no-fund --no-audit node@24 pnpm@12 ||
    fail "npm could not install Node 24 and pnpm; is the npm registry reachable from here?"
  hash -r
  has_toolchain || fail "Node 24 does not run from $BRAMBLE_TOOLCHAIN; remove that folder and try again"
}

# The checkout's own dependencies, exactly as locked.
install_dependencies() {
  local stamp=$BRAMBLE_ROOT/node_modules/.bramble-lock
  cmp -s "$BRAMBLE_ROOT/pnpm-lock.yaml" "$stamp" && return
  quietly "installing the npm packages of the lock file" \
    pnpm --dir "$BRAMBLE_ROOT" install --frozen-lockfile ||
    fail "pnpm could not install the locked packages"
  cp "$BRAMBLE_ROOT/pnpm-lock.yaml" "$stamp"
}
