# debian:SUITE-slim
SETTINGS=('CMD ["bash"]')

make_root() { bootstrap "${TAG%-slim}" ca-certificates "$ROOT"; }
