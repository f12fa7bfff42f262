"""Random states of a cluster, and what then really happens in one: all controllers of the local cluster on an API server in memory."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from arena_core.contract.foresight import Forecast, Outlook
from arena_core.k8s import owners, time
from arena_local.context import Context, Options
from arena_local.controllers.builtin import builtin_controllers
from arena_local.controllers.manager import Manager
from arena_local.foresee.verdict import judge
from arena_local.scheduler.scheduler import Scheduler
from arena_local.sdk.bundle import Obj
from arena_local.server.server import ApiServer
from arena_local.testing import api_server
from arena_pytorchjob.local import BUNDLE as PYTORCH
from arena_volcano.local import BUNDLE as VOLCANO

K = "kueue.x-k8s.io/v1beta2"
GPU = "nvidia.com/gpu"
SECONDS = "test/seconds"
HASTE = {"job.batch": 0.0, "job.backoff": 0.05, "kueue.retry": 0.1, "kueue.scheduling": 0.02, "kueue.status": 0.02}
#: What of an outlook is read, as `arena what-if` does.
READ = (
    "nodes", "pods", "namespaces", "priorityclasses.scheduling.k8s.io", "localqueues.kueue.x-k8s.io", "clusterqueues.kueue.x-k8s.io",
    "workloads.kueue.x-k8s.io", "cohorts.kueue.x-k8s.io", "resourceflavors.kueue.x-k8s.io", "workloadpriorityclasses.kueue.x-k8s.io",
    "queues.scheduling.volcano.sh", "podgroups.scheduling.volcano.sh",
)  # fmt: skip


class Node:
    """Runs pods: at once when they are bound, for as long as their annotation says."""

    name = "truth-node"
    resource = "pods"
    owns: tuple[str, ...] = ()
    watches: dict[str, Any] = {}

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self.begun: dict[str, datetime] = {}

    def reconcile(self, namespace: str, name: str) -> float | None:
        pod = self._api.find("pods", namespace, name)
        if pod is None:
            return None
        phase = (pod.get("status") or {}).get("phase")
        if pod["metadata"].get("deletionTimestamp"):
            if phase == "Running":
                self._write(pod, "Failed", 137)
            self._api.finalize_pod(namespace, name, pod["metadata"]["uid"])
            return None
        if phase in ("Succeeded", "Failed") or not pod["spec"].get("nodeName"):
            return None
        if phase != "Running":
            return self._write(pod, "Running", None)
        if not self.together(pod):
            return 1.0
        left = self.left(pod)
        return self._write(pod, "Succeeded", 0) if left <= 0 else left

    def left(self, pod: Obj) -> float:
        """Return how long a running pod still runs: its work begins when the last pod of its job is there, as that of a training does."""
        lasts = float(pod["metadata"]["annotations"][SECONDS])
        return lasts - (self._api.now() - self.begun[str(next(owners.references(pod))["uid"])]).total_seconds()

    def together(self, pod: Obj) -> bool:
        """Whether all pods of a pod's job run; the first time is kept."""
        owner = str(next(owners.references(pod))["uid"])
        others = [p for p in self._api.owned(owner, "pods") if (p.get("status") or {}).get("phase") not in ("Succeeded", "Failed")]
        there = all(p["spec"].get("nodeName") for p in others)
        if there:
            self.begun.setdefault(owner, self._api.now())
        elif not any((p.get("status") or {}).get("phase") == "Succeeded" for p in self._api.owned(owner, "pods")):
            self.begun.pop(owner, None)
        return there

    def _write(self, pod: Obj, phase: str, code: int | None) -> float:
        now, before = time.text(self._api.now()), pod.get("status") or {}
        ready = "True" if phase == "Running" else "False"
        kept = [c for c in before.get("conditions") or () if c["type"] == "DisruptionTarget"]
        conditions = [*kept, *({"type": t, "status": ready, "lastTransitionTime": now} for t in ("PodScheduled", "Ready"))]
        state: Obj = {"running": {"startedAt": now}}
        if code is not None:
            state = {"terminated": {"exitCode": code, "reason": "Error" if code else "Completed", "finishedAt": now, "startedAt": now}}
        rows = [
            {"name": c["name"], "image": c["image"], "imageID": "", "ready": code is None, "restartCount": 0, "state": state}
            for c in pod["spec"]["containers"]
        ]
        status = {
            **before,
            "phase": phase,
            "conditions": conditions,
            "containerStatuses": rows,
            "startTime": before.get("startTime") or now,
        }
        self._api.update_status({**pod, "status": status}, manager="kubelet")
        return 0.01


