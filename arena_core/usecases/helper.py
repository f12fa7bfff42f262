"""A small pod that mounts a claim, for as long as something is done with what is in it. It is gone afterwards, whatever happens."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from arena_core.contract.errors import ArenaError, NotFound, TimedOut
from arena_core.contract.types import Manifest
from arena_core.k8s import dig
from arena_core.kube.cluster import Cluster
from arena_core.kube.resources import CLAIMS, EVENTS, PODS
from arena_core.kube.scope import CancelScope
from arena_core.podstatus import instance
from arena_core.podwords import cause_of
from arena_core.usecases.finishing import finish
from arena_core.usecases.incidents import message_of, reason_of
from arena_core.usecases.volumes import modes_of

LABEL, CONTAINER = {"app": "arena-data"}, "data"
#: Where the claim is mounted; commands find it by the variable ``ARENA_DATA``.
ROOT = "/arena-data"
IMAGE = "busybox:1.36"
_ENDED = ("Succeeded", "Failed")


class Helper(NamedTuple):
    """How the pod is to be: its image, how long it may take to start, and how long it lives at most (seconds)."""

    image: str = IMAGE
    start: float = 120.0
    lives: int = 3600


@contextmanager
def helper(cluster: Cluster, namespace: str, claim: str, how: Helper, *, writes: bool, tell: Callable[[str], None]) -> Iterator[str]:
    """Give the name of a running pod that mounts the claim; ``tell`` is told what it waits for."""
    node = _check(cluster, namespace, claim)
    _sweep(cluster, namespace)
    pod = manifest(f"arena-data-{os.urandom(4).hex()}", claim, how, node=node, writes=writes)
    name = pod["metadata"]["name"]
    try:
        cluster.create(PODS, namespace, pod)
        _started(cluster, namespace, name, how, tell)
        yield name
    finally:
        finish(lambda: _remove(cluster.within(CancelScope()), namespace, name))


def manifest(name: str, claim: str, how: Helper, *, node: str = "", writes: bool = True) -> Manifest:
    """Return the pod: it sleeps, asks for next to nothing, and ends by itself where nobody removes it."""
    container = {
        "name": CONTAINER,
        "image": how.image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", f"trap 'exit 0' TERM; sleep {how.lives} & wait"],
        "env": [{"name": "ARENA_DATA", "value": ROOT}],
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"cpu": "1", "memory": "256Mi"}},
        "securityContext": {"allowPrivilegeEscalation": False},
        "volumeMounts": [{"name": "data", "mountPath": ROOT, **({} if writes else {"readOnly": True})}],
    }
    spec = {
        "restartPolicy": "Never",
        "activeDeadlineSeconds": how.lives,
        "terminationGracePeriodSeconds": 1,
        "automountServiceAccountToken": False,
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "tolerations": [{"operator": "Exists"}],
        "containers": [container],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": claim, **({} if writes else {"readOnly": True})}}],
    }
    if node:
        fields = [{"key": "metadata.name", "operator": "In", "values": [node]}]
        chosen = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchFields": fields}]}}
        spec["affinity"] = {"nodeAffinity": chosen}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": dict(LABEL)}, "spec": spec}


def _check(cluster: Cluster, namespace: str, claim: str) -> str:
    """Return the node on which the claim must be mounted, if it may be on one alone; refuse what cannot be mounted at all."""
    found = cluster.find(CLAIMS, namespace, claim)
    if found is None:
        raise NotFound(f"there is no volume claim {claim} in namespace {namespace}", "`arena data list` shows them")
    if dig.text(found, "status", "phase") == "Lost":
        raise ArenaError(f"the volume of claim {claim} is gone (Lost)", "whoever runs the cluster has to look at it")
    modes = set(modes_of(found))
    if modes & {"ReadWriteMany", "ReadOnlyMany"}:
        return ""
    holders = [pod for pod in cluster.list(PODS, namespace).items if _holds(pod, claim)]
    if not holders:
        return ""
    name, node = dig.text(holders[0], "metadata", "name"), dig.text(holders[0], "spec", "nodeName")
    if "ReadWriteOncePod" in modes:
        raise ArenaError(f"claim {claim} is for one pod at a time (ReadWriteOncePod), and {name} has it", f"wait for {name} to end")
    return node


def _holds(pod: Manifest, claim: str) -> bool:
    if not dig.text(pod, "spec", "nodeName") or dig.text(pod, "status", "phase") in _ENDED:
        return False
    return any(dig.text(volume, "persistentVolumeClaim", "claimName") == claim for volume in dig.items(pod, "spec", "volumes"))


def _sweep(cluster: Cluster, namespace: str) -> None:
    """Remove what an earlier command left that was killed: such a pod has ended by itself."""
    try:
        for pod in cluster.list(PODS, namespace, label_selector="app=arena-data").items:
            if dig.text(pod, "status", "phase") in _ENDED:
                _remove(cluster, namespace, dig.text(pod, "metadata", "name"))
    except ArenaError:
        return  # nothing of this command's


def _started(cluster: Cluster, namespace: str, name: str, how: Helper, tell: Callable[[str], None]) -> None:
    deadline, pause = time.monotonic() + how.start, 0.1
    while True:
        pod = cluster.get(PODS, namespace, name)
        phase = dig.text(pod, "status", "phase")
        if phase == "Running":
            return
        why = _why(cluster, namespace, pod)
        if phase in _ENDED:
            raise ArenaError(f"the pod that was to mount the claim has ended: {why or phase}", "does its image (--image) have sh?")
        if time.monotonic() > deadline:
            text = f"the pod that mounts the claim did not start within {how.start:g} s: {why or f'{name} is {phase}'}"
            raise TimedOut(text, "--timeout gives it longer, --image names another image")
        tell(why)
        cluster.scope.sleep(pause)
        pause = min(1.0, pause * 1.5)


def _why(cluster: Cluster, namespace: str, pod: Manifest) -> str:
    """Return what keeps the pod from starting; of volumes only events tell."""
    name, uid = dig.text(pod, "metadata", "name"), dig.text(pod, "metadata", "uid")
    try:
        events = cluster.list(EVENTS, namespace, field_selector=f"involvedObject.name={name}").items
    except ArenaError:
        events = []
    trouble = [e for e in events if dig.text(e, "involvedObject", "uid") == uid and reason_of(e) in ("FailedMount", "FailedAttachVolume")]
    if trouble:
        return message_of(trouble[-1])
    found = cause_of(pod, instance(pod))
    return found.message if found else ""


def _remove(cluster: Cluster, namespace: str, name: str) -> None:
    try:
        cluster.delete(PODS, namespace, name)
    except NotFound:
        pass
