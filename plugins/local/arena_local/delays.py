"""The waits of the local cluster that ``arena local up --delay NAME=SECONDS`` changes, with what they are by default."""

from __future__ import annotations

from arena_core.installed import offers

#: Name → default and what waits; the table in ``docs/local-cluster.md`` shows the same.
DELAYS: dict[str, tuple[float, str]] = {
    "kubelet.backoff": (10, "before a failed container starts again, doubling"),
    "kubelet.backoff-max": (300, "the longest of these waits"),
    "kubelet.sync": (10.5, "how often a container in back-off is looked at"),
    "kubelet.replace": (2, "between a container that its probe has killed and the next"),
    "kubelet.settle": (0.15, "between the last container's end and the pod's final phase"),
    "kubelet.deaf": (0.3, "how long a process that TERM cannot reach is given before KILL; 30: its whole grace period, as on a node"),
    "logs.kept": (604800, "how long logs of finished jobs stay after the job was deleted"),
    "job.backoff": (10, "before a Job replaces a failed pod, doubling"),
    "job.batch": (0.12, "how long a Job's controller gathers changes"),
    "resourcequota.status": (0.1, "before a ResourceQuota's usage is written"),
    "kueue.retry": (5, "before a job whose queue is missing is looked at again"),
    "kueue.child": (3, "how long a job whose wrapper has ended is left to its own operator before it is suspended"),
    "kueue.scheduling": (0.05, "how long queues gather changes"),
    "kueue.status": (1, "how long queues gather changes of Workloads before they count"),
    "volcano.session": (1, "time between two of Volcano's scheduling sessions"),
    "appwrapper.poll": (60, "how often a running AppWrapper looks at its pods"),
    "appwrapper.start": (2.7, "the same while they start"),
    "appwrapper.create": (1, "before creating components is tried again"),
    "appwrapper.deletion": (5, "before deleting components is tried again"),
    "training.gang": (0, "1: the Training Operator makes PodGroups, as with its gang scheduling switched on"),
}


def components() -> set[str]:
    """Return the names of the installed job types: the waits of their own operators begin with them."""
    return {offer.name for offer in offers("arena.local_controllers")}
