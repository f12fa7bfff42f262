"""From what a job serves to a port of a pod, and from a port of this machine to there."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from arena_core.contract.errors import ArenaError, NotFound, UsageError
from arena_core.contract.types import Endpoint, LogQuery, Manifest
from arena_core.k8s import dig, selectors
from arena_core.kube.resources import PODS
from arena_core.usecases.endpoints import service_of, wanted
from arena_core.usecases.session import Session
from arena_core.usecases.sources import choose
from arena_core.usecases.spoken import about, an
from arena_core.usecases.views import Job
from arena_core.usecases.waiting import why_no_instances

if TYPE_CHECKING:
    from arena_core.kube.portforward import Tunnel

_CHUNK = 65536


class Served(NamedTuple):
    """Something of a job that can be reached: a port of a pod. ``scheme`` is empty for a port that was only named by its number."""

    name: str
    pod: str
    port: int
    scheme: str = ""
    path: str = ""


def served(session: Session, job: Job) -> list[Served]:
    """Return what a job serves and can be reached now; raises ``NotFound`` with the reason where there is nothing."""
    reasons: list[str] = []
    found = [_behind(session, job, one, reasons) for one in wanted(session, job)]
    reachable = [one for one in found if one is not None]
    if not reachable and not reasons and job.status.phase.finished:
        raise NotFound(f"{job.name} has ended: it serves nothing", f"{about(job, 'logs')} shows its log")
    if not reachable:
        why = "; ".join(dict.fromkeys(reasons)) or f"{an(job.job_type)} names nothing that it serves"
        raise NotFound(
            f"nothing of {job.name} can be opened: {why}", f"`arena port-forward {job.name} PORT` reaches any port of an instance"
        )
    return reachable


def _behind(session: Session, job: Job, endpoint: Endpoint, reasons: list[str]) -> Served | None:
    """Return the pod and port behind a port of a Service; a pod that is ready goes first."""
    name, number = endpoint.name, endpoint.port
    obj = service_of(session, job, endpoint)
    if obj is None:
        if endpoint.certain:
            reasons.append(f"{name}: there is no Service {endpoint.service} of this job")
        return None
    ports = list(dig.items(obj, "spec", "ports"))
    port = next((p for p in ports if p.get("port") == number), {}) if number else next(iter(ports), {})
    chosen = dig.mapping(obj, "spec", "selector")
    if not port or not chosen:
        reasons.append(f"{name}: its Service leads to no port of a pod")
        return None
    pods = session.cluster.list(PODS, job.namespace, label_selector=selectors.text_of({k: str(v) for k, v in chosen.items()})).items
    running = [p for p in pods if dig.text(p, "status", "phase") == "Running" and not dig.text(p, "metadata", "deletionTimestamp")]
    if not running:
        reasons.append(f"{name}: its pod is not running yet" if pods else f"{name}: it has no pod")
        return None
    pod = max(running, key=lambda p: dig.condition(p, "Ready").get("status") == "True")
    target = _number(pod, port.get("targetPort") or port.get("port"))
    return Served(name, dig.text(pod, "metadata", "name"), target, endpoint.scheme, endpoint.path or "/") if target else None


def _number(pod: Manifest, wanted: Any) -> int:
    """Return the number of a port of a pod that a Service names by number or by name."""
    if isinstance(wanted, int):
        return wanted
    for container in dig.items(pod, "spec", "containers"):
        for port in dig.items(container, "ports"):
            if port.get("name") == wanted:
                return dig.number(port, "containerPort")
    return int(wanted) if str(wanted).isdigit() else 0


def port_of(session: Session, job: Job, port: int, instance: str = "") -> Served:
    """Return a port of an instance, by default of the chief, by its number."""
    sources = choose(session.jobs.get(job.job_type), job, LogQuery(instance=instance))
    if not sources:
        raise ArenaError(why_no_instances(job.name, job.status))
    member = next((i for i in job.status.instances if i.name == sources[0].pod), None)
    if member is not None and member.phase != "Running":
        raise ArenaError(
            f"{member.short_name} is {member.status}: nothing can be forwarded to it", f"{about(job, 'wait', '--for running')} waits for it"
        )
    return Served(f"port {port} of {member.short_name if member else sources[0].pod}", sources[0].pod, port)


class Forward:
    """Listens on a port of this machine's loopback interface; each connection goes to the pod over one of its own.

    ``on_trouble`` is told, once for each connection, what went wrong with it.
    """

    def __init__(self, session: Session, namespace: str, to: Served, local: int = 0, on_trouble: Callable[[str], None] = print) -> None:
        self.to = to
        self._session = session
        self._namespace = namespace
        self._trouble = on_trouble
        try:
            self._listening = socket.create_server(("127.0.0.1", local))
        except OSError as error:
            raise UsageError(
                f"port {local} of this machine cannot be used: {error.strerror}", "choose another: LOCAL:PORT, or 0:PORT for a free one"
            ) from error
        self.port: int = self._listening.getsockname()[1]
        self._open: dict[socket.socket, Tunnel] = {}
        self._thread = threading.Thread(target=self._accept, name=f"arena-forward-{self.port}", daemon=True)

    def start(self) -> None:
        """Begin to take connections."""
        self._thread.start()

    def close(self) -> None:
        """Take no more connections, and end those that are open."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # closing alone does not wake whoever waits for a connection
        self._listening.close()
        if self._thread.is_alive():
            self._thread.join(1.0)
        for connection, tunnel in list(self._open.items()):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            tunnel.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._relay, args=(connection,), name="arena-relay", daemon=True).start()

    def _relay(self, connection: socket.socket) -> None:
        from arena_core.kube.portforward import open_tunnel

        try:
            tunnel = open_tunnel(self._session.cluster.transport, self._namespace, self.to.pod, self.to.port)
        except ArenaError as error:
            self._trouble(f"{self.to.name}: {error.message}")
            connection.close()
            return
        self._open[connection] = tunnel
        threading.Thread(target=_send, args=(connection, tunnel), name="arena-relay-out", daemon=True).start()
        with contextlib.suppress(OSError):
            while data := tunnel.read():
                connection.sendall(data)
        del self._open[connection]
        if tunnel.trouble:
            self._trouble(f"{self.to.name}: {tunnel.trouble}")
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()
        tunnel.close()


def _send(connection: socket.socket, tunnel: Any) -> None:
    """Pass on what the client says. Its end of speaking cannot be told over this protocol: the other side answers all the same."""
    with contextlib.suppress(OSError):
        while data := connection.recv(_CHUNK):
            tunnel.write(data)


def choose_served(found: Sequence[Served], name: str) -> Served:
    """Return what is called ``name`` (any part of it that is its own), or the first."""
    if not name:
        return found[0]
    exact = [one for one in found if one.name == name] or [one for one in found if name in one.name]
    if len(exact) == 1:
        return exact[0]
    raise UsageError(f"there is no endpoint {name!r}", f"endpoints: {', '.join(one.name for one in found)}")
