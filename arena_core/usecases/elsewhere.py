"""A job that somebody else than its operator sees to (``managedBy``): Kueue, which may run it in another cluster. Pure."""

from __future__ import annotations

from arena_core.contract.types import Manifest
from arena_core.k8s import dig

#: What operators write there for themselves.
_OWN = frozenset(
    [
        "kubernetes.io/job-controller",
        "kubeflow.org/training-operator",
        "kubeflow.org/mpi-operator",
        "jobset.sigs.k8s.io/jobset-controller",
        "trainer.kubeflow.org/trainjob-controller",
        "ray.io/kuberay-operator",
        "workload.codeflare.dev/appwrapper",
    ]
)
_MULTIKUEUE = "kueue.x-k8s.io/multikueue"
REASON = "ManagedBy"


def told(job: Manifest) -> str:
    """Say who sees to a job in its operator's place, or nothing."""
    by = dig.text(job, "spec", "managedBy") or dig.text(job, "spec", "runPolicy", "managedBy")
    if not by or by in _OWN:
        return ""
    if by == _MULTIKUEUE:
        return "Kueue runs it in another cluster (MultiKueue): its instances and their logs are there"
    return f"it is left to {by} (managedBy): its operator makes no instances here"
