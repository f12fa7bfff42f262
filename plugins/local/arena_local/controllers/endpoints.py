"""Endpoints and EndpointSlices of Services, from the readiness of the pods they select."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from arena_core.k8s import owners, time
from arena_local.sdk import pods as podlib
from arena_local.sdk.bundle import Api, ApiError, Key, Obj

_SLICES = "endpointslices.discovery.k8s.io"
_SERVICE_LABEL = "kubernetes.io/service-name"
_MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
_HEADLESS = "service.kubernetes.io/headless"
_PER_SLICE = 100


class EndpointsController:
    """Keeps Endpoints and one or more EndpointSlices for every Service with a selector."""

    name = "endpoints"
    resource = "services"
    owns: tuple[str, ...] = ()

    def __init__(self, api: Api) -> None:
        self._api = api
        self.watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {"pods": self._services_of}
        # First label of the selector -> services: a change of a pod must not walk through all services.
        self._index: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        self._places: dict[Key, tuple[str, str, str]] = {}

    def _services_of(self, pod: Obj) -> Iterable[Key]:
        namespace = pod["metadata"].get("namespace", "")
        for key, value in (pod["metadata"].get("labels") or {}).items():
            for name in self._index.get((namespace, key, value), ()):
                yield (namespace, name)

    def _remember(self, key: Key, selector: Mapping[str, str]) -> None:
        place = (key[0], *min(selector.items())) if selector else None
        old = self._places.pop(key, None)
        if old is not None:
            self._index[old].discard(key[1])
        if place is not None:
            self._index[place].add(key[1])
            self._places[key] = place

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Write Endpoints and slices."""
        service = self._api.find(self.resource, namespace, name)
        selector = (service["spec"].get("selector") or {}) if service else {}
        if service is not None and service["spec"].get("type") == "ExternalName":
            selector = {}
        self._remember((namespace, name), selector)
        if service is None:
            self._drop("endpoints", namespace, name)
            return None
        if not selector or service["metadata"].get("deletionTimestamp"):
            return None
        pods = [pod for pod in self._api.list("pods", namespace, selector) if _counts(pod)]
        pods.sort(key=lambda pod: str(pod["metadata"]["name"]))
        self._write_endpoints(service, pods)
        self._write_slices(service, pods)
        return None

    def _drop(self, resource: str, namespace: str, name: str) -> None:
        try:
            self._api.delete(resource, namespace, name, manager="endpoint-controller")
        except ApiError as error:
            if error.code != 404:
                raise

    def _write_endpoints(self, service: Obj, pods: Sequence[Obj]) -> None:
        anyway = bool(service["spec"].get("publishNotReadyAddresses"))
        live = [pod for pod in pods if not podlib.terminating(pod) or anyway]
        addresses: Obj = {
            "addresses": [_address(pod, service) for pod in live if podlib.ready(pod) or anyway],
            "notReadyAddresses": [_address(pod, service) for pod in live if not (podlib.ready(pod) or anyway)],
        }
        addresses = {key: value for key, value in addresses.items() if value}
        subset: Obj = {**addresses, "ports": [_endpoint_port(port, live) for port in service["spec"].get("ports") or ()]}
        if not subset["ports"]:
            del subset["ports"]
        meta = service["metadata"]
        labels = {**(meta.get("labels") or {}), "endpoints.kubernetes.io/managed-by": "endpoint-controller"}
        if service["spec"].get("clusterIP") == "None":
            labels[_HEADLESS] = ""
        wanted: Obj = {
            "apiVersion": "v1",
            "kind": "Endpoints",
            "metadata": {"name": meta["name"], "namespace": meta["namespace"], "labels": labels},
            "subsets": [subset] if addresses else [],
        }
        self._put("endpoints", wanted, "subsets", "endpoint-controller")

    def _write_slices(self, service: Obj, pods: Sequence[Obj]) -> None:
        meta = service["metadata"]
        labels: Obj = {**(meta.get("labels") or {}), _SERVICE_LABEL: meta["name"], _MANAGED_BY: "endpointslice-controller.k8s.io"}
        if service["spec"].get("clusterIP") == "None":
            labels[_HEADLESS] = ""
        anyway = bool(service["spec"].get("publishNotReadyAddresses"))
        entries = [_endpoint(pod, service, anyway) for pod in pods]
        chunks = [entries[i : i + _PER_SLICE] for i in range(0, len(entries), _PER_SLICE)] or [[]]
        ports = [_endpoint_port(port, pods) for port in service["spec"].get("ports") or ()]
        have = list(self._api.list(_SLICES, meta["namespace"], {_SERVICE_LABEL: meta["name"]}))
        have = [item for item in have if any(owners.references(item))]
        for number, chunk in enumerate(chunks):
            body: Obj = {"addressType": "IPv4", "endpoints": chunk, "ports": ports}
            place: Obj = {"namespace": meta["namespace"], "labels": labels, "ownerReferences": [owners.reference(service)]}
            base = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice"}
            if number < len(have):
                name = have[number]["metadata"]["name"]
                self._put(_SLICES, {**base, "metadata": {**place, "name": name}, **body}, "endpoints", "endpointslice-controller")
            else:
                made = {**base, "metadata": {**place, "annotations": self._stamp(), "generateName": f"{meta['name']}-"}, **body}
                self._api.create(made, manager="endpointslice-controller")
        for item in have[len(chunks) :]:
            self._drop(_SLICES, meta["namespace"], item["metadata"]["name"])

    def _stamp(self) -> dict[str, str]:
        """When what the object shows has changed last, as the real controllers note it."""
        return {"endpoints.kubernetes.io/last-change-trigger-time": time.text(self._api.now())}

    def _put(self, resource: str, wanted: Obj, field: str, manager: str) -> None:
        meta = wanted["metadata"]
        old = self._api.find(resource, meta["namespace"], meta["name"])
        if old is None:
            self._api.create({**wanted, "metadata": {**meta, "annotations": self._stamp()}}, manager=manager)
            return
        same = (old.get(field) or []) == wanted[field] and (old.get("ports") or []) == (wanted.get("ports") or [])
        if not same or (old["metadata"].get("labels") or {}) != meta["labels"]:
            kept = {**old["metadata"], "labels": meta["labels"]}
            kept["annotations"] = {**(kept.get("annotations") or {}), **self._stamp()}
            self._api.update({**old, **wanted, "metadata": kept}, manager=manager)


