"""Services: what comes to a cluster IP and a Service's port goes to the target port of a pod behind it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from arena_local.sdk.bundle import Api, Obj

log = logging.getLogger(__name__)
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Place = tuple[str, int]
#: Asked only where a port's target is a name: there are many Services, and few of those.
Pods = Callable[[], Sequence[Obj]]


def first_free_port() -> int:
    """Return the first port that this user may listen on."""
    if os.geteuid() == 0:
        return 1
    with contextlib.suppress(OSError, ValueError):
        return int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    return 1024


def selected(api: Api, service: Obj) -> list[Obj]:
    """Return the pods that a Service means and that have not ended, ready or not."""
    pods = api.list("pods", service["metadata"]["namespace"], service["spec"].get("selector") or {})
    return [pod for pod in pods if (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")]


def places_of(service: Obj, pods: Pods, first: int) -> dict[Place, Obj]:
    """Return address and port → the port's entry for every port of a Service that must be listened on.

    Those whose pods listen on the very same port are none of them: a pod that listens on all addresses answers there itself, and
    could not listen if we did.
    """
    spec = service["spec"]
    address = str(spec.get("clusterIP") or "")
    if sys.platform != "linux" or not address.startswith("127.") or not spec.get("selector"):
        return {}
    ports = (port for port in spec.get("ports") or () if port.get("protocol", "TCP") == "TCP")
    return {(address, int(port["port"])): port for port in ports if int(port["port"]) >= first and _differs(port, pods)}


def _differs(port: Obj, pods: Pods) -> bool:
    named = isinstance(port.get("targetPort"), str)
    targets = {number for pod in pods() if (number := target_of(pod, port))} if named else {target_of({}, port)}
    return bool(targets) and int(port["port"]) not in targets


def leads_elsewhere(service: Obj, pods: Pods, first: int) -> bool:
    """Whether the Service's name must mean its own address: the pods listen on other ports than it says, on all of them."""
    ports = service["spec"].get("ports") or ()
    return len(places_of(service, pods, first)) == len(ports) > 0


def target_of(pod: Obj, port: Obj) -> int:
    """Return the port of the pod that a Service's port means, which may be a name."""
    target = port.get("targetPort", port["port"])
    if not isinstance(target, str):
        return int(target or 0)
    ports = (p for container in pod["spec"]["containers"] for p in container.get("ports") or ())
    return next((int(p["containerPort"]) for p in ports if p.get("name") == target), 0)


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
                wanted |= dict.fromkeys(places_of(service, partial(selected, self._api, service), self._first), key)
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
            port = next(p for p in service["spec"]["ports"] if int(p["port"]) == place[1])
            theirs = await self._connect(pod, target_of(pod, port))
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
