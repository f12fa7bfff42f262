"""``spec.runtimePatches``: what several managers change of a runtime's template, merged as the operator merges them. Pure."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from arena_local.sdk.bundle import Obj
from arena_trainjob.local.names import entries, upsert

#: Lists of a pod spec whose elements are known by a field; other lists are taken as a whole.
_KEYS = {"volumes": "name", "imagePullSecrets": "name", "schedulingGates": "name", "env": "name", "volumeMounts": "mountPath"}


def apply(patches: Iterable[Any], jobset: Obj) -> None:
    """Merge patches into a JobSet, in their order."""
    for patch in patches:
        template = ((patch or {}).get("trainingRuntimeSpec") or {}).get("template") or {}
        _metadata(jobset["metadata"], template.get("metadata"))
        for wanted in entries(template.get("spec") or {}):
            for entry in entries(jobset["spec"]):
                if entry.get("name") == wanted.get("name"):
                    _job(entry.setdefault("template", {}), wanted.get("template") or {})


def _metadata(meta: Obj, wanted: Any) -> None:
    for field in ("labels", "annotations"):
        if more := (wanted or {}).get(field):
            meta[field] = {**(meta.get(field) or {}), **more}


def _job(template: Obj, wanted: Obj) -> None:
    _metadata(template.setdefault("metadata", {}), wanted.get("metadata"))
    pods = (wanted.get("spec") or {}).get("template")
    if not pods:
        return
    target = template.setdefault("spec", {}).setdefault("template", {})
    _metadata(target.setdefault("metadata", {}), pods.get("metadata"))
    merge(target.setdefault("spec", {}), pods.get("spec") or {})


def merge(spec: Obj, wanted: Mapping[str, Any]) -> None:
    """Merge a patch into a pod spec."""
    for field, value in copy.deepcopy(dict(wanted)).items():
        if field in ("containers", "initContainers"):
            for changed in value:
                found = next((c for c in spec.get(field) or [] if c.get("name") == changed.get("name")), None)
                if found is not None:
                    merge(found, changed)
        elif field in _KEYS:
            spec[field] = upsert(spec.get(field), value, _KEYS[field])
        elif field == "tolerations":
            spec[field] = [*(spec.get(field) or []), *(item for item in value if item not in (spec.get(field) or []))]
        elif isinstance(value, dict) and isinstance(spec.get(field), dict) and field != "affinity":
            spec[field] = {**spec[field], **value}
        else:
            spec[field] = value
