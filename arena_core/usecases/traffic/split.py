"""``serve traffic-split``: find the versions, choose who parts the requests, and bring its objects in line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from arena_core.contract.errors import AlreadyExists, KindNotInstalled, NotFound, UsageError
from arena_core.contract.types import Manifest
from arena_core.k8s import dig
from arena_core.records import record
from arena_core.usecases.servers import Server, Wanted, list_servers, service_of
from arena_core.usecases.session import Session
from arena_core.usecases.spoken import NAME
from arena_core.usecases.traffic import objects
from arena_core.usecases.traffic.objects import Share
from arena_core.usecases.update import difference

#: The port of a server's Service that is asked, by preference.
PORTS = ("http-serving", "grpc-serving")


@record
class Split:
    """What parts the requests now: the objects as they are then, each with whether it was made, changed, or left."""

    objects: tuple[tuple[Manifest, Literal["created", "changed", "unchanged"]], ...]


@record
class How:
    """Who parts the requests and how they come in; what is empty is found out."""

    via: Literal["", "istio", "gateway"] = ""
    gateway: str = ""
    hosts: Sequence[str] = ()
    dry_run: bool = False


def split(session: Session, name: str, weights: Mapping[str, int], how: How, namespace: str = "") -> Split:
    """Part the requests to a server among its versions by weight."""
    namespace = namespace or session.namespace
    shares = _shares(session, name, weights, namespace)
    wanted = _objects(session, name, shares, how, namespace)
    return Split(tuple(_bring_in_line(session, name, obj, namespace, how.dry_run) for obj in wanted))


def _shares(session: Session, name: str, weights: Mapping[str, int], namespace: str) -> list[Share]:
    found: dict[str, list[Server]] = {}
    for server in list_servers(session, Wanted(name, namespace=namespace)).servers:
        found.setdefault(server.version, []).append(server)
    if not found:
        raise NotFound(
            f"server {name} does not exist in namespace {namespace}", "`arena serve list -A` shows the servers of all namespaces"
        )
    shares = []
    for version, weight in weights.items():
        if version not in found:
            raise NotFound(f"server {name} has no version {version} in namespace {namespace}", f"its versions: {', '.join(found)}")
        if len(found[version]) > 1:
            types = ", ".join(server.job.job_type for server in found[version])
            raise UsageError(f"there are several servers named {name} of version {version}: {types}", "delete one of them")
        server = found[version][0]
        ports = {label: number for label, number, _ in server.ports}
        port = next((ports[label] for label in PORTS if label in ports), 0)
        if not port:
            raise UsageError(f"{server.job.name} has no Service with a port of HTTP or gRPC, so nothing can lead to it")
        shares.append(Share(version, weight, server.job.manifest, service_of(session, server.job), port))
    return shares


def _objects(session: Session, name: str, shares: Sequence[Share], how: How, namespace: str) -> list[Manifest]:
    via = how.via or _installed(session)
    if via == "gateway":
        return [objects.http_route(name, shares, how.gateway or _only_gateway(session, namespace), how.hosts)]
    if how.hosts:
        raise UsageError("--host is for routes of the Gateway API", "leave it out, or choose --via gateway")
    if len({share.port for share in shares}) > 1:
        told = ", ".join(f"{share.version} has {share.port}" for share in shares)
        raise UsageError(f"with Istio all versions share one Service, so they need the same port: {told}")
    gateway = how.gateway or _own_gateway(session, name, namespace)
    return [objects.front(name, shares), objects.destination_rule(name, shares), objects.virtual_service(name, shares, gateway)]


def _own_gateway(session: Session, name: str, namespace: str) -> str:
    """Return the name of Istio's Gateway that Arena would have made for the server, where there is one."""
    own = f"{name}-gateway"
    served = session.cluster.served().has(objects.ISTIO_GATEWAY) is not False
    return own if served and session.cluster.find(objects.ISTIO_GATEWAY, namespace, own) is not None else ""


def _installed(session: Session) -> Literal["istio", "gateway"]:
    """Return who parts requests on this cluster."""
    served = session.cluster.served()
    if served.has(objects.VIRTUAL_SERVICE) is not False:
        return "istio"
    if served.has(objects.HTTP_ROUTE):
        return "gateway"
    kinds = " nor ".join(one.key for one in (objects.VIRTUAL_SERVICE, objects.HTTP_ROUTE))
    raise KindNotInstalled(
        f"nothing on this cluster parts requests: it serves neither {kinds}", "install Istio, or an implementation of the Gateway API"
    )


def _only_gateway(session: Session, namespace: str) -> str:
    names = [dig.text(obj, "metadata", "name") for obj in session.cluster.list(objects.GATEWAY, namespace).items]
    if len(names) == 1:
        return names[0]
    told = f"there are {', '.join(names)}" if names else f"there is none in namespace {namespace}"
    raise UsageError(f"through which Gateway do the requests come? {told}", "name it with --gateway")


def _bring_in_line(
    session: Session, name: str, wanted: Manifest, namespace: str, dry_run: bool
) -> tuple[Manifest, Literal["created", "changed", "unchanged"]]:
    """Make an object, or change what is different in the one that is there, if it is the server's."""
    resource = objects.KINDS[wanted["kind"]]
    wanted = {**wanted, "apiVersion": session.cluster.settled(resource).api_version}
    there = session.cluster.find(resource, namespace, name)
    if there is None:
        return session.cluster.create(resource, namespace, wanted, dry_run=dry_run).object, "created"
    if dig.labels(there).get(NAME) != name:
        hint = "rename or delete it; `arena serve traffic-split` makes its own"
        raise AlreadyExists(f"{wanted['kind']} {name} exists in namespace {namespace} and is none of the server's", hint)
    if wanted["kind"] == "Service":  # what the server has filled in stays
        wanted = {**wanted, "spec": {**there["spec"], **wanted["spec"]}}
    meta = {"labels": {**dig.labels(there), NAME: name}, "ownerReferences": wanted["metadata"]["ownerReferences"]}
    before = {"metadata": {key: there["metadata"].get(key) for key in meta}, "spec": there.get("spec") or {}}
    patch = difference(before, {"metadata": meta, "spec": wanted["spec"]})
    if not patch:
        return there, "unchanged"
    return session.cluster.patch(resource, namespace, name, patch, dry_run=dry_run), "changed"
