"""Where what a job serves can be reached: the address of a Service, from here."""

from __future__ import annotations

from collections.abc import Mapping

from arena_core.contract.errors import ArenaError
from arena_core.contract.types import Endpoint, Manifest
from arena_core.k8s import dig
from arena_core.kube.resources import ENDPOINTS, NODES, SERVICES
from arena_core.typed import Any, NamedTuple
from arena_core.usecases import notup
from arena_core.usecases.facts import own
from arena_core.usecases.session import Session
from arena_core.usecases.unread import phrase
from arena_core.usecases.views import Job


class Reachable(NamedTuple):
    """One endpoint of a job with its address, which is empty where there is none; ``detail`` says why or what it is."""

    name: str
    address: str
    ready: bool | None = None
    detail: str = ""


class Reached(NamedTuple):
    """The endpoints of a job, and a phrase for each thing that could not be read to tell."""

    endpoints: tuple[Reachable, ...] = ()
    unread: tuple[str, ...] = ()

    def named(self, name: str) -> Reachable | None:
        """Return the endpoint of that name, or None where the job has none."""
        return next((one for one in self.endpoints if one.name == name), None)


def endpoints(session: Session, job: Job) -> Reached:
    """Return what the job type says that the job serves, with addresses and, where it is not up, the reason."""
    unread: list[str] = []
    try:
        named = wanted(session, job)
    except ArenaError as error:
        return Reached(unread=(f"endpoints ({error.message})",))
    found = [_reach(session, job, one, unread) for one in named]
    return Reached(tuple(one for one in found if one), tuple(dict.fromkeys(unread)))


def wanted(session: Session, job: Job) -> list[Endpoint]:
    """Return what the job type says that the job serves; of one that has ended, what other pods than its own serve."""
    found = session.jobs.get(job.job_type).endpoints(job.view)
    return [one for one in found if one.pods or not job.status.phase.finished]


def service_of(session: Session, job: Job, endpoint: Endpoint) -> Manifest | None:
    """Return the endpoint's Service, None where it is not there or another's."""
    service = session.cluster.find(SERVICES, job.namespace, endpoint.service)
    return service if service is not None and any(obj is service for obj in own([*job.related, service], job.manifest)) else None


def _reach(session: Session, job: Job, endpoint: Endpoint, unread: list[str]) -> Reachable | None:
    """Return the endpoint as it can be reached now; None where it turns out that the job has none."""
    cause = notup.trouble(session, job, endpoint, unread)
    detail = cause.message if cause else endpoint.detail
    try:
        service = service_of(session, job, endpoint)
    except ArenaError as error:
        unread.append(phrase(SERVICES, error))
        return Reachable(endpoint.name, "", False if cause else None, detail) if endpoint.certain else None
    if service is None:
        lacks = f"there is no Service {endpoint.service} of this job"
        return Reachable(endpoint.name, "", False, detail or lacks) if endpoint.certain else None
    host = address_of(session, job, service, endpoint.port, unread)
    ready = False if cause or (not host and session.cluster.is_local) else endpoint.ready
    return Reachable(endpoint.name, f"{endpoint.scheme}://{host}{endpoint.path}" if host else "", ready, detail)


def address_of(session: Session, job: Job, service: Manifest, number: int, unread: list[str] | None) -> str:
    """Return ``host:port`` of a port of a Service (0: its first one); on the local cluster nothing before a pod is ready."""
    ports = list(dig.items(service, "spec", "ports"))
    port = next((p for p in ports if p.get("port") == number), {} if number else next(iter(ports), {}))
    if session.cluster.is_local:
        return _local(session, job, service, port, unread)
    ingress = next(dig.items(service, "status", "loadBalancer", "ingress"), {})
    if ingress and port.get("port"):
        return f"{ingress.get('ip') or ingress.get('hostname')}:{port['port']}"
    if port.get("nodePort") and (host := _node_address(session, job)):
        return f"{host}:{port['nodePort']}"
    return f"{dig.text(service, 'metadata', 'name')}.{job.namespace}.svc:{port['port']}" if port.get("port") else ""


def _local(session: Session, job: Job, service: Manifest, wanted: Mapping[str, Any], unread: list[str] | None) -> str:
    """On the local cluster a pod's own address can be opened; there is none before it is ready."""
    try:
        found = session.cluster.find(ENDPOINTS, job.namespace, dig.text(service, "metadata", "name")) or {}
    except ArenaError as error:
        if unread is not None:
            unread.append(phrase(ENDPOINTS, error))
        return ""
    for subset in dig.items(found, "subsets"):
        ports = list(dig.items(subset, "ports"))
        port = next((p for p in ports if p.get("name", "") == wanted.get("name", "")), next(iter(ports), {}))
        for one in dig.items(subset, "addresses"):
            if port.get("port"):
                return f"{one.get('ip')}:{port['port']}"
    return ""


def _node_address(session: Session, job: Job) -> str:
    """Return a node's address: one that our pods run on, without rights on nodes; else any node that is ready."""
    for member in job.status.instances:
        if member.node_ip:
            return member.node_ip
    try:
        nodes = session.cluster.list(NODES).items
    except ArenaError:
        return ""
    for node in nodes:
        for entry in dig.items(node, "status", "addresses"):
            if entry.get("type") == "InternalIP" and dig.condition(node, "Ready").get("status") == "True":
                return str(entry.get("address", ""))
    return ""
