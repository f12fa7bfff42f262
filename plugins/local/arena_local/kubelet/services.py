"""Services: what comes to a cluster IP and a Service's port goes to the target port of a pod behind it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from arena_local.bundle import Api, Obj
from arena_local.kubelet.hooks import port_of

log = logging.getLogger(__name__)
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Place = tuple[str, int]


def first_free_port() -> int:
    """Return the first port that this user may listen on."""
    if os.geteuid() == 0:
        return 1
    with contextlib.suppress(OSError, ValueError):
        return int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    return 1024


def places_of(service: Obj, first: int) -> dict[Place, Obj]:
    """Return address and port → the port's entry for every port of a Service that this machine can serve."""
    spec = service["spec"]
    address = str(spec.get("clusterIP") or "")
    if sys.platform != "linux" or not address.startswith("127.") or not spec.get("selector"):
        return {}
    ports = (port for port in spec.get("ports") or () if port.get("protocol", "TCP") == "TCP")
    return {(address, int(port["port"])): port for port in ports if int(port["port"]) >= first}


def leads_elsewhere(service: Obj, first: int) -> bool:
    """Whether the Service's name must mean its own address: the pods listen on other ports than it says, and all of them are served."""
    ports = service["spec"].get("ports") or ()
    served = places_of(service, first)
    return len(served) == len(ports) > 0 and any(port.get("targetPort", port["port"]) != port["port"] for port in ports)


def target_of(pod: Obj, port: Obj) -> int:
    """Return the port of the pod that a Service's port means, which may be a name."""
    target = port.get("targetPort", port["port"])
    for container in pod["spec"]["containers"] if isinstance(target, str) else ():
        if number := next((int(p["containerPort"]) for p in container.get("ports") or () if p.get("name") == target), 0):
            return number
    return port_of({}, target)


class Services:
    """Listens on the addresses of all Services, and passes connections on."""

    def __init__(self, api: Api, behind: Callable[[Obj], Sequence[Obj]], connect: Callable[[Obj, int], Awaitable[Streams]]) -> None:
        self._api = api
        self._behind = behind
        self._connect = connect
        self._first = first_free_port()
        self._open: dict[Place, asyncio.Server] = {}
        self._owner: dict[Place, tuple[str, str]] = {}
        self._failed: set[Place] = set()
        self._turn = 0
        self._busy = asyncio.Lock()

    async def refresh(self) -> None:
        """Listen where there is a Service now, and no more where there is none."""
        async with self._busy:
            wanted: dict[Place, tuple[str, str]] = {}
            for service in self._api.list("services"):
                key = (service["metadata"]["namespace"], service["metadata"]["name"])
                wanted |= dict.fromkeys(places_of(service, self._first), key)
            self._owner = wanted
            for place in [p for p in self._open if p not in wanted]:
                self._open.pop(place).close()
            self._failed &= wanted.keys()
            for place in [p for p in wanted if p not in self._open and p not in self._failed]:
                await self._listen(place)

    async def _listen(self, place: Place) -> None:
        try:
            self._open[place] = await asyncio.start_server(lambda r, w: self._pass_on(place, r, w), *place)
        except OSError as error:
            self._failed.add(place)
            service = self._api.find("services", *self._owner[place])
            if service is not None:
                text = f"nothing listens on {place[0]}:{place[1]}: {error.strerror}"
                self._api.event(service, "Warning", "PortNotServed", text, component="arena-local")

    async def _pass_on(self, place: Place, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            service = self._api.find("services", *self._owner[place])
            pods = self._behind(service) if service else ()
            if service is None or not pods:
                return
            self._turn += 1
            pod = pods[self._turn % len(pods)]
            theirs = await self._connect(pod, target_of(pod, places_of(service, self._first)[place]))
            try:
                await asyncio.gather(_pump(reader, theirs[1]), _pump(theirs[0], writer))
            finally:
                theirs[1].close()
        except Exception as error:
            log.debug("service %s: %s", self._owner.get(place), error)
        finally:
            writer.close()

    async def stop(self) -> None:
        """Stop listening."""
        for server in self._open.values():
            server.close()
        self._open.clear()


async def _pump(reader: Any, writer: Any) -> None:
    """Copy until the end, then tell the other side that there is no more."""
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    with contextlib.suppress(OSError, RuntimeError):
        writer.write_eof()
