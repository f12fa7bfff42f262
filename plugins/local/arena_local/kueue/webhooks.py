"""Kueue's webhooks: queue and suspend of new jobs, what may change while a job runs, finalizers and checks of the queues."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping

from arena_core.k8s import names, quantity
from arena_local.kueue import amounts, kinds, notes
from arena_local.kueue.integration import Integrations
from arena_local.sdk.bundle import Admission, Api, Denied, Obj, QuotaJob

_DEFAULT_QUEUE = "default"
_AMOUNTS = ("nominalQuota", "borrowingLimit", "lendingLimit")


def job_webhooks(integrations: Integrations, integration: QuotaJob) -> tuple[Admission, ...]:
    """Return the two webhooks of one kind of job."""
    lower = integration.kind.lower()
    hooks = [given or f"{letter}{lower}.kb.io" for given, letter in zip(integration.webhooks, "mv", strict=True)]

    def mutate(api: Api, job: Obj, old: Obj | None, operation: str) -> None:
        if not api.served(kinds.LOCAL_QUEUES) or integrations.managed_ancestor(api, job):
            return
        namespace = job["metadata"].get("namespace", "")
        if not kinds.queue_name(job) and api.find(kinds.LOCAL_QUEUES, namespace, _DEFAULT_QUEUE) is not None:
            job["metadata"]["labels"] = {**(job["metadata"].get("labels") or {}), kinds.QUEUE_LABEL: _DEFAULT_QUEUE}
        if not kinds.queue_name(job):
            return
        if not integration.is_suspended(job):
            integration.set_suspend(job, True)
        if integration.integration.startswith("kubeflow.org/"):
            _round_trip(integration, job)

    def validate(api: Api, job: Obj, old: Obj | None, operation: str) -> Iterable[str] | None:
        if job["metadata"].get("deletionTimestamp"):
            return None
        labels = job["metadata"].get("labels") or {}
        _queue_name(labels)
        if old is None:
            _time_limit(labels)
            return (
                notes.of_marks([job, *(dict(item.template) for item in integration.pod_sets(job))])
                if labels.get(kinds.QUEUE_LABEL)
                else None
            )
        before, runs = old["metadata"].get("labels") or {}, not integration.is_suspended(job)
        if runs and labels.get(kinds.PRIORITY_LABEL) and not before.get(kinds.PRIORITY_LABEL):
            value, text = labels[kinds.PRIORITY_LABEL], "WorkloadPriorityClass cannot be added to a non-suspended workload"
            raise Denied(f'metadata.labels[{kinds.PRIORITY_LABEL}]: Invalid value: "{value}": {text}')
        fixed = {kinds.QUEUE_LABEL: runs, kinds.MAX_EXEC_LABEL: runs or not integration.is_suspended(old)}
        for key in (key for key, still in fixed.items() if still):
            if labels.get(key, "") != before.get(key, ""):
                raise Denied(f'metadata.labels[{key}]: Invalid value: "{labels.get(key, "")}": field is immutable')
        return None

    return (
        Admission(hooks[0], integration.resource, ("CREATE",), mutate=mutate),
        Admission(hooks[1], integration.resource, ("CREATE", "UPDATE"), validate=validate),
    )


def _queue_name(labels: Mapping[str, str]) -> None:
    """Refuse a queue that cannot be: its name is no name of an object."""
    queue = labels.get(kinds.QUEUE_LABEL, "")
    for text in names.subdomain(queue) if queue else ():
        raise Denied(f'metadata.labels[{kinds.QUEUE_LABEL}]: Invalid value: "{queue}": {text}')


def _time_limit(labels: Mapping[str, str]) -> None:
    """Refuse a time limit that is no positive number."""
    text = labels.get(kinds.MAX_EXEC_LABEL)
    if text is None:
        return
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        why = f'"{text}": strconv.Atoi: parsing "{text}": invalid syntax'
    elif int(text) <= 0:
        why = f"{int(text)}: should be greater than 0"
    else:
        return
    raise Denied(f"metadata.labels[{kinds.MAX_EXEC_LABEL}]: Invalid value: {why}")


def _round_trip(integration: QuotaJob, job: Obj) -> None:
    """Leave the traces of a typed client: templates have metadata, containers have resources."""
    for pod_set in integration.pod_sets(job):
        node = job
        for step in pod_set.path[:-1]:
            node = node[step]  # type: ignore[index]
        node = node.setdefault(str(pod_set.path[-1]), {})
        node.setdefault("metadata", {})
        spec = node.get("spec") or {}
        for container in [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]:
            container.setdefault("resources", {})
        amounts.tidy(spec)


def _finalizer(api: Api, obj: Obj, old: Obj | None, operation: str) -> None:
    finalizers = obj["metadata"].get("finalizers") or []
    if kinds.FINALIZER not in finalizers:
        obj["metadata"]["finalizers"] = [*finalizers, kinds.FINALIZER]


def _quantities(api: Api, queue: Obj, old: Obj | None, operation: str) -> None:
    """Leave the traces of a typed client: amounts in their canonical form."""
    _finalizer(api, queue, old, operation)
    for group in queue["spec"].get("resourceGroups") or ():
        for flavor in group.get("flavors") or ():
            for resource in flavor.get("resources") or ():
                for field in _AMOUNTS:
                    if resource.get(field) is not None:
                        with contextlib.suppress(ValueError):  # what is no quantity is for the API server to refuse
                            resource[field] = quantity.canonical(resource[field])


def _cluster_queue(api: Api, queue: Obj, old: Obj | None, operation: str) -> Iterable[str] | None:
    for g, group in enumerate(queue["spec"].get("resourceGroups") or ()):
        for f, flavor in enumerate(group.get("flavors") or ()):
            for r, resource in enumerate(flavor.get("resources") or ()):
                path = f"spec.resourceGroups[{g}].flavors[{f}].resources[{r}]"
                for field in _AMOUNTS:
                    if resource.get(field) is not None and quantity.parse(resource[field]) < 0:
                        value = str(resource[field])
                        raise Denied(f'{path}.{field}: Invalid value: "{value}": must be greater than or equal to 0')
    return None


def queue_webhooks() -> tuple[Admission, ...]:
    """Return the webhooks of ClusterQueue and ResourceFlavor."""
    return (
        Admission("mclusterqueue.kb.io", kinds.CLUSTER_QUEUES, ("CREATE",), mutate=_quantities),
        Admission("vclusterqueue.kb.io", kinds.CLUSTER_QUEUES, ("CREATE", "UPDATE"), validate=_cluster_queue),
        *notes.webhooks(),
        Admission("mresourceflavor.kb.io", kinds.FLAVORS, ("CREATE",), mutate=_finalizer),
    )
