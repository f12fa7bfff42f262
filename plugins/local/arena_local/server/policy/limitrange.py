"""LimitRanges at admission: defaults of containers, and bounds of containers, pods and claims."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from arena_core.k8s import podsize, quantity
from arena_local.server.errors import forbidden
from arena_local.server.policy.amounts import show
from arena_local.server.registry import Resource

if TYPE_CHECKING:
    from arena_local.server.core import Host

Obj = dict[str, Any]
LIMIT_RANGES = "limitranges"
_ANNOTATION = "kubernetes.io/limit-ranger"
#: Beyond so many whole units a ratio is compared in ones instead of thousandths.
_MOST_MILLI = (2**63 - 1) // 1000


def _items(host: Host, namespace: str) -> Iterator[Sequence[Mapping[str, Any]]]:
    for entry in host.entries(LIMIT_RANGES, namespace):
        yield (entry.obj.get("spec") or {}).get("limits") or ()


def fill_in(host: Host, pod: Obj) -> None:
    """Give the containers of a new pod the requests and limits that the namespace sets for those that say nothing."""
    for items in _items(host, pod["metadata"].get("namespace", "")):
        set_by: list[str] = []
        for item in items:
            if item.get("type") != "Container":
                continue
            for kind, key in (("container", "containers"), ("init container", "initContainers")):
                for container in pod["spec"].get(key) or ():
                    set_by += _fill(container, item, f"{kind} {container.get('name', '')}")
        if set_by:
            annotations = {**(pod["metadata"].get("annotations") or {}), _ANNOTATION: "LimitRanger plugin set: " + "; ".join(set_by)}
            pod["metadata"]["annotations"] = annotations


def _fill(container: Obj, item: Mapping[str, Any], who: str) -> Iterator[str]:
    resources = {**(container.get("resources") or {})}
    for word, field, given in (("request", "requests", "defaultRequest"), ("limit", "limits", "default")):
        amounts = {**(resources.get(field) or {})}
        missing = sorted(name for name in item.get(given) or {} if name not in amounts)
        if missing:
            resources[field] = amounts | {name: item[given][name] for name in missing}
            yield f"{', '.join(missing)} {word} for {who}"
    if resources:
        container["resources"] = resources


def check(host: Host, resource: Resource, obj: Obj) -> None:
    """Refuse a new pod, or a claim, that is outside of the bounds; raises 403 with all that the first LimitRange refuses."""
    for items in _items(host, obj["metadata"].get("namespace", "")):
        problems = [text for item in items for text in (_of_claim(item, obj) if resource.storage_id != "pods" else _of_pod(item, obj))]
        if problems:
            why = problems[0] if len(problems) == 1 else "[" + ", ".join(dict.fromkeys(problems)) + "]"
            raise forbidden(resource.plural, "", obj["metadata"].get("name", ""), why)


def _of_pod(item: Mapping[str, Any], pod: Obj) -> Iterator[str]:
    if item.get("type") == "Pod":
        yield from _bounds(item, podsize.requests(pod["spec"]), podsize.limits(pod["spec"]))
    elif item.get("type") == "Container":
        for key in ("containers", "initContainers"):
            for container in pod["spec"].get(key) or ():
                resources = container.get("resources") or {}
                yield from _bounds(item, podsize.read(resources.get("requests")), podsize.read(resources.get("limits")))


def _of_claim(item: Mapping[str, Any], claim: Obj) -> Iterator[str]:
    if item.get("type") != "PersistentVolumeClaim":
        return
    asked = podsize.read(((claim.get("spec") or {}).get("resources") or {}).get("requests"))
    for name in sorted(item.get("min") or {}):
        yield from _least(item, name, asked, {})
    for name in sorted(item.get("max") or {}):
        bound = quantity.parse(item["max"][name])
        head = f"maximum {name} usage per PersistentVolumeClaim is {item['max'][name]}"
        if name not in asked:
            yield f"{head}.  No request is specified"
        elif asked[name] > bound:
            yield f"{head}, but request is {show(name, asked[name])}"


def _bounds(item: Mapping[str, Any], requests: podsize.Amounts, limits: podsize.Amounts) -> Iterator[str]:
    for name in sorted(item.get("min") or {}):
        yield from _least(item, name, requests, limits)
    for name in sorted(item.get("max") or {}):
        yield from _most(item, name, requests, limits)
    for name in sorted(item.get("maxLimitRequestRatio") or {}):
        yield from _ratio(item, name, requests, limits)


def _least(item: Mapping[str, Any], name: str, requests: podsize.Amounts, limits: podsize.Amounts) -> Iterator[str]:
    bound = quantity.parse(item["min"][name])
    head = f"minimum {name} usage per {item['type']} is {item['min'][name]}"
    if name not in requests:
        yield f"{head}.  No request is specified"
    elif requests[name] < bound:
        yield f"{head}, but request is {show(name, requests[name])}"
    elif name in limits and limits[name] < bound:
        yield f"{head}, but limit is {show(name, limits[name])}"


def _most(item: Mapping[str, Any], name: str, requests: podsize.Amounts, limits: podsize.Amounts) -> Iterator[str]:
    bound = quantity.parse(item["max"][name])
    head = f"maximum {name} usage per {item['type']} is {item['max'][name]}"
    if name not in limits:
        yield f"{head}.  No limit is specified"
    elif limits[name] > bound:
        yield f"{head}, but limit is {show(name, limits[name])}"
    elif name in requests and requests[name] > bound:
        yield f"{head}, but request is {show(name, requests[name])}"


def _ratio(item: Mapping[str, Any], name: str, requests: podsize.Amounts, limits: podsize.Amounts) -> Iterator[str]:
    given = item["maxLimitRequestRatio"][name]
    head = f"{name} max limit to request ratio per {item['type']} is {given}"
    if not requests.get(name):
        yield f"{head}, but no request is specified or request is 0"
        return
    if not limits.get(name):
        yield f"{head}, but no limit is specified or limit is 0"
        return
    ratio, bound = limits[name] / requests[name], quantity.parse(given)
    fine = quantity.whole(bound) <= _MOST_MILLI
    if (ratio * 1000 > quantity.milli(bound)) if fine else (ratio > quantity.whole(bound)):
        yield f"{head}, but provided ratio is {ratio:f}"
