"""The webhooks that hold pods with a queue, and hand a Deployment's queue on to its pods."""

from __future__ import annotations

import re
from collections.abc import Iterable

from arena_core.k8s import owners
from arena_local.kueue import kinds, notes, podlabels
from arena_local.kueue.integration import Integrations
from arena_local.sdk.bundle import Admission, Api, Denied, Obj

#: Namespaces that Kueue leaves alone, as it is delivered.
_SPARED = ("kube-system", "kueue-system")
_DEFAULT_QUEUE = "default"
#: Kinds that hand their queue on to their pods.
_HAND_ON = ("Deployment", "StatefulSet", "LeaderWorkerSet")


def pod_webhooks(integrations: Integrations) -> tuple[Admission, ...]:
    """Return the webhooks of pods and Deployments."""

    def mutate(api: Api, pod: Obj, old: Obj | None, operation: str) -> None:
        namespace = pod["metadata"].get("namespace", "")
        if namespace in _SPARED or not api.served(kinds.LOCAL_QUEUES):
            return
        parent = podlabels.annotation(pod, podlabels.PARENT)
        if not parent and not kinds.queue_name(pod) and not _made_by_a_queued_kind(api, integrations, pod):
            _give_default_queue(api, pod)
        if not parent and (not kinds.queue_name(pod) or integrations.managed_ancestor(api, pod)):
            return
        meta = pod["metadata"]
        meta["labels"] = {**(meta.get("labels") or {}), podlabels.MANAGED: "true"}
        meta["annotations"] = {**(meta.get("annotations") or {}), podlabels.ROLE_HASH: podlabels.role_hash(pod)}
        if not parent and podlabels.MANAGED not in (meta.get("finalizers") or ()):
            meta["finalizers"] = [*(meta.get("finalizers") or ()), podlabels.MANAGED]
        podlabels.put_gates(pod)

    return (
        Admission("mpod.kb.io", "pods", ("CREATE",), mutate=mutate),
        Admission("vpod.kb.io", "pods", ("CREATE", "UPDATE"), validate=_check_pod),
        Admission("mdeployment.kb.io", "deployments.apps", ("CREATE", "UPDATE"), mutate=_deployment),
        Admission("vdeployment.kb.io", "deployments.apps", ("CREATE", "UPDATE"), validate=_check_deployment),
    )


def _give_default_queue(api: Api, obj: Obj) -> None:
    """Put what names no queue into the namespace's LocalQueue ``default``, where there is one."""
    meta = obj["metadata"]
    if api.find(kinds.LOCAL_QUEUES, meta.get("namespace", ""), _DEFAULT_QUEUE) is not None:
        meta["labels"] = {**(meta.get("labels") or {}), kinds.QUEUE_LABEL: _DEFAULT_QUEUE}


def _made_by_a_queued_kind(api: Api, integrations: Integrations, pod: Obj) -> bool:
    """Whether the pod's controller is of a kind that Kueue queues itself; a ReplicaSet is looked through, as it stands for its own."""
    owner = owners.controller_of(pod)
    if owner and owner.get("kind") == "ReplicaSet":
        found = api.find("replicasets.apps", pod["metadata"].get("namespace", ""), str(owner.get("name", "")))
        owner = owners.controller_of(found) if found else None
    return owner is not None and (owner.get("kind") in _HAND_ON or integrations.of_owner(owner) is not None)


def _check_pod(api: Api, pod: Obj, old: Obj | None, operation: str) -> Iterable[str] | None:
    if pod["metadata"].get("deletionTimestamp"):
        return None
    value = podlabels.label(pod, podlabels.MANAGED)
    if value not in ("", "true"):
        raise Denied(f"metadata.labels[{podlabels.MANAGED}]: Forbidden: managed label value can only be 'true'")
    _check_group(pod)
    if old is None:
        return notes.of_marks([pod]) if podlabels.managed(pod) and not podlabels.annotation(pod, podlabels.PARENT) else None
    fixed = [podlabels.GROUP_NAME, podlabels.MANAGED] if podlabels.managed(old) else []
    if podlabels.managed(old) and not podlabels.gated(old):
        fixed.append(kinds.QUEUE_LABEL)
    for key in fixed:
        if podlabels.label(pod, key) != podlabels.label(old, key):
            raise Denied(f'metadata.labels[{key}]: Invalid value: "{podlabels.label(pod, key)}": field is immutable')
    return None


def _check_group(pod: Obj) -> None:
    name, text = podlabels.label(pod, podlabels.GROUP_NAME), (pod["metadata"].get("annotations") or {}).get(podlabels.TOTAL)
    if not name and text is None:
        return
    path = f"metadata.annotations[{podlabels.TOTAL}]"
    both = f"both the '{podlabels.TOTAL}' annotation and the '{podlabels.GROUP_NAME}' label should be set"
    if not name:
        raise Denied(f"metadata.labels[{podlabels.GROUP_NAME}]: Required value: {both}")
    if text is None:
        raise Denied(f"{path}: Required value: {both}")
    wrong = f"incorrect annotation value '{podlabels.TOTAL}={text}'"
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise Denied(f'{path}: Invalid value: "{text}": {wrong}: strconv.Atoi: parsing "{text}": invalid syntax')
    if int(text) <= 0:
        raise Denied(f'{path}: Invalid value: "{text}": {wrong}: group total count should be greater than zero')


def _deployment(api: Api, deployment: Obj, old: Obj | None, operation: str) -> None:
    namespace = deployment["metadata"].get("namespace", "")
    if namespace in _SPARED or not api.served(kinds.LOCAL_QUEUES):
        return
    if old is None and not kinds.queue_name(deployment):
        _give_default_queue(api, deployment)
    queue = kinds.queue_name(deployment)
    if not queue:
        return
    meta = deployment["spec"]["template"].setdefault("metadata", {})
    rank = podlabels.label(deployment, kinds.PRIORITY_LABEL)
    more = {podlabels.MANAGED: "true", kinds.QUEUE_LABEL: queue, **({kinds.PRIORITY_LABEL: rank} if rank else {})}
    meta["labels"] = {**(meta.get("labels") or {}), **more}
    meta["annotations"] = {**(meta.get("annotations") or {}), podlabels.PARENT: "deployment"}


def _check_deployment(api: Api, deployment: Obj, old: Obj | None, operation: str) -> Iterable[str] | None:
    queue, before = kinds.queue_name(deployment), kinds.queue_name(old or {"metadata": {}})
    if old is None:
        return notes.of_marks([deployment, deployment["spec"]["template"]]) if queue else None
    runs = bool((old.get("status") or {}).get("readyReplicas"))
    if before and queue != before and (runs or not queue):
        raise Denied(f'metadata.labels[{kinds.QUEUE_LABEL}]: Invalid value: "{queue}": field is immutable')
    return None
