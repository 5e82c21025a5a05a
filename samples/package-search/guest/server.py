"""Serves the index over HTTP: GET /search?q=...&limit=..., GET /healthz, and a page to try it by hand."""

import json
import sys
import threading
import time
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

from documents import read_documents
from index import Index

PORT = 8080
MAX_QUERY_LENGTH = 200
MAX_HITS = 50
DEFAULT_HITS = 10
MAX_CONNECTIONS = 32
BOOT_ID = Path('/proc/sys/kernel/random/boot_id').read_text().strip()

PAGE = """<!doctype html>
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Package search</title>
<h1>Package search</h1>
<form action="/search"><input name="q" maxlength="200" autofocus> <button>Search</button></form>
<p>%d documents in memory, index %s</p>
"""


class BadRequest(Exception):
    pass


def parse_search(query_string: str) -> tuple[str, int]:
    """The words and the number of hits asked for, or BadRequest with what is wrong."""
    try:
        given = parse_qs(query_string, max_num_fields=8)
    except ValueError:
        raise BadRequest('too many parameters') from None
    query = given.get('q', [''])[-1].strip()
    limit = given.get('limit', [str(DEFAULT_HITS)])[-1]
    if not query:
        raise BadRequest('q is missing: what shall be searched for?')
    if len(query) > MAX_QUERY_LENGTH:
        raise BadRequest(f'q is longer than {MAX_QUERY_LENGTH} characters')
    if not (limit.isascii() and limit.isdecimal() and len(limit) <= 3 and 1 <= int(limit) <= MAX_HITS):
        raise BadRequest(f'limit must be 1 to {MAX_HITS}')
    return query, int(limit)


def answer_search(index: Index, query_string: str) -> dict:
    query, limit = parse_search(query_string)
    started = time.perf_counter()
    hits = index.search(query, limit)
    return {
        'query': query,
        'hits': hits,
        'indexed': index.size,
        'bootId': BOOT_ID,
        'indexId': index.id,
        'tookMs': round((time.perf_counter() - started) * 1000, 2),
        'servedAt': datetime.now(timezone.utc).isoformat(timespec='milliseconds').replace('+00:00', 'Z'),
    }


class Handler(BaseHTTPRequestHandler):
    server_version = 'package-search'
    sys_version = ''
    timeout = 10

    def do_GET(self):
        path, _, query_string = self.path.partition('?')
        index = self.server.index
        if path == '/search':
            try:
                self.send_json(200, answer_search(index, query_string))
            except BadRequest as problem:
                self.send_json(400, {'error': str(problem)})
        elif path == '/healthz':
            self.send_json(200, {'status': 'ok', 'indexed': index.size, 'indexId': index.id})
        elif path == '/':
            self.send_body(200, 'text/html; charset=utf-8', PAGE % (index.size, index.id))
        else:
            self.send_json(404, {'error': 'there are /search?q=, /healthz and /'})

    def send_json(self, status: int, value: dict):
        self.send_body(status, 'application/json', json.dumps(value, ensure_ascii=False) + '\n')

    def send_body(self, status: int, content_type: str, text: str):
        body = text.encode()
        self.send_response(status)
        self.send_header('Content-Type', content_type)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *arguments):
        pass


class Server(ThreadingHTTPServer):
    """One thread per connection, and no more of them than a small guest can bear."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], index: Index):
        super().__init__(address, Handler)
        self.index = index
        self.free = threading.BoundedSemaphore(MAX_CONNECTIONS)

    def process_request(self, request, client_address):
        if self.free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request, client_address):
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.free.release()


if __name__ == '__main__':
    started = time.perf_counter()
    server = Server(('', PORT), Index(read_documents()))
    took_ms = round((time.perf_counter() - started) * 1000)
    print(f'package-search: {server.index.size} documents indexed in {took_ms} ms', file=sys.stderr, flush=True)
    server.serve_forever()
