"""A refusal of JobSet's webhook, in the words of its program."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from arena_local.sdk.bundle import ApiError, Obj

WEBHOOK = "vjobset.kb.io"
#: The order in which the program writes fields; what is not named here comes after them.
_ORDER = (
    *("name", "groupName", "metadata", "generateName", "labels", "annotations", "template"),
    *("parallelism", "completions", "activeDeadlineSeconds", "podFailurePolicy", "backoffLimit", "backoffLimitPerIndex"),
    *("maxFailedIndexes", "selector", "manualSelector", "spec", "volumes", "initContainers", "containers", "restartPolicy"),
    *("terminationGracePeriodSeconds",),
    *("image", "command", "args", "workingDir", "ports", "envFrom", "env", "value", "valueFrom", "resources", "limits", "requests"),
    *("volumeMounts", "livenessProbe", "readinessProbe", "imagePullPolicy", "securityContext"),
    *("dnsPolicy", "nodeSelector", "serviceAccountName", "hostNetwork", "hostPID", "hostIPC", "imagePullSecrets", "affinity"),
    *("schedulerName", "tolerations", "priorityClassName", "ttlSecondsAfterFinished", "completionMode", "suspend", "replicas", "dependsOn"),
)
_PLACE = {name: number for number, name in enumerate(_ORDER)}
_JOB = ("ttlSecondsAfterFinished", "completionMode", "suspend")


@dataclass(frozen=True)
class Wrong:
    """One thing that is wrong."""

    message: str
    field: str = "<nil>"
    reason: str = "InternalError"


def invalid(path: str, value: object, why: str) -> Wrong:
    """Return what is wrong with the value of a field."""
    shown = json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":"))
    return Wrong(f"Invalid value: {shown}: {why}", path, "FieldValueInvalid")


def internal(text: str) -> Wrong:
    """Return what is wrong for no field: so the program says most."""
    return Wrong(f"Internal error: {text}")


def refuse(jobset: Obj, found: Sequence[Wrong]) -> None:
    """Raise the refusal if anything is wrong."""
    if not found:
        return
    name = jobset["metadata"].get("name", "")
    texts = list(dict.fromkeys(f"{wrong.field}: {wrong.message}" for wrong in found))
    text = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    causes = [{"reason": wrong.reason, "message": wrong.message, "field": wrong.field} for wrong in found]
    details: dict[str, Any] = {"name": name, "group": "jobset.x-k8s.io", "kind": "JobSet", "causes": causes}
    message = f'admission webhook "{WEBHOOK}" denied the request: JobSet.jobset.x-k8s.io "{name}" is invalid: {text}'
    raise ApiError(422, "Invalid", message, details)


def _ordered(value: Any) -> Any:
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _ordered(value[key]) for key in sorted(value, key=lambda key: (_place(key, value), key))}


def _place(key: str, value: Obj) -> int:
    # A Job's pod template stands behind its limits, a replicated job's template before its number.
    return _PLACE["spec"] if key == "template" and any(name in value for name in _JOB) else _PLACE.get(key, len(_ORDER))
