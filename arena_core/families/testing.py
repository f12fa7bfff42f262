"""For the tests of plugins: values of the flags that types share, and what every type of the Kubeflow Training Operator must show.

That is a test class to subclass beside ``JobTypeConformance``::

    class TestMPIJobStatus(TrainingJobStatus):
        plugin = plugin
        kind = "MPIJob"
        field = "mpiReplicaSpecs"
        container = "mpi"
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import ModuleType
from typing import Any, ClassVar

from arena_core.contract.types import Find, JobView, Manifest, Phase
from arena_core.families import gangs, kubeflow, kueue

#: Group → values to try, as raw arguments: what every model made of the common groups takes.
COMMON: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "mounts": [
        {},
        {"data": ["claim:/data", "other.claim:/more"], "data_dirs": ["/a:/b"], "share_memory": "1Gi"},
        {"config_files": [{"path": "/etc/app/x.conf", "content": "a: {{ b }}\n"}, {"path": "/etc/app/y.conf", "content": "y"}]},
    ],
    "place": [
        {},
        {
            "selectors": {"a": "b"},
            "tolerations": ["all"],
            "priority": "high",
            "scheduler": "volcano",
            "host_network": True,
            "host_pid": True,
        },
    ],
    "sync": [{}, {"sync_mode": "git", "sync_source": "https://h/p.git"}, {"sync_mode": "rsync", "sync_source": "h::m"}],
    "policy": [{}, {"clean_task_policy": "All", "running_timeout": "1h", "ttl_after_finished": "30m", "retry": 3}],
    "others": [
        {},
        {"tensorboard": True, "logdir": "/logs", "kueue_queue": "q", "kueue_priority_class": "p", "queue": True},
        {"labels": {"a": "b"}, "annotations": {"n": "x: y"}, "image_pull_secrets": ["s"], "model_name": "m", "model_source": "s3://m"},
    ],
}

#: Arguments that stand together in ``JobTypeConformance.full`` of a type that has all of the common groups, but for a queue's.
USUAL: Mapping[str, Any] = {
    "gpus": 2,
    "cpu": "2",
    "memory": "4Gi",
    "env": ["A=b"],
    "data": ["claim:/data"],
    "gang": True,
    "tensorboard": True,
}

#: Keys that the status of these kinds looks at: for ``JobTypeConformance.keys``.
KEYS = ("runPolicy", "suspend", "replicas", "template", "Worker", "containers", "resources", "limits", "nvidia.com/gpu", "startTime")


def common(fields: Collection[str]) -> dict[str, list[Mapping[str, Any]]]:
    """Return ``COMMON`` without what a model has no field for.

    >>> common(["data", "sync_mode"])["sync"]
    [{}, {'sync_mode': 'git'}, {'sync_mode': 'rsync'}]
    """
    return {group: [{key: value for key, value in given.items() if key in fields} for given in values] for group, values in COMMON.items()}


class TrainingJobStatus:
    """Subclass it with ``plugin`` (the module of the hooks), ``kind``, ``field`` (of the replica specs) and ``container``."""

    plugin: ClassVar[ModuleType]
    kind: ClassVar[str]
    field: ClassVar[str]
    container: ClassVar[str]
    #: A role that the kind has.
    role: ClassVar[str] = "Worker"

    def job(self, *conditions: Manifest, labels: dict[str, str] | None = None, status: Manifest | None = None, **spec: Any) -> Manifest:
        """Return a job of the kind with these conditions."""
        meta = {"name": "j", "namespace": "n", "uid": "u", "labels": labels or {}}
        told = {"conditions": list(conditions), **(status or {})}
        return {"apiVersion": "kubeflow.org/v1", "kind": self.kind, "metadata": meta, "spec": spec, "status": told}

    def condition(self, kind: str, message: str = "m", status: str = "True") -> Manifest:
        """Return a condition as the operator writes it."""
        return {
            "type": kind,
            "status": status,
            "reason": self.kind + kind,
            "message": message,
            "lastTransitionTime": "2026-01-01T00:01:00Z",
        }

    def pod(self, name: str, role: str, index: int, phase: str = "Running", **labels: str) -> Manifest:
        """Return a pod of the job with the operator's labels."""
        own = {kubeflow.REPLICA_TYPE: role, kubeflow.REPLICA_INDEX: str(index), **labels}
        spec = {"containers": [{"name": self.container}]}
        return {"metadata": {"name": name, "labels": own}, "spec": spec, "status": {"phase": phase}}

    def check(self, status: Manifest | None) -> None:
        """Assert that a status as the operator wrote it is told in a phase of ours, and that nothing of it that is over is told."""
        found = self.plugin.arena_job_status(
            JobView({"kind": self.kind, "metadata": {"name": "j"}, "spec": {}, "status": status}, (), ()), None
        )
        conditions = (status or {}).get("conditions", [])
        now = [c for c in conditions if c["status"] == "True"]
        assert found.phase is not Phase.UNKNOWN
        if found.phase.finished:
            assert found.phase.value.capitalize() in {c["type"] for c in now} and found.end
        over = {c["message"] for c in conditions} - {c["message"] for c in now}
        assert not found.message or found.message not in over

    def test_queue_of_kueue_shows_as_queuing_with_its_reason(self) -> None:
        """A suspended job with a queue is QUEUING, and its Workload says why; without a queue it is SUSPENDED."""
        suspended = self.condition("Suspended")
        job = self.job(self.condition("Created"), suspended, labels={kueue.QUEUE: "q"})
        waits = {"type": "QuotaReserved", "status": "False", "reason": "Pending", "message": "insufficient quota for cpu"}
        workload = {
            "apiVersion": "kueue.x-k8s.io/v1beta2",
            "kind": "Workload",
            "metadata": {"name": "w"},
            "status": {"conditions": [waits]},
        }
        found = self.plugin.arena_job_status(JobView(job, (), (workload,)), None)
        assert (found.phase, found.message) == (Phase.QUEUING, "insufficient quota for cpu")
        assert "insufficient quota" in " ".join(c.message for c in self.plugin.arena_explain(JobView(job, (), (workload,)), None))
        assert self.plugin.arena_job_status(JobView(self.job(suspended), (), ()), None).phase is Phase.SUSPENDED

    def test_failed_without_a_completion_time_ends_with_its_condition(self) -> None:
        """The operator writes no completion time into a failed job."""
        job = self.job(self.condition("Failed"), status={"startTime": "2026-01-01T00:00:00Z"})
        found = self.plugin.arena_job_status(JobView(job, (), ()), None)
        assert (found.start, found.end) == ("2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z")

    def test_pending_pod_makes_a_running_job_pending_and_says_why(self) -> None:
        """As in Arena a job runs when all of its pods do."""
        waiting = self.pod("j-worker-0", "worker", 0, "Pending")
        waiting["status"]["conditions"] = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}]
        found = self.plugin.arena_job_status(JobView(self.job(self.condition("Running")), (waiting,), ()), None)
        assert (found.phase, found.reason) == (Phase.PENDING, "Unschedulable") and "0/1 nodes" in found.message

    def test_gang_that_waits_is_explained(self) -> None:
        """The PodGroup that the pods name is found, and what it says is passed on."""
        template = {"metadata": {"annotations": {gangs.VOLCANO_NAME: "gang-j"}}}
        job = self.job()
        job["spec"][self.field] = {self.role: {"template": template}}
        assert Find(gangs.VOLCANO, "gang-j") in self.plugin.arena_related(JobView(job, (), ()), None)
        full = self.condition("Unschedulable", "3/4 tasks")
        group = {"kind": "PodGroup", "metadata": {"name": "gang-j"}, "status": {"conditions": [full]}}
        assert "3/4 tasks" in " ".join(c.message for c in self.plugin.arena_explain(JobView(job, (), (group,)), None))
