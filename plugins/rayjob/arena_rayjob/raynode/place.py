"""Where a pod is: its own loopback address, free ports, the real ``ray``."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

#: How a pod's hosts file begins on the local cluster (docs/local-cluster.md), and the addresses that are the machine's own.
OF_A_POD = "# Kubernetes-managed hosts file"
MACHINE = ("127.0.", "127.1.")
EVERYWHERE = "0.0.0.0"
TOOLS = Path(__file__).resolve().parents[1] / "local" / "bin"
LOCAL = ("localhost", "127.0.0.1")


def own_address(hosts: str = "/etc/hosts") -> str:
    """Return the pod's own address: its hosts file names it first of all pods; nothing where pods have no hosts file of their own."""
    try:
        lines = Path(hosts).read_text(errors="replace").splitlines()
    except OSError:
        return ""
    if not lines or not lines[0].startswith(OF_A_POD):
        return ""
    return next((line.split()[0] for line in lines if line.startswith("127.") and not line.startswith(MACHINE)), "")


def listening_address() -> str:
    """Return the address on which a node listens."""
    return own_address() or EVERYWHERE


def real_ray() -> str:
    """Return the path of the ``ray`` that is installed, or nothing."""
    folders = [folder for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if folder and Path(folder).resolve() != TOOLS]
    return shutil.which("ray", path=os.pathsep.join(folders)) or ""


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


def own(address: str) -> str:
    """Return an address (``host:port``, or a URL) with the pod's own in place of "localhost", which all pods share.

    >>> own("http://example.com:8265")
    'http://example.com:8265'
    """
    here = own_address()
    parts = urlsplit(address if "://" in address else f"//{address}")
    if not here or parts.hostname not in LOCAL:
        return address
    netloc = here if parts.port is None else f"{here}:{parts.port}"
    return urlunsplit(parts._replace(netloc=netloc)).removeprefix("//")


def say(text: str) -> None:
    """Write a line to standard output, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
