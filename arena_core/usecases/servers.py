"""Servers: services by the name and version that a person gives them, and where they can be reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena_core.contract.errors import ArenaError
from arena_core.contract.types import JobHandle, Jobs, Manifest, Resource
from arena_core.k8s import conditions, dig
from arena_core.kube.resources import ENDPOINTS, SERVICES
from arena_core.records import record
from arena_core.usecases.listing import list_jobs
from arena_core.usecases.session import Session, of_workload
from arena_core.usecases.spoken import NAME, TYPE, VERSION
from arena_core.usecases.unread import is_partial, phrase, sentence
from arena_core.usecases.views import Job


@record
class Server:
    """A server with its address: the Service's, or on the local cluster that of an instance. Ports are (name, port, node port).

    ``service`` is the name of its Service, ``weight`` the percent of the requests that this version gets; None where nothing parts them.
    """

    job: Job
    address: str = ""
    ports: tuple[tuple[str, int, int], ...] = ()
    service: str = ""
    weight: int | None = None

    @property
    def name(self) -> str:
        """The name that its versions share."""
        return self.job.labels.get(NAME) or self.job.name

    @property
    def version(self) -> str:
        """Its version; empty without one. Where its operator counts revisions it is the end of the newest's name, as in Arena."""
        newest = next((one.name for one in self.job.status.revisions), "")
        return self.job.labels.get(VERSION, "") or newest[-5:]

    @property
    def wanted(self) -> int:
        """How many instances there are to be: of a server of several pods, how many such groups."""
        return dig.number(self.job.manifest, "spec", "replicas", default=self.job.status.replicas)

    @property
    def available(self) -> int:
        """How many instances serve, as the object says, else how many pods are ready."""
        status = dig.mapping(self.job.manifest, "status")
        said = next((status[key] for key in ("availableReplicas", "readyReplicas") if type(status.get(key)) is int), None)
        if said is not None or type(dig.dig(self.job.manifest, "spec", "replicas")) is int:
            return said or 0
        return sum(conditions.is_true(pod, "Ready") for pod in self.job.pods)


def type_of(jobs: Jobs, word: str) -> JobHandle | None:
    """Return the type of service that ``arena serve WORD`` means: ``custom`` is ``custom-serving``; None where it is none."""
    for name in (f"{word.lower()}-serving", word.lower()):
        if name in jobs.names() and (handle := jobs.get(name)).job_type.workload == "service":
            return handle
    wanted = word.lower()
    spelt = ((handle, (handle.job_type.display, handle.job_type.shorthand)) for handle in of_workload(jobs, "service"))
    return next((handle for handle, words in spelt if wanted in (text.lower() for text in words)), None)


@record
class Wanted:
    """Which servers are meant; what is empty says nothing."""

    name: str = ""
    version: str = ""
    job_type: str = ""
    namespace: str = ""
    selector: str = ""

    @property
    def labels(self) -> str:
        """The selector of their labels."""
        own = [f"{key}={value}" for key, value in ((NAME, self.name), (VERSION, self.version)) if value]
        return ",".join([*own, *([self.selector] if self.selector else [])])


@record
class ServerList:
    """Servers by namespace, name and version, and in a phrase each what could not be read."""

    servers: tuple[Server, ...] = ()
    notes: tuple[str, ...] = ()


def list_servers(session: Session, wanted: Wanted) -> ServerList:
    """Return the servers that are meant, with their addresses."""
    types = [session.handle(wanted.job_type)] if wanted.job_type else of_workload(session.jobs, "service")
    if not types:
        return ServerList()
    names = {handle.job_type.name for handle in types}
    listed = list_jobs(session, job_type=wanted.job_type, namespace=wanted.namespace, selector=wanted.labels, among=types)
    found = [job for job in listed.jobs if job.job_type in names]
    unread: list[str] = []
    servers = reached(session, found, wanted.namespace, unread)
    ordered = sorted(servers, key=lambda one: (one.job.namespace, one.name, one.version))
    return ServerList(tuple(ordered), (*listed.notes, *([sentence(unread)] if unread else [])))


def reached(session: Session, jobs: Sequence[Job], namespace: str, unread: list[str]) -> list[Server]:
    """Return the servers with their addresses: one request for the Services of all, on the local cluster one for their instances."""
    if not jobs:
        return []
    services = _by_name(session, SERVICES, namespace, unread)
    behind = _by_name(session, ENDPOINTS, namespace, unread) if session.cluster.is_local else None
    servers = []
    for job in jobs:
        key = (job.namespace, service_of(session, job))
        service = services.get(key, {})
        address = _ready(behind.get(key, {})) if behind is not None else _of_service(service)
        rows = ((dig.text(p, "name"), dig.number(p, "port"), dig.number(p, "nodePort")) for p in dig.items(service, "spec", "ports"))
        servers.append(Server(job, address, tuple(rows), key[1]))
    return servers


def service_of(session: Session, job: Job) -> str:
    """Return the name of the Service in front of a server: the first that its type names."""
    try:
        served = session.handle(job.job_type).endpoints(job.view)
    except ArenaError:  # a plugin that fails says so where its endpoints are asked for
        return ""
    return next((one.service for one in served if one.service), "")


def _by_name(session: Session, resource: Resource, namespace: str, unread: list[str]) -> Mapping[tuple[str, str], Manifest]:
    """Return Services, or what is behind them, by namespace and name. Endpoints carry the labels of their Service."""
    try:
        found = session.cluster.list(resource, namespace, label_selector=TYPE).items
    except ArenaError as error:
        if not is_partial(error):
            raise
        unread.append(phrase(resource, error))
        return {}
    return {(dig.text(obj, "metadata", "namespace"), dig.text(obj, "metadata", "name")): obj for obj in found}


def _of_service(service: Manifest) -> str:
    ingress = next(dig.items(service, "status", "loadBalancer", "ingress"), {})
    own = dig.text(service, "spec", "clusterIP")
    return dig.text(ingress, "ip") or dig.text(ingress, "hostname") or ("" if own == "None" else own)


def _ready(endpoints: Manifest) -> str:
    addresses = (one for subset in dig.items(endpoints, "subsets") for one in dig.items(subset, "addresses"))
    return next((dig.text(one, "ip") for one in addresses), "")
