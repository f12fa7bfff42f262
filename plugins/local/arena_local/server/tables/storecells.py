"""The cells of the kinds that are mostly stored: volumes, classes, ingresses, budgets, roles and their bindings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from arena_core.k8s import selectors
from arena_local.server.ages import age

Obj = dict[str, Any]
_NONE, _UNSET = "<none>", "<unset>"
_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}


def _created(obj: Obj, now: datetime) -> str:
    return age(obj["metadata"].get("creationTimestamp"), now)


def _dated(obj: Obj, now: datetime) -> list[Any]:
    return [obj["metadata"]["name"], obj["metadata"].get("creationTimestamp", "")]


def _volume(obj: Obj, now: datetime) -> list[Any]:
    spec, status, claim = obj["spec"], obj.get("status") or {}, obj["spec"].get("claimRef") or {}
    phase = "Terminating" if obj["metadata"].get("deletionTimestamp") else status.get("phase", "")
    modes = ",".join(_MODES.get(mode, mode) for mode in spec.get("accessModes") or ())
    held = f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim else ""
    cells = [obj["metadata"]["name"], (spec.get("capacity") or {}).get("storage", ""), modes, spec.get("persistentVolumeReclaimPolicy", "")]
    cells += [phase, held, spec.get("storageClassName", ""), spec.get("volumeAttributesClassName", _UNSET), status.get("reason", "")]
    return [*cells, _created(obj, now), spec.get("volumeMode", _UNSET)]


def _class(obj: Obj, now: datetime) -> list[Any]:
    default = (obj["metadata"].get("annotations") or {}).get("storageclass.kubernetes.io/is-default-class") == "true"
    name = obj["metadata"]["name"] + (" (default)" if default else "")
    cells = [name, obj.get("provisioner", ""), obj.get("reclaimPolicy", "Delete"), obj.get("volumeBindingMode", "Immediate")]
    return [*cells, bool(obj.get("allowVolumeExpansion")), _created(obj, now)]


def _ingress(obj: Obj, now: datetime) -> list[Any]:
    spec = obj.get("spec") or {}
    hosts = ",".join(rule["host"] for rule in spec.get("rules") or () if rule.get("host")) or "*"
    ports = "80, 443" if spec.get("tls") else "80"
    return [obj["metadata"]["name"], spec.get("ingressClassName", _NONE), hosts, "", ports, _created(obj, now)]


def _ingress_class(obj: Obj, now: datetime) -> list[Any]:
    spec, given = obj.get("spec") or {}, (obj.get("spec") or {}).get("parameters")
    kind = f"{given['kind']}.{given['apiGroup']}" if given and given.get("apiGroup") else (given or {}).get("kind", "")
    shown = f"{kind}/{given.get('name', '')}" if given else _NONE
    return [obj["metadata"]["name"], spec.get("controller", ""), shown, _created(obj, now)]


def _budget(obj: Obj, now: datetime) -> list[Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    bounds = [str(spec[key]) if key in spec else "N/A" for key in ("minAvailable", "maxUnavailable")]
    return [obj["metadata"]["name"], *bounds, status.get("disruptionsAllowed", 0), _created(obj, now)]


def _scaler(obj: Obj, now: datetime) -> list[Any]:
    spec, target = obj["spec"], obj["spec"].get("scaleTargetRef") or {}
    counts = [str(spec.get("minReplicas", 1)), str(spec.get("maxReplicas", "")), (obj.get("status") or {}).get("currentReplicas", 0)]
    targets = "<unknown>" if spec.get("metrics") else _NONE
    return [obj["metadata"]["name"], f"{target.get('kind', '')}/{target.get('name', '')}", targets, *counts, _created(obj, now)]


def _policy(obj: Obj, now: datetime) -> list[Any]:
    selector = selectors.text_of_object((obj.get("spec") or {}).get("podSelector"))
    return [obj["metadata"]["name"], selector or _NONE, _created(obj, now)]


def _binding(obj: Obj, now: datetime) -> list[Any]:
    subjects = obj.get("subjects") or ()
    named = {kind: [item for item in subjects if item.get("kind") == kind] for kind in ("User", "Group", "ServiceAccount")}
    people = [", ".join(item.get("name", "") for item in named[kind]) for kind in ("User", "Group")]
    accounts = ", ".join(f"{item.get('namespace', '')}/{item.get('name', '')}" for item in named["ServiceAccount"])
    role = obj.get("roleRef") or {}
    return [obj["metadata"]["name"], f"{role.get('kind', '')}/{role.get('name', '')}", _created(obj, now), *people, accounts]


def _runtime(obj: Obj, now: datetime) -> list[Any]:
    return [obj["metadata"]["name"], obj.get("handler", ""), _created(obj, now)]


CELLS: dict[str, Callable[[Obj, datetime], list[Any]]] = {
    "limitranges": _dated,
    "persistentvolumes": _volume,
    "storageclasses.storage.k8s.io": _class,
    "ingresses.networking.k8s.io": _ingress,
    "ingressclasses.networking.k8s.io": _ingress_class,
    "poddisruptionbudgets.policy": _budget,
    "horizontalpodautoscalers.autoscaling": _scaler,
    "networkpolicies.networking.k8s.io": _policy,
    "roles.rbac.authorization.k8s.io": _dated,
    "clusterroles.rbac.authorization.k8s.io": _dated,
    "rolebindings.rbac.authorization.k8s.io": _binding,
    "clusterrolebindings.rbac.authorization.k8s.io": _binding,
    "runtimeclasses.node.k8s.io": _runtime,
}
#: Kind -> the names of its columns; those behind ``|`` are shown with ``-o wide`` only.
NAMES: dict[str, str] = {
    "limitranges": "Name,Created At",
    "persistentvolumes": "Name,Capacity,Access Modes,Reclaim Policy,Status,Claim,StorageClass,VolumeAttributesClass,Reason,Age|VolumeMode",
    "storageclasses.storage.k8s.io": "Name,Provisioner,ReclaimPolicy,VolumeBindingMode,AllowVolumeExpansion,Age",
    "ingresses.networking.k8s.io": "Name,Class,Hosts,Address,Ports,Age",
    "ingressclasses.networking.k8s.io": "Name,Controller,Parameters,Age",
    "poddisruptionbudgets.policy": "Name,Min Available,Max Unavailable,Allowed Disruptions,Age",
    "horizontalpodautoscalers.autoscaling": "Name,Reference,Targets,MinPods,MaxPods,Replicas,Age",
    "networkpolicies.networking.k8s.io": "Name,Pod-Selector,Age",
    "roles.rbac.authorization.k8s.io": "Name,Created At",
    "clusterroles.rbac.authorization.k8s.io": "Name,Created At",
    "rolebindings.rbac.authorization.k8s.io": "Name,Role,Age|Users,Groups,ServiceAccounts",
    "clusterrolebindings.rbac.authorization.k8s.io": "Name,Role,Age|Users,Groups,ServiceAccounts",
    "runtimeclasses.node.k8s.io": "Name,Handler,Age",
}
