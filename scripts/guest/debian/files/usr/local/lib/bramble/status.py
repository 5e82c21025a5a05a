"""Answers GET /status on port 80 with what tells one boot of one guest from another."""

import json
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DPKG_STATUS = '/var/lib/dpkg/status'


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def status():
    return {
        'bootId': read('/proc/sys/kernel/random/boot_id').strip(),
        'hostname': socket.gethostname(),
        'packages': read(DPKG_STATUS).count('\nStatus: install ok installed\n'),
        'uptimeSeconds': float(read('/proc/uptime').split()[0]),
    }


class Handler(BaseHTTPRequestHandler):
    server_version = 'bramble-status'
    timeout = 10

    def do_GET(self):
        if self.path != '/status':
            self.send_error(404, 'ask for /status')
            return
        body = json.dumps(status()).encode() + b'\n'
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *arguments):
        pass


if __name__ == '__main__':
    server = ThreadingHTTPServer(('', 80), Handler)
    print('bramble: ready', status()['bootId'], flush=True)
    server.serve_forever()
