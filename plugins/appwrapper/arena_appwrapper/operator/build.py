"""The object that a component becomes: labels and owner, and into its pod templates what Kueue and the operator inject."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from arena_appwrapper.operator.podsets import PathError, effective, resolve
from arena_appwrapper.operator.settings import LABEL
from arena_core.k8s import owners
from arena_local.sdk.bundle import Obj

#: The operator's Autopilot map: node label values to stay away from, by extended resource (default configuration).
AUTOPILOT_RESOURCE = "nvidia.com/gpu"
AUTOPILOT_KEY = "autopilot.ibm.com/gpuhealth"


class Fatal(Exception):
    """A creation error that no retry can heal."""


def component_object(wrapper: Obj, index: int) -> Obj:
    """Return the object to create for component ``index``; raises ``Fatal`` where something cannot be injected."""
    component = wrapper["spec"]["components"][index]
    obj: Obj = copy.deepcopy(component["template"])
    meta = obj.setdefault("metadata", {})
    meta.setdefault("namespace", wrapper["metadata"]["namespace"])
    name = wrapper["metadata"]["name"]
    # The object keeps a label of that name which its author gave it; in pod templates that is a conflict.
    meta["labels"] = {LABEL: name, **(meta.get("labels") or {})}
    cached = ((wrapper.get("status") or {}).get("componentStatus") or [{}] * (index + 1))[index].get("podSets")
    infos = component.get("podSetInfos") or []
    for n, pod_set in enumerate(cached if cached is not None else effective(component)):
        try:
            template = resolve(obj, pod_set["path"])
        except PathError as error:
            raise Fatal(str(error)) from error
        _inject(template, infos[n] if n < len(infos) else {}, name)
    meta["ownerReferences"] = [owners.reference(wrapper)]
    return obj


def _merge(target: Obj, field: str, values: Mapping[str, str]) -> None:
    if not values:
        return
    have = target.get(field) or {}
    for key, value in values.items():
        if have.get(key, value) != value:
            raise Fatal(f"conflict updating {field}: conflict for key={key}, value1={have[key]}, value2={value}")
    target[field] = {**have, **values}


def _inject(template: Obj, info: Mapping[str, Any], wrapper: str) -> None:
    """Put a podSetInfo and the AppWrapper's label into a pod template, in the operator's order."""
    meta = template["metadata"] = template.get("metadata") or {}
    _merge(meta, "annotations", info.get("annotations") or {})
    _merge(meta, "labels", {LABEL: wrapper, **(info.get("labels") or {})})
    spec = template["spec"]
    _merge(spec, "nodeSelector", info.get("nodeSelector") or {})
    if info.get("tolerations"):
        spec["tolerations"] = [*(spec.get("tolerations") or []), *info["tolerations"]]
    if info.get("schedulingGates"):
        have = spec.get("schedulingGates") or []
        names = {g["name"] for g in have}
        spec["schedulingGates"] = [*have, *(g for g in info["schedulingGates"] if g["name"] not in names)]
    if _asks_for(spec, AUTOPILOT_RESOURCE):
        _avoid_sick_nodes(spec)


def _asks_for(spec: Obj, resource: str) -> bool:
    containers = [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]
    return any(
        str(((c.get("resources") or {}).get(side) or {}).get(resource, "0")) != "0" for c in containers for side in ("limits", "requests")
    )


def _expression(*values: str) -> Obj:
    return {"key": AUTOPILOT_KEY, "operator": "NotIn", "values": list(values)}


def _avoid_sick_nodes(spec: Obj) -> None:
    node = _field(_field(spec, "affinity"), "nodeAffinity")
    required = _field(node, "requiredDuringSchedulingIgnoredDuringExecution")
    required["nodeSelectorTerms"] = required.get("nodeSelectorTerms") or [{}]
    for term in required["nodeSelectorTerms"]:
        term["matchExpressions"] = [*(term.get("matchExpressions") or []), _expression("TESTING", "EVICT")]
    avoid = {"weight": 50, "preference": {"matchExpressions": [_expression("WARN")]}}
    node["preferredDuringSchedulingIgnoredDuringExecution"] = [
        *(node.get("preferredDuringSchedulingIgnoredDuringExecution") or []),
        avoid,
    ]


def _field(obj: Obj, name: str) -> Obj:
    """Return an object's field to be written into; one that is null counts as missing."""
    obj[name] = obj.get(name) or {}
    found: Obj = obj[name]
    return found
