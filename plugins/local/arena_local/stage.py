"""``submit --rehearse``: a local cluster that is thrown away afterwards, and a job's objects as they can run on it (``arena.stages``)."""

from __future__ import annotations

import contextlib
import copy
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arena_core.contract.types import Manifest
from arena_local.extension import pod_templates, prepare

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2

NAMESPACE = "default"
#: So many of each device are pretended.
PLENTY = "1024"
_MACHINE = ("cpu", "memory", "ephemeral-storage")
#: Where a pod may run, and before whom, is for the real cluster to say.
_PLACING = (
    "nodeSelector",
    "affinity",
    "priorityClassName",
    "priority",
    "runtimeClassName",
    "topologySpreadConstraints",
    "preemptionPolicy",
)
_QUEUE = "kueue.x-k8s.io/"
#: Minutes after which a stage ends by itself whose owner was killed; its pods end before.
_IDLE = 1.0
_GRACE = 60


@dataclass(frozen=True)
class Stage:
    """A running stage: where it is reached, the objects for it, and the names of what only stands in for something."""

    kubeconfig: str
    context: str
    namespace: str
    manifests: Sequence[Manifest]
    stand_ins: Sequence[str]


@contextlib.contextmanager
def stage(manifests: Sequence[Manifest], seconds: float) -> Iterator[Stage]:
    """Start a local cluster for these objects (the job first), with empty stand-ins for what they need; it is gone afterwards."""
    from arena_local.context import Options
    from arena_local.daemon import control
    from arena_local.daemon.state import CONTEXT, State

    objects = [adapted(manifest, seconds) for manifest in manifests]
    needed = stand_ins(objects)
    folder = Path(tempfile.mkdtemp(prefix="arena-rehearsal-"))
    state = State(folder / "local")
    try:
        state.save_options(Options(resources=dict.fromkeys(devices(objects), PLENTY), idle_stop=_IDLE))
        control.start(state)
        names = [f"{obj['kind']} {obj['metadata']['name']}" for obj in needed if obj["kind"] != "ServiceAccount"]
        yield Stage(str(state.kubeconfig), CONTEXT, NAMESPACE, [objects[0], *needed, *objects[1:]], names)
    finally:
        control.stop(state)
        shutil.rmtree(folder, ignore_errors=True)


def adapted(manifest: Manifest, seconds: float) -> Manifest:
    """Return a copy of an object that can run here: in no queue, on any node, with the processors of this machine."""
    obj = copy.deepcopy(manifest)
    obj["metadata"]["namespace"] = NAMESPACE
    _without_queue(obj)
    for template in pod_templates(obj):
        prepare(template)
        spec = template["spec"]
        for field in _PLACING:
            spec.pop(field, None)
        if any(container.get("image") for container in spec["containers"]):
            spec["activeDeadlineSeconds"] = int(seconds) + _GRACE  # what only patches a template may not have it (a TrainJob's)
        for container in [*(spec.get("initContainers") or ()), *spec["containers"]]:
            container.pop("imagePullPolicy", None)
            for amounts in (container.get("resources") or {}).values():
                if isinstance(amounts, dict):
                    for name in [n for n in amounts if n in _MACHINE or n.startswith("hugepages-")]:
                        del amounts[name]
    return obj


def _without_queue(value: Any) -> None:
    """Take away, however deep, what would let an object wait in a queue."""
    if isinstance(value, dict):
        labels = (value.get("metadata") or {}).get("labels") if isinstance(value.get("metadata"), dict) else None
        if isinstance(labels, dict):
            for key in [k for k in labels if str(k).startswith(_QUEUE)]:
                del labels[key]
        spec = value.get("spec")
        if isinstance(spec, dict) and str(value.get("apiVersion", "")).startswith("batch.volcano.sh/"):
            spec.pop("queue", None)
            spec.pop("priorityClassName", None)
        for child in value.values():
            _without_queue(child)
    elif isinstance(value, list):
        for child in value:
            _without_queue(child)


def devices(objects: Sequence[Manifest]) -> set[str]:
    """Return the names of all extended resources that pods ask for."""
    found: set[str] = set()
    for template in (t for obj in objects for t in pod_templates(obj)):
        for container in [*(template["spec"].get("initContainers") or ()), *template["spec"]["containers"]]:
            for amounts in (container.get("resources") or {}).values():
                found |= {name for name in amounts if "/" in name} if isinstance(amounts, dict) else set()
    return found


def stand_ins(objects: Sequence[Manifest]) -> list[Manifest]:
    """Return empty objects in the place of claims, Secrets, ConfigMaps and accounts that pods name and the job does not bring."""
    own = {(obj.get("kind"), obj["metadata"].get("name")) for obj in objects}
    keys: dict[tuple[str, str], set[str]] = {}
    for template in (t for obj in objects for t in pod_templates(obj)):
        for kind, name, key in _named(template["spec"]):
            keys.setdefault((kind, name), set()).update({key} - {""})
    return [_empty(kind, name, found) for (kind, name), found in sorted(keys.items()) if (kind, name) not in own]


def _named(spec: Manifest) -> Iterator[tuple[str, str, str]]:
    """Yield (kind, name, key) of everything that a pod needs to start."""
    if (account := spec.get("serviceAccountName")) and account != "default":
        yield "ServiceAccount", account, ""
    for volume in spec.get("volumes") or ():
        for source in (volume, *((volume.get("projected") or {}).get("sources") or ())):
            yield from _of_volume(source)
    for container in [*(spec.get("initContainers") or ()), *spec["containers"]]:
        yield from _of_environment(container)


def _of_volume(source: Manifest) -> Iterator[tuple[str, str, str]]:
    if claim := (source.get("persistentVolumeClaim") or {}).get("claimName"):
        yield "PersistentVolumeClaim", claim, ""
    for kind, field, name in (("Secret", "secret", "secretName"), ("ConfigMap", "configMap", "name")):
        part = source.get(field) or {}
        if found := part.get(name) or part.get("name"):
            for item in part.get("items") or [{"key": ""}]:
                yield kind, found, str(item.get("key", ""))


def _of_environment(container: Manifest) -> Iterator[tuple[str, str, str]]:
    kinds = (("Secret", "secretKeyRef", "secretRef"), ("ConfigMap", "configMapKeyRef", "configMapRef"))
    for kind, of_one, of_all in kinds:
        for one in container.get("env") or ():
            if part := (one.get("valueFrom") or {}).get(of_one):
                yield kind, part["name"], str(part.get("key", ""))
        for one in container.get("envFrom") or ():
            if part := one.get(of_all):
                yield kind, part["name"], ""


def _empty(kind: str, name: str, keys: set[str]) -> Manifest:
    obj: Manifest = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": NAMESPACE}}
    if kind == "PersistentVolumeClaim":
        obj["spec"] = {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}}
    elif kind in ("Secret", "ConfigMap"):
        obj["data"] = dict.fromkeys(sorted(keys), "")
    return obj
