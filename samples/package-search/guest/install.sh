#!/bin/sh
# Runs in the guest, from the folder into which these files were unpacked; returns once the service answers.
set -eu
cd "$(dirname "$0")"
[ "$PWD" = /opt/package-search ] || { mkdir -p /opt/package-search && cp ./*.py /opt/package-search/; }
chmod 0755 /opt/package-search && chmod 0644 /opt/package-search/*.py
install -m 0644 package-search.service /etc/systemd/system/package-search.service
systemctl daemon-reload
systemctl --quiet enable package-search
systemctl restart package-search
python3 - <<'PYTHON'
import sys, time, urllib.request
deadline = time.monotonic() + 60
while True:
    try:
        sys.exit(print(urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=5).read().decode().strip()))
    except OSError as problem:
        if time.monotonic() > deadline:
            sys.exit(f'package-search does not answer: {problem}; see journalctl -u package-search')
        time.sleep(0.1)
PYTHON
# What was installed is on the disk before its delta is taken.
sync
