"""The real ``ray`` in a pod that shares the machine with others: an address and ports of its own, Ray's usual ones passed on."""

from __future__ import annotations

import os
from collections.abc import Sequence

from arena_rayjob.raynode import forward
from arena_rayjob.raynode.options import read, without
from arena_rayjob.raynode.place import EVERYWHERE, free_ports, own, own_address

#: Option of ``ray start`` → the port that it means where nothing is said.
METRICS = "metrics-export-port"
EVERY_NODE = {"dashboard-agent-listen-port": 52365, METRICS: 8080}
HEAD = {"port": 6379, "dashboard-port": 8265, "ray-client-server-port": 10001}


def start(ray: str, words: Sequence[str]) -> int:
    """Start a node, and stay as long as it runs."""
    options, _ = read(words)
    head = "head" in options
    known = {**EVERY_NODE, **(HEAD if head else {})}
    chosen = {name: port for name, port in zip(list(known), free_ports(len(known)))}  # noqa: B905, C416 - Python 3.9
    address = own_address()
    added = [f"--{name}={port}" for name, port in chosen.items()]
    # Two raylets of one machine would hand out the same ports to their workers.
    added += ["--min-worker-port=0", "--max-worker-port=0"]
    if address:
        added.append(f"--node-ip-address={address}")
    kept = without(words, [*known, "dashboard-host", "min-worker-port", "max-worker-port", *(["node-ip-address"] if address else [])])
    places: dict[tuple[str, int], int] = {}
    for name, usual in known.items():
        if name == METRICS:
            continue  # nobody asks for them here, and a port that is taken is told as an event
        wanted = options.get(name, "")
        places[address or EVERYWHERE, int(wanted) if wanted.isdigit() else usual] = chosen[name]
        if name == "dashboard-port" and address:
            places["127.0.0.1", int(wanted) if wanted.isdigit() else usual] = chosen[name]
    if head:
        added.append("--dashboard-host=127.0.0.1")
        if address and "temp-dir" not in options:
            # In /tmp/ray the sessions of all clusters of this machine would meet.
            added.append(f"--temp-dir=/tmp/ray-{address.replace('.', '-')}")
    environ = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DISABLE_IMPORT_WARNING": "1", **os.environ}
    hosts = ["127.0.0.1", *([address] if address else [])]
    return forward.run([ray, "start", *kept, *added], environ, places, hosts)


def other(ray: str, words: Sequence[str]) -> int:
    """Run any other command in place of this program; "localhost" means the pod's own address."""
    changed: list[str] = []
    for index, word in enumerate(words):
        if word == "--":
            changed += words[index:]
            break
        if index and words[index - 1] == "--address":
            word = own(word)
        elif word.startswith("--address="):
            word = f"--address={own(word.partition('=')[2])}"
        changed.append(word)
    os.execv(ray, [ray, *changed])
