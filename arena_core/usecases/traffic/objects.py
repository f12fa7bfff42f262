"""The objects that part requests among versions of a server: of Istio, or of the Gateway API. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from arena_core.contract.types import Manifest, Resource
from arena_core.k8s import dig
from arena_core.kube.resources import SERVICES
from arena_core.records import record
from arena_core.usecases.spoken import NAME, VERSION

_ISTIO = "networking.istio.io"
VIRTUAL_SERVICE = Resource(_ISTIO, "v1", "VirtualService", "virtualservices", older=("v1beta1", "v1alpha3"))
DESTINATION_RULE = Resource(_ISTIO, "v1", "DestinationRule", "destinationrules", older=("v1beta1", "v1alpha3"))
ISTIO_GATEWAY = Resource(_ISTIO, "v1", "Gateway", "gateways", older=("v1beta1", "v1alpha3"))
HTTP_ROUTE = Resource("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes", older=("v1beta1",))
GATEWAY = Resource("gateway.networking.k8s.io", "v1", "Gateway", "gateways", older=("v1beta1",))
#: The name of the mesh itself among Istio's gateways: clients that have its proxy beside them.
MESH = "mesh"


@record
class Share:
    """One version of a server: the job that it is, its Service with the port that is asked, and its percent of the requests."""

    version: str
    weight: int
    job: Manifest
    service: str
    port: int


def front(name: str, shares: Sequence[Share]) -> Manifest:
    """Return the Service that all versions share: its name is what clients call."""
    spec = {"type": "ClusterIP", "selector": {NAME: name}, "ports": [_port(share) for share in shares[:1]]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": _metadata(name, shares), "spec": spec}


def _port(share: Share) -> dict[str, Any]:
    return {"name": "http", "port": share.port, "targetPort": share.port, "protocol": "TCP"}


def destination_rule(name: str, shares: Sequence[Share]) -> Manifest:
    """Return Istio's subsets of the server, one for each version."""
    subsets = [{"name": subset(share.version), "labels": {VERSION: share.version}} for share in shares]
    return _object(DESTINATION_RULE, name, shares, {"host": name, "subsets": subsets})


def subset(version: str) -> str:
    """Return Arena's name of the subset of a version."""
    return f"subset-{version}"


def virtual_service(name: str, shares: Sequence[Share], gateway: str) -> Manifest:
    """Return Istio's route: for clients in the mesh by the server's name, and through the gateway by whatever name where there is one."""
    route = [{"destination": {"host": name, "subset": subset(share.version)}, "weight": share.weight} for share in shares]
    spec = {
        "hosts": ["*"] if gateway else [name],
        "gateways": [gateway] if gateway else [MESH],
        "http": [{"match": [{"uri": {"prefix": "/"}}], "route": route}],
    }
    return _object(VIRTUAL_SERVICE, name, shares, spec)


def http_route(name: str, shares: Sequence[Share], gateway: str, hosts: Sequence[str]) -> Manifest:
    """Return the route of the Gateway API: each version's own Service gets its weight."""
    backends = [{"name": share.service, "port": share.port, "weight": share.weight} for share in shares]
    rule = {"matches": [{"path": {"type": "PathPrefix", "value": "/"}}], "backendRefs": backends}
    spec: dict[str, Any] = {"parentRefs": [{"name": gateway}], "rules": [rule]}
    return _object(HTTP_ROUTE, name, shares, {**spec, **({"hostnames": list(hosts)} if hosts else {})})


def _object(resource: Resource, name: str, shares: Sequence[Share], spec: Mapping[str, Any]) -> Manifest:
    return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": _metadata(name, shares), "spec": dict(spec)}


def _metadata(name: str, shares: Sequence[Share]) -> dict[str, Any]:
    """All versions own it together: it goes with the last of them."""
    return {"name": name, "labels": {NAME: name}, "ownerReferences": [_reference(share.job) for share in shares]}


def _reference(job: Manifest) -> dict[str, Any]:
    meta = dig.mapping(job, "metadata")
    return {"apiVersion": job["apiVersion"], "kind": job["kind"], "name": meta.get("name"), "uid": meta.get("uid")}


#: Which resource an object is of, by kind.
KINDS = {one.kind: one for one in (SERVICES, VIRTUAL_SERVICE, DESTINATION_RULE, HTTP_ROUTE)}
