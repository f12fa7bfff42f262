"""A node of the stand-in: it answers health checks; a head runs commands that are submitted to it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from arena_rayjob.raynode.jobs import MISSING, Jobs
from arena_rayjob.raynode.place import complain, listening_address, own_address
from arena_rayjob.raynode.probe import PROBE_HEADER

#: Whether somebody has asked whether this node is ready.
PROBED = threading.Event()
_JOB = re.compile(r"/api/jobs/([^/]+)(/logs|/stop)?")
AGAIN = 1.0


def start(options: Mapping[str, str]) -> int:
    """Run a node until it is told to end; returns its exit code."""
    address = listening_address()
    head = "head" in options
    # The agent comes last, as Ray's does: a probe asks it first, and one that is too early has nothing to show.
    ports = [int(options.get("dashboard-agent-listen-port") or 52365)]
    complain(f"[arena] {MISSING}: this {'head' if head else 'worker'} only stands in for one.")
    jobs = None
    if head:
        jobs = Jobs(os.environ)
        dashboard = int(options.get("dashboard-port") or 8265)
        ports = [int(options.get("port") or 6379), dashboard, *ports]
        if own_address():
            threading.Thread(target=_share, args=("127.0.0.1", dashboard, jobs), daemon=True).start()
    told = _ended()
    servers = [_serve(address, port, jobs) for port in ports]
    told.recv(1)
    for server in servers:
        server.server_close()
    # As Ray's own: a head that is up takes all of its processes with it, itself among them; any other node ends by itself.
    return 128 + signal.SIGKILL if head and PROBED.is_set() else 1


def _ended() -> socket.socket:
    """Return a socket that can be read as soon as this process is told to end.

    A handler in Python would not do: for a signal that comes just before this thread begins to wait it would never be called.
    """
    told, tell = socket.socketpair()
    tell.setblocking(False)
    signal.set_wakeup_fd(tell.detach())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    return told


def reachable(address: str, limit: float = 2.0) -> bool:
    """Whether something listens at ``host:port``."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), limit).close()
    except (OSError, ValueError):
        return False
    return True


def _serve(address: str, port: int, jobs: Jobs | None) -> ThreadingHTTPServer:
    handler = type("Handler", (Handler,), {"jobs": jobs})
    server = ThreadingHTTPServer((address, port), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _share(address: str, port: int, jobs: Jobs) -> None:
    """Answer at an address of which the machine has but one, as soon as no other head does."""
    while True:
        try:
            _serve(address, port, jobs)
        except OSError:
            time.sleep(AGAIN)
        else:
            return


class Handler(BaseHTTPRequestHandler):
    """Answers as a dashboard and its agents do."""

    jobs: Jobs | None = None
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Health, all commands, one command, its log."""
        found = _JOB.fullmatch(self.path)
        if self.path.endswith("healthz"):
            # The last that a probe asks of a head.
            last = self.path in ("/api/gcs_healthz", "/api/healthz")
            if last and (self.headers.get(PROBE_HEADER) or (self.headers.get("User-Agent") or "").startswith("kube-probe")):
                PROBED.set()
            self._send(200, "success", "text/plain")
        elif self.path == "/api/probed":
            self._send(200, {"probed": PROBED.is_set()})
        elif self.path == "/api/version" and self.jobs is not None:
            self._send(200, {"version": "4", "ray_version": "0.0.0", "ray_commit": "arena-stand-in"})
        elif self.path.rstrip("/") == "/api/jobs" and self.jobs is not None:
            self._send(200, self.jobs.all())
        elif found and self.jobs is not None and (job := self.jobs.get(found[1])):
            self._send(200, {"logs": job.output()} if found[2] == "/logs" else job.info())
        elif found:
            self._send(404, f"Job {found[1]} does not exist")
        else:
            self._send(404, "404: Not Found")

    def do_POST(self) -> None:
        """Submit or stop a command."""
        try:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        except ValueError:
            body = None
        found = _JOB.fullmatch(self.path)
        if self.jobs is None or not isinstance(body, dict):
            self._send(400, "400: Bad Request")
        elif self.path.rstrip("/") == "/api/jobs":
            try:
                job_id = self.jobs.submit(body)
            except ValueError as error:
                self._send(500, str(error))
            else:
                self._send(200, {"job_id": job_id, "submission_id": job_id})
        elif found and found[2] == "/stop" and (job := self.jobs.get(found[1])):
            job.stop()
            self._send(200, {"stopped": True})
        else:
            self._send(404, "404: Not Found")

    def _send(self, code: int, said: Any, kind: str = "application/json") -> None:
        data = (said if isinstance(said, str) else json.dumps(said)).encode()
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep requests out of the pod's log."""
