"""A small server for the tests: says which version it is; ends as it is asked to, once what it answers is answered."""

from __future__ import annotations

import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """Answers every GET with $SAYS."""

    def do_GET(self) -> None:
        body = os.environ["SAYS"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


server = ThreadingHTTPServer((os.environ["ARENA_POD_IP"], int(sys.argv[1])), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
print(f"serving {os.environ['SAYS']}", flush=True)
server.serve_forever()