class Truth:
    """A whole cluster in memory, with a clock that is moved from end to end."""

    def __init__(self, volcano: bool) -> None:
        self.options = Options(delays=HASTE)
        bundles = (PYTORCH, *((VOLCANO,) if volcano else ()))
        self.api = api_server(bundles, self.options, queues=True)
        self.bundles = tuple(self.api.bundles)
        self.node = Node(self.api)
        controllers = [*builtin_controllers(self.api), *(make(self.api) for b in self.bundles for make in b.controllers), self.node]
        self.manager = Manager(self.api, controllers)
        self.scheduler = Scheduler(Context(Path(), self.api, self.options, "", self.bundles))
        self.clock = self.api.clock
        self.round = 5.0 if volcano else 1.0

    async def start(self) -> None:
        await self.manager.start()
        await self.scheduler.start()
        await self.clock.advance(1)

    async def stop(self) -> None:
        await self.manager.stop()
        await self.scheduler.stop()

    def make(self, obj: Obj) -> Obj:
        return self.api.create(obj, manager="test")

    def job_of(self, pod: Obj) -> str:
        owner = owners.controller_of(pod)
        return str(owner["name"]) if owner else ""

    def placed(self) -> dict[str, bool]:
        """Return of each job that has pods whether all have their nodes."""
        found: dict[str, bool] = {}
        for pod in self.api.list("pods"):
            if (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed"):
                name = self.job_of(pod)
                found[name] = found.get(name, True) and bool(pod["spec"].get("nodeName"))
        return found

    async def next_end(self) -> bool:
        """Go to the next end of a pod; False where none runs."""
        running = [p for p in self.api.list("pods") if (p.get("status") or {}).get("phase") == "Running" and self.node.together(p)]
        if not running:
            return False
        self.clock.leap(max(0.0, min(self.node.left(pod) for pod in running)))
        await self.clock.advance(self.round)
        return True

    def outlook(self, lasts: dict[str, float]) -> Outlook:
        """Return what `arena what-if` would read."""
        objects = {key: list(self.api.list(key)) for key in READ}
        return Outlook(
            "default",
            objects,
            lasts,
            {},
            ("arena-pytorchjob", "arena-volcano"),
            now=time.text(self.api.now()),
        )


@dataclass
class Case:
    """A state, and what was foretold and what came of the job ``mine``."""

    seed: int
    kind: str
    forecast: Forecast
    verdict: str = ""
    before: set[str] = field(default_factory=set)
    victims: set[str] = field(default_factory=set)
    seconds: float | None = None

    @property
    def right(self) -> bool:
        """Whether verdict, order and who gives way are as they were foretold, and the time within a tenth (or half a minute)."""
        told = self.forecast
        if told.verdict != self.verdict:
            return False
        if self.verdict == "preempts":
            return {n.partition("/")[2] for n in told.preempts} == self.victims
        if self.verdict != "waits":
            return True
        if told.seconds is None or self.seconds is None:
            return told.seconds == self.seconds
        if {n.partition("/")[2] for n in told.before} != self.before:
            return False
        return abs(told.seconds - self.seconds) <= max(30.0, self.seconds / 10)


def pod_template(gpus: int, lasts: float, **spec: Any) -> Obj:
    container = {"name": "pytorch", "image": "i", "resources": {"requests": {GPU: str(gpus), "cpu": "1"}, "limits": {GPU: str(gpus)}}}
    return {"metadata": {"annotations": {SECONDS: str(lasts)}}, "spec": {"restartPolicy": "Never", "containers": [container], **spec}}


def job(name: str, r: random.Random, kind: str, queues: Sequence[str], most: int) -> tuple[Obj, float]:
    """Return a job and how long it runs."""
    lasts = float(r.randrange(60, 7200))
    gpus, count = r.choice((1, 1, 2, 4)), r.choice((1, 1, 2, 2, 3, 4))
    if r.random() < 0.08:
        count = most + 1
    meta: Obj = {"name": name, "namespace": "default"}
    spec: Obj = {}
    if kind == "kueue":
        meta["labels"] = {"kueue.x-k8s.io/queue-name": r.choice(queues)}
        if r.random() < 0.4:
            meta["labels"]["kueue.x-k8s.io/priority-class"] = r.choice(("low", "high"))
    elif kind == "plain" and r.random() < 0.2:
        spec["priorityClassName"] = "urgent"
    template = pod_template(gpus, lasts, **spec)
    if kind == "volcano":
        task = {"name": "task", "replicas": count, "template": template}
        body = {"minAvailable": count, "schedulerName": "volcano", "queue": r.choice(("default", "other")), "tasks": [task]}
        return {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "metadata": meta, "spec": body}, lasts
    if r.random() < 0.5:
        spec = {"parallelism": count, "completions": count, "template": template}
        return {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": spec}, lasts
    replicas = {"Worker": {"replicas": count, "restartPolicy": "Never", "template": template}}
    policy = {"cleanPodPolicy": "None"}
    body = {"pytorchReplicaSpecs": replicas, "runPolicy": policy}
    return {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "metadata": meta, "spec": body}, lasts


def furnish(truth: Truth, r: random.Random, kind: str) -> tuple[list[str], int]:
    """Make nodes, classes and queues; returns the queues' names and the number of GPUs."""
    sizes = [r.choice((2, 4, 8)) for _ in range(r.randint(1, 4))]
    for number, size in enumerate(sizes):
        status = {"allocatable": {"cpu": "64", "memory": "256Gi", "pods": "110", GPU: str(size)}}
        node = truth.make({"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"node-{number}"}, "spec": {}})
        truth.api.update_status({**node, "status": status}, manager="kubelet")
    total = sum(sizes)
    truth.make({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "urgent"}, "value": 1000})
    if kind == "volcano":
        queue = {"weight": r.choice((1, 2)), "reclaimable": False}
        if r.random() < 0.5:
            queue["capability"] = {GPU: str(max(1, total // 2)), "cpu": "64"}
        truth.make({"apiVersion": "scheduling.volcano.sh/v1beta1", "kind": "Queue", "metadata": {"name": "other"}, "spec": queue})
    if kind != "kueue":
        return [], total
    for name, value in (("low", -5), ("high", 50)):
        truth.make({"apiVersion": K, "kind": "WorkloadPriorityClass", "metadata": {"name": name}, "value": value})
    truth.make({"apiVersion": K, "kind": "ResourceFlavor", "metadata": {"name": "f"}, "spec": {}})
    names = [f"q{number}" for number in range(r.randint(1, 3))]
    cohort, left = r.random() < 0.5, total
    for number, name in enumerate(names):
        share = left if number == len(names) - 1 else r.randint(0, left)
        left -= share
        truth.make(_cluster_queue(name, share, cohort, r))
        local = {"apiVersion": K, "kind": "LocalQueue", "metadata": {"name": name, "namespace": "default"}, "spec": {"clusterQueue": name}}
        truth.make(local)
    return names, total


def _cluster_queue(name: str, share: int, cohort: bool, r: random.Random) -> Obj:
    quota: Obj = {"name": GPU, "nominalQuota": str(share)}
    if cohort and r.random() < 0.3:
        quota["borrowingLimit"] = str(r.randint(0, 4))
    flavor = {"name": "f", "resources": [quota, {"name": "cpu", "nominalQuota": "500"}]}
    spec: Obj = {
        "namespaceSelector": {},
        "queueingStrategy": r.choice(("BestEffortFIFO", "BestEffortFIFO", "StrictFIFO")),
        "resourceGroups": [{"coveredResources": [GPU, "cpu"], "flavors": [flavor]}],
    }
    if r.random() < 0.5:
        spec["preemption"] = {"withinClusterQueue": "LowerPriority"}
        if cohort:
            spec["preemption"]["reclaimWithinCohort"] = r.choice(("Never", "Any", "LowerPriority"))
    if cohort:
        spec["cohortName"] = "all"
    return {"apiVersion": K, "kind": "ClusterQueue", "metadata": {"name": name}, "spec": spec}


async def compare(seed: int) -> Case:
    """Make the state of a seed, foretell what becomes of one more job, and let it happen."""
    r = random.Random(seed)
    kind = r.choice(("kueue", "kueue", "kueue", "plain", "volcano"))
    truth = Truth(kind == "volcano")
    await truth.start()
    try:
        queues, total = furnish(truth, r, kind)
        lasts: dict[str, float] = {}
        for number in range(r.randint(0, 9)):
            manifest, seconds = job(f"job-{number}", r, kind, queues, total)
            lasts[truth.make(manifest)["metadata"]["uid"]] = seconds
            await truth.clock.advance(truth.round + r.randint(1, 20))
        mine, _ = job("mine", r, kind, queues, total)
        told = await judge(truth.outlook(lasts), [mine], ())
        case = Case(seed, kind, told)
        await _happen(truth, mine, case)
        if case.verdict == "waits" and case.seconds is None and not await _alone(seed, kind, mine):
            case.verdict = "never"
        return case
    finally:
        await truth.stop()


async def _alone(seed: int, kind: str, mine: Obj) -> bool:
    """Whether the job starts where there is no other."""
    r = random.Random(seed)
    r.choice((0,) * 5)
    truth = Truth(kind == "volcano")
    await truth.start()
    try:
        furnish(truth, r, kind)
        truth.make(mine)
        await truth.clock.advance(2 * truth.round)
        return bool(truth.placed().get("mine"))
    finally:
        await truth.stop()


async def _happen(truth: Truth, mine: Obj, case: Case) -> None:
    """Submit the job, and see what comes of it."""
    at_first = {name for name, placed in truth.placed().items() if placed}
    begun: datetime = truth.api.now()
    truth.make(mine)
    await truth.clock.advance(2 * truth.round)
    placed = truth.placed()
    if placed.get("mine"):
        case.victims = {name for name in at_first if not placed.get(name)}
        case.verdict, case.seconds = "preempts" if case.victims else "now", 0.0
        return
    started = {name for name in placed if placed[name]} - at_first
    while await truth.next_end():
        placed = truth.placed()
        if placed.get("mine"):
            since = (truth.api.now() - begun).total_seconds() - truth.round
            case.verdict, case.seconds, case.before = "waits", max(0.0, since), started
            # What starts in the very moment counts as before where it did so in the forecast, and not else.
            together = {name for name in placed if placed[name]} - at_first - started - {"mine"}
            case.before |= together & {name.partition("/")[2] for name in case.forecast.before}
            return
        started |= {name for name in placed if placed[name]} - at_first
    case.verdict = "waits"


__all__ = ["Case", "Truth", "compare", "timedelta"]
