"""What both types of jobs of this distribution are: a plain Job of one pod, told apart by its label ``app``."""

from __future__ import annotations

from arena_core.contract.types import JobType, Wrapping
from arena_core.families import kueue, plainjob
from arena_core.k8s import dig


def of_one_pod(name: str, args: str, display: str, summary: str) -> JobType:
    """Return what such a type says of itself; ``args`` is where its class of arguments stands."""
    return JobType(
        name=name,
        resource=plainjob.RESOURCE,
        args=args,
        summary=summary,
        display=display,
        selectors=plainjob.selectors,
        matches=lambda job: dig.labels(job).get("app") == name,
        container=name,
        wrapping=Wrapping(failure_seen=True),
        scale_check=lambda job: "it is a job of one pod",
        suspend_path="spec.suspend",
        suspend_check=kueue.decides,
        provider="every Kubernetes has it",
    )
