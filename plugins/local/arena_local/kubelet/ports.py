"""Rendezvous ports: all pods share the machine's network, so two jobs that ask for one port get two.

torch's store and TensorFlow's servers listen on the wildcard address; a second job with the same MASTER_PORT could not start. The spec
is left as it is; the port is replaced in the environment at launch, in every pod of the job alike.
"""

from __future__ import annotations

import random
import re
import socket
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from arena_local.sdk.bundle import Obj

#: Pairs of environment variables that name a meeting point.
PAIRS = (("MASTER_ADDR", "MASTER_PORT"), ("PET_MASTER_ADDR", "PET_MASTER_PORT"))
#: Variables whose text holds ``host:port`` of meeting points.
TEXTS = ("PET_RDZV_ENDPOINT", "RDZV_ENDPOINT", "TF_CONFIG", "MASTER_ENDPOINT")
RANGE = range(20000, 32000)
_ENDPOINT = re.compile(r"(?<![\w.-])([a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?):(\d{1,5})(?!\d)")
LOCAL = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class Place:
    """A meeting point as specs name it: the Service (or pod) in its namespace, and the port."""

    namespace: str
    host: str
    port: int


class Ports:
    """Gives every meeting point a port of this machine for as long as some pod uses it."""

    def __init__(self) -> None:
        self._ports: dict[Place, int] = {}
        self._users: dict[Place, set[str]] = {}
        self._held: dict[int, socket.socket] = {}
        self._next = random.choice(RANGE)  # two clusters on one machine would meet at the same numbers

    def use(self, uid: str, place: Place) -> int:
        """Return the port to use for ``place``: the wanted one if it is free."""
        if place not in self._ports:
            self._ports[place] = self._choose(place.port)
        self._users.setdefault(place, set()).add(uid)
        return self._ports[place]

    def restore(self, uid: str, place: Place, port: int) -> None:
        """Take over what an earlier daemon gave."""
        self._ports[place] = port
        self._hold(port)
        self._users.setdefault(place, set()).add(uid)

    def release(self, uid: str) -> None:
        """Forget a pod; a port that nobody uses any more is free again."""
        for place in [p for p, users in self._users.items() if uid in users]:
            self._users[place].discard(uid)
            if not self._users[place]:
                del self._users[place]
                held = self._held.pop(self._ports.pop(place), None)
                if held:
                    held.close()

    def _hold(self, port: int) -> bool:
        """Keep the port from the other clusters of this machine, also before the job listens; the kernel forgets it with us."""
        if port in self._held or not sys.platform.startswith("linux"):
            return True
        mark = socket.socket(socket.AF_UNIX)
        try:
            mark.bind(f"\0arena-local-port-{port}")
        except OSError:
            mark.close()
            return False
        self._held[port] = mark
        return True

    def _choose(self, wanted: int) -> int:
        taken = set(self._ports.values())
        if self._take(wanted, taken):
            return wanted
        for _ in RANGE:
            self._next = self._next + 1 if self._next + 1 < RANGE.stop else RANGE.start
            if self._take(self._next, taken):
                return self._next
        return wanted

    def _take(self, port: int, taken: set[int]) -> bool:
        return port not in taken and is_free(port) and self._hold(port)


def is_free(port: int) -> bool:
    """Whether nobody listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True


def places(pod: Obj, env: Mapping[str, str]) -> Iterator[tuple[str, Place]]:
    """Yield (variable, place) for every meeting point in an environment."""
    for host, port in PAIRS:
        if env.get(host) and env.get(port, "").isdigit():
            yield port, _place(pod, env[host], env[port])
    for name in TEXTS:
        for match in _ENDPOINT.finditer(env.get(name, "")):
            yield name, _place(pod, match[1], match[2])


def _place(pod: Obj, host: str, port: str) -> Place:
    meta = pod["metadata"]
    if host in LOCAL:
        return Place(meta["namespace"], meta["name"], int(port))
    name, _, rest = host.partition(".")
    labels = rest.split(".") if rest else []
    if ".svc" in f".{rest}" and len(labels) >= 2:
        at = labels.index("svc")
        if at >= 2:  # hostname.subdomain.namespace.svc
            return Place(labels[at - 1], f"{name}.{'.'.join(labels[: at - 1])}", int(port))
        return Place(labels[at - 1], name, int(port))
    return Place(meta["namespace"], host, int(port))


def replace(pod: Obj, env: Mapping[str, str], mapping: Mapping[Place, int]) -> dict[str, str]:
    """Return the environment with the ports of this machine."""
    result = dict(env)
    for host, port in PAIRS:
        if env.get(host) and env.get(port, "").isdigit():
            result[port] = str(mapping.get(_place(pod, env[host], env[port]), env[port]))
    for name in TEXTS:
        if name in env:
            result[name] = _ENDPOINT.sub(lambda m: f"{m[1]}:{mapping.get(_place(pod, m[1], m[2]), m[2])}", env[name])
    return result
