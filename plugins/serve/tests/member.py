"""A pod of a distributed server for the tests: workers tell the leader that they are there, the leader answers once all are."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PORT = int(sys.argv[1])
JOINED: set[str] = set()


class Handler(BaseHTTPRequestHandler):
    """/join/NAME is a worker's word; anything else is answered when all workers have joined."""

    def do_GET(self) -> None:
        _, _, name = self.path.partition("/join/")
        if name:
            JOINED.add(name)
        whole = len(JOINED) == int(os.environ["WORLD_SIZE"]) - 1
        hosts = Path(os.environ["HOSTFILE"]).read_text(encoding="utf-8").split()
        said = {"joined": sorted(JOINED), "hosts": hosts, "says": os.environ.get("SAYS"), "group": os.environ["GROUP_INDEX"]}
        body = json.dumps(said).encode()
        self.send_response(200 if name or whole else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
if os.environ["ROLE"] == "master":
    print("leads", os.environ["POD_NAME"], flush=True)
    ThreadingHTTPServer((os.environ["ARENA_POD_IP"], PORT), Handler).serve_forever()
while True:
    try:
        urllib.request.urlopen(f"http://{os.environ['MASTER_ADDR']}:{PORT}/join/{os.environ['POD_NAME']}", timeout=5).close()  # noqa: S310
        break
    except OSError:
        time.sleep(0.2)
print("joined", flush=True)
while True:
    signal.pause()