def _counts(pod: Obj) -> bool:
    return bool((pod.get("status") or {}).get("podIP")) and not podlib.finished(pod)


def _target(pod: Obj) -> Obj:
    meta = pod["metadata"]
    return {"kind": "Pod", "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]}


def _hostname(pod: Obj, service: Obj) -> str:
    same = pod["spec"].get("subdomain") == service["metadata"]["name"]
    return str(pod["spec"].get("hostname") or "") if same else ""


def _address(pod: Obj, service: Obj) -> Obj:
    found: Obj = {"ip": pod["status"]["podIP"], "nodeName": pod["spec"].get("nodeName", ""), "targetRef": _target(pod)}
    host = _hostname(pod, service)
    return {**found, "hostname": host} if host else found


def _endpoint(pod: Obj, service: Obj, anyway: bool) -> Obj:
    ready, going = podlib.ready(pod), podlib.terminating(pod)
    entry: Obj = {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {"ready": anyway or (ready and not going), "serving": anyway or ready, "terminating": going},
        "nodeName": pod["spec"].get("nodeName", ""),
        "targetRef": _target(pod),
    }
    host = _hostname(pod, service)
    return {**entry, "hostname": host} if host else entry


def _endpoint_port(port: Obj, pods: Sequence[Obj]) -> Obj:
    target: Any = port.get("targetPort", port["port"])
    if isinstance(target, str):
        target = _named_port(target, pods) or port["port"]
    found = {"name": port.get("name", ""), "port": target, "protocol": port.get("protocol", "TCP")}
    return {key: value for key, value in found.items() if value != "" or key != "name"}


def _named_port(name: str, pods: Sequence[Obj]) -> int | None:
    for pod in pods:
        for container in pod["spec"]["containers"]:
            for port in container.get("ports") or ():
                if port.get("name") == name:
                    return int(port["containerPort"])
    return None
