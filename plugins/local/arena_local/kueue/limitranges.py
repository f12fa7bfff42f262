"""What Kueue makes of a namespace's LimitRanges: their defaults count as requests, and what goes beyond them is never admitted."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence

from arena_core.k8s import podsize
from arena_local.kueue import amounts
from arena_local.sdk.bundle import Api, Obj

_ABOVE, _BELOW = "requests must not be above the limitRange max", "requests must not be below the limitRange min"
_Summary = Mapping[str, Mapping[str, podsize.Amounts]]


def summary(api: Api, namespace: str) -> _Summary:
    """Return the namespace's LimitRanges as one, by type: the lowest maximum, the highest minimum, the first default."""
    found: dict[str, dict[str, podsize.Amounts]] = {}
    for obj in api.list("limitranges", namespace):
        for item in (obj.get("spec") or {}).get("limits") or ():
            part = found.setdefault(str(item.get("type", "")), {"max": {}, "min": {}, "default": {}, "defaultRequest": {}})
            read = {key: podsize.read(item.get(key)) for key in part}
            read["default"] = {**read["max"], **read["default"]}
            read["defaultRequest"] = {**read["min"], **read["default"], **read["defaultRequest"]}
            _merge(part["max"], read["max"], min)
            _merge(part["min"], read["min"], max)
            for key in ("default", "defaultRequest"):
                part[key] = {**read[key], **part[key]}
    return found


def _merge(into: podsize.Amounts, more: podsize.Amounts, choose: Callable[[int, int], int]) -> None:
    for name, amount in more.items():
        into[name] = choose(into[name], amount) if name in into else amount


def adjusted(workload: Obj, limits: _Summary) -> Obj:
    """Return the Workload with the defaults of the LimitRanges in its pod templates, as its quota is reckoned."""
    part = limits.get("Container")
    if not part:
        return workload
    changed: Obj = {**workload, "spec": copy.deepcopy(workload["spec"])}
    for pod_set in changed["spec"]["podSets"]:
        spec = pod_set["template"].get("spec") or {}
        for container in [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]:
            own = container.setdefault("resources", {})
            own["limits"] = {**amounts.texts(part["default"]), **(own.get("limits") or {})}
            # A limit that the user gave stands in for a request before the namespace's default does.
            given = {k: v for k, v in own["limits"].items() if k not in part["defaultRequest"]}
            own["requests"] = {**amounts.texts(part["defaultRequest"]), **given, **(own.get("requests") or {})}
    return changed


def problem(workload: Obj, limits: _Summary) -> str:
    """Return why the LimitRanges keep a Workload from being admitted, or ""."""
    errors = [error for index, item in enumerate(workload["spec"]["podSets"]) for error in _pod_set(index, item, limits)]
    if not errors:
        return ""
    text = errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]"
    return f"resources didn't satisfy LimitRange constraints: {text}"


def _pod_set(index: int, item: Obj, limits: _Summary) -> Iterator[str]:
    spec, path = item["template"].get("spec") or {}, f"spec.podSets[{index}].template.spec"
    if part := limits.get("Container"):
        for field in ("initContainers", "containers"):
            for n, container in enumerate(spec.get(field) or ()):
                resources = container.get("resources") or {}
                lists = [podsize.read(resources.get(key)) for key in ("requests", "limits")]
                yield from _compare(f"{path}.{field}[{n}]", lists, part)
    if part := limits.get("Pod"):
        yield from _compare(path, [podsize.requests(spec)], part)


def _compare(path: str, lists: Sequence[podsize.Amounts], part: Mapping[str, podsize.Amounts]) -> Iterator[str]:
    most: podsize.Amounts = {}
    least: podsize.Amounts = {}
    for values in lists:
        _merge(most, values, max)
        _merge(least, values, min)
    over = sorted(name for name, amount in most.items() if name in part["max"] and amount > part["max"][name])
    under = sorted(name for name, amount in part["min"].items() if name in least and least[name] < amount)
    for names, text in ((over, _ABOVE), (under, _BELOW)):
        if names:
            yield f"{path}: Invalid value: {json.dumps(names, separators=(',', ':'))}: {text}"
