"""Pods of a training job: made, made again, counted, and their troubles repeated as events of the job."""

from __future__ import annotations

from arena_core.k8s.copies import clone
from arena_local.sdk.bundle import Obj
from arena_local.training import gang, made
from arena_local.training.kind import INDEX_LABEL, ROLE_LABEL, Replica, Run
from arena_local.training.status import count_pod, reset_counters, set_condition


def reconcile_pods(run: Run, replica: Replica) -> None:
    """Bring the pods of one replica type in line: one for each index, none beyond, failed ones deleted where they may start again."""
    counters = reset_counters(run, replica.type)
    slots = by_index(run, run.pods_of(replica.type), replica.count)
    for index, pods in enumerate(slots):
        if not pods:
            create_pod(run, replica, index)
        elif len(pods) == 1:
            pod = pods[0]
            if index >= replica.count:
                made.delete(run, "Pod", pod["metadata"]["name"])
            _judge(run, replica, pod, _exit_code(run, pod))
            count_pod(counters, pod)


def by_index(run: Run, objects: list[Obj], count: int) -> list[list[Obj]]:
    """Sort objects by the index in their label.

    The list is as long as the highest index asks for: a gap is filled again. It is never empty in the operator, which makes and deletes
    a pod of a role of no replicas for ever; here that is done once, when the job is new.
    """
    least = 0 if run.status.get("startTime") else 1
    slots: list[list[Obj]] = [[] for _ in range(max(least, count))]
    for obj in objects:
        text = obj["metadata"].get("labels", {}).get(INDEX_LABEL, "")
        if not text.isdigit():
            continue
        index = int(text)
        while index >= len(slots):
            slots.append([])
        slots[index].append(obj)
    return slots


def _exit_code(run: Run, pod: Obj) -> int | None:
    code = None
    for status in pod.get("status", {}).get("containerStatuses") or []:
        ended = status.get("state", {}).get("terminated")
        if status.get("name") == run.kind.container and ended:
            code = int(ended.get("exitCode", 0))
            meta = pod["metadata"]
            run.event("Normal", "ExitedWithCode", f"Pod: {meta['namespace']}.{meta['name']} exited with code {code}")
    return code


def _judge(run: Run, replica: Replica, pod: Obj, code: int | None) -> None:
    """Restart or fail what has failed, by the restart policy. Exit codes from 128 on are worth another try, lower ones are not."""
    if pod.get("status", {}).get("phase") != "Failed":
        return
    retryable = code is None or code >= 128
    if replica.restart in ("OnFailure", "Always") or (replica.restart == "ExitCode" and retryable):
        made.delete(run, "Pod", pod["metadata"]["name"])
        message = f"job {run.name} is restarting because {replica.type} replica(s) failed."
        run.event("Warning", run.reason("Restarting"), message)
        set_condition(run, "Restarting", "Restarting", message)
    elif replica.restart == "ExitCode":
        message = f'job "{run.name}" is failing because "{replica.type}" replica(s) failed.'
        run.event("Warning", run.reason("Failed"), message)
        set_condition(run, "Failed", "Failed", message)


def create_pod(run: Run, replica: Replica, index: int) -> None:
    """Make one pod from the template; a refusal is told in an event and raised, to be tried again."""
    template = clone(replica.template)
    meta = template.get("metadata") or {}
    labels = {**(meta.get("labels") or {}), **run.labels(replica.type, index)}
    if run.kind.is_master(run, replica, index):
        labels[ROLE_LABEL] = "master"
    spec = template.get("spec") or {}
    run.kind.cluster_spec(run, replica, index, spec)
    if spec.get("restartPolicy"):
        text = "Restart policy in pod template will be overwritten by restart policy in replica spec"
        run.event("Warning", "SetPodTemplateRestartPolicy", text)
    spec["restartPolicy"] = "Never" if replica.restart == "ExitCode" else replica.restart
    name = f"{run.name}-{replica.lower}-{index}"
    pod: Obj = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": run.namespace, "labels": labels, "ownerReferences": [run.owner()]},
        "spec": spec,
    }
    if meta.get("annotations"):
        pod["metadata"]["annotations"] = dict(meta["annotations"])
    if meta.get("finalizers"):
        pod["metadata"]["finalizers"] = list(meta["finalizers"])
    gang.decorate(run, replica, pod)
    made.create(run, pod)
    run.made += 1


def record_troubles(run: Run) -> None:
    """Repeat what keeps an active pod from running as a warning on the job, with the container's own reason."""
    for pod in run.pods:
        status = pod.get("status", {})
        if status.get("phase") in ("Succeeded", "Failed") or pod["metadata"].get("deletionTimestamp"):
            continue
        containers = status.get("containerStatuses") or status.get("initContainerStatuses") or []
        if containers:
            for container in containers:
                _container_trouble(run, pod["metadata"]["name"], container)
            continue
        conditions = sorted(status.get("conditions") or [], key=lambda c: str(c.get("lastTransitionTime")), reverse=True)
        if conditions and conditions[0].get("status") != "True":
            text = f"Error pod {pod['metadata']['name']} condition message: {conditions[0].get('message', '')}"
            run.event("Warning", str(conditions[0].get("reason", "")), text)


def _container_trouble(run: Run, pod: str, container: Obj) -> None:
    state = container.get("state") or {}
    ended, waiting = state.get("terminated") or {}, state.get("waiting") or {}
    where = f"Error pod {pod} container {container.get('name')}"
    if ended.get("exitCode"):
        text = f"{where} exitCode: {ended['exitCode']} terminated message: {ended.get('message', '')}"
        run.event("Warning", str(ended.get("reason", "")), text)
    if waiting.get("message"):
        run.event("Warning", str(waiting.get("reason", "")), f"{where} waiting message: {waiting['message']}")
