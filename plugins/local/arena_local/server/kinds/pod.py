"""Pods: what the server and its default admission make of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from arena_core.k8s import podsize, time
from arena_core.k8s.copies import clone, same
from arena_local.server.causes import Cause, bad_value, prohibited
from arena_local.server.core import Host
from arena_local.server.errors import forbidden
from arena_local.server.kinds.base import Strategy
from arena_local.server.kinds.podchecks import check_spec, env_warnings
from arena_local.server.kinds.poddefaults import default_spec, requests_from_limits
from arena_local.server.meta import random_suffix
from arena_local.server.policy import limitrange

Obj = dict[str, Any]
_ACCOUNT_MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
_FIXED = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


class PodStrategy(Strategy):
    """Pods."""

    delete_returns_object = True

    def default(self, obj: Obj) -> None:
        """Fill in the spec; requests follow limits."""
        spec = obj["spec"]
        default_spec(spec)
        requests_from_limits(spec)
        spec.setdefault("enableServiceLinks", True)

    def prepare_create(self, host: Host, obj: Obj) -> None:
        """Do what admission does: LimitRanges, service account, its token, tolerations, priority; and the first status."""
        spec, namespace = obj["spec"], obj["metadata"]["namespace"]
        limitrange.fill_in(host, obj)
        _service_account(host, obj, namespace)
        _tolerations(spec)
        _priority(host, obj)
        spec.pop("ephemeralContainers", None)
        obj["status"] = {"phase": "Pending", "qosClass": podsize.qos_class(spec)}

    def finish_create(self, host: Host, obj: Obj) -> None:
        """Say that the pod is held back; a webhook may have added the gates."""
        spec = obj["spec"]
        if spec.get("schedulingGates") and not spec.get("nodeName"):
            gated = {"type": "PodScheduled", "status": "False", "lastProbeTime": None, "lastTransitionTime": time.text(host.now())}
            gated |= {"reason": "SchedulingGated", "message": "Scheduling is blocked due to non-empty scheduling gates"}
            obj["status"]["conditions"] = [gated]

    def prepare_update(self, host: Host, obj: Obj, old: Obj) -> None:
        """Keep what only admission writes."""
        for key in ("priority", "preemptionPolicy"):
            if key in old["spec"]:
                obj["spec"].setdefault(key, old["spec"][key])

    def validate(self, host: Host, obj: Obj) -> Iterable[Cause]:
        """Check the spec."""
        return check_spec(obj["spec"], "spec")

    def validate_update(self, host: Host, obj: Obj, old: Obj) -> Iterator[Cause]:
        """Refuse changes but those of images, deadline, added tolerations and lifted gates."""
        yield from _deadline(obj["spec"].get("activeDeadlineSeconds"), old["spec"].get("activeDeadlineSeconds"))
        new, before = _movable(obj["spec"], old["spec"]), old["spec"]
        if not same(new, before):
            yield prohibited("spec", f"{_FIXED}\n{_difference(before, new)}")

    def warnings(self, obj: Obj, old: Obj | None) -> Iterable[str]:
        """Warn of repeated variables."""
        return env_warnings(obj["spec"], "spec") if old is None else ()


def _deadline(new: int | None, old: int | None) -> Iterator[Cause]:
    """Refuse a deadline that comes later than the one before, or goes away."""
    path = "spec.activeDeadlineSeconds"
    if new is not None and not 0 <= new <= 2147483647:
        yield bad_value(path, new, "must be between 0 and 2147483647, inclusive")
    elif new is not None and old is not None and old < new:
        yield bad_value(path, new, "must be less than or equal to previous value")
    elif new is None and old is not None:
        yield bad_value(path, None, "must not update from a positive integer to nil value")


def _movable(spec: Obj, old: Obj) -> Obj:
    """Return the new spec with the fields that may change put back."""
    found: Obj = clone(spec)
    for key in ("containers", "initContainers"):
        for new, before in zip(found.get(key) or (), old.get(key) or (), strict=False):
            new["image"] = before.get("image", "")
            if new.get("resources") != before.get("resources") and new["name"] == before["name"]:
                continue
    for key in ("activeDeadlineSeconds", "schedulingGates"):
        found.pop(key, None)
        if key in old:
            found[key] = old[key]
    tolerations = spec.get("tolerations") or []
    if all(item in tolerations for item in old.get("tolerations") or ()):
        found.pop("tolerations", None)
        if "tolerations" in old:
            found["tolerations"] = old["tolerations"]
    if old.get("schedulingGates"):
        for key in ("nodeSelector", "affinity"):
            found.pop(key, None)
            if key in old:
                found[key] = old[key]
    return found


def _difference(old: Obj, new: Obj) -> str:
    lines = []
    for key in sorted(old.keys() | new.keys()):
        if not same(old.get(key), new.get(key)):
            lines.append(f"- {json.dumps(key)}: {json.dumps(old.get(key))}")
            lines.append(f"+ {json.dumps(key)}: {json.dumps(new.get(key))}")
    return "\n".join(lines) + "\n"


def _service_account(host: Host, obj: Obj, namespace: str) -> None:
    spec = obj["spec"]
    if "kubernetes.io/config.mirror" in (obj["metadata"].get("annotations") or {}):
        return
    name = spec.get("serviceAccountName") or "default"
    spec["serviceAccountName"] = spec["serviceAccount"] = name
    account = host.entry("serviceaccounts", namespace, name)
    if account is None and name != "default":
        why = f'error looking up service account {namespace}/{name}: serviceaccount "{name}" not found'
        raise forbidden("pods", "", obj["metadata"].get("name", ""), why)
    wanted = spec.get("automountServiceAccountToken")
    if wanted is None:
        wanted = (account.obj if account else {}).get("automountServiceAccountToken", True)
    if wanted:
        _mount_token(spec)


def _mount_token(spec: Obj) -> None:
    volume = f"kube-api-access-{random_suffix()}"
    used = False
    for container in [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]:
        mounts = container.setdefault("volumeMounts", [])
        if any(mount.get("mountPath") == _ACCOUNT_MOUNT for mount in mounts):
            continue
        mounts.append({"name": volume, "readOnly": True, "mountPath": _ACCOUNT_MOUNT})
        used = True
    if not used:
        return
    namespace = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    sources = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [namespace]}},
    ]
    spec.setdefault("volumes", []).append({"name": volume, "projected": {"sources": sources, "defaultMode": 420}})


def _tolerations(spec: Obj) -> None:
    given = spec.setdefault("tolerations", [])
    for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
        if not any(_covers(item, key) for item in given):
            given.append({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300})


def _covers(toleration: Obj, key: str) -> bool:
    if toleration.get("effect") not in (None, "", "NoExecute"):
        return False
    return toleration.get("key", "") in (key, "")


def _priority(host: Host, obj: Obj) -> None:
    spec, name = obj["spec"], obj["spec"].get("priorityClassName", "")
    chosen: Obj | None = None
    if name:
        found = host.entry("priorityclasses.scheduling.k8s.io", "", name)
        if found is None:
            raise forbidden("pods", "", obj["metadata"].get("name", ""), f"no PriorityClass with name {name} was found")
        chosen = found.obj
    else:
        defaults = [e.obj for e in host.entries("priorityclasses.scheduling.k8s.io") if e.obj.get("globalDefault")]
        if defaults:
            chosen = min(defaults, key=lambda item: int(item["value"]))
            spec["priorityClassName"] = chosen["metadata"]["name"]
    value = chosen["value"] if chosen else 0
    if spec.get("priority") is not None and spec["priority"] != value:
        why = "the integer value of priority must not be provided in pod spec; priority admission controller computed it"
        raise forbidden("pods", "", obj["metadata"].get("name", ""), f"{why} from the given PriorityClass name")
    spec["priority"] = value
    spec.setdefault("preemptionPolicy", (chosen or {}).get("preemptionPolicy") or "PreemptLowerPriority")
