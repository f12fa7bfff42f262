"""What both types of jobs of this distribution are: a plain Job of one pod, told apart by its label ``app``, or its container."""

from __future__ import annotations

from arena_core.contract.types import JobType, Manifest, Wrapping
from arena_core.families import kueue, plainjob
from arena_core.k8s import dig


def _container(job: Manifest) -> str:
    """Return the name of the one container: a wrapper puts a label ``app`` of its own over that of the job inside."""
    return next((dig.text(one, "name") for one in dig.items(job, "spec", "template", "spec", "containers")), "")


def of_one_pod(name: str, args: str, display: str, summary: str) -> JobType:
    """Return what such a type says of itself; ``args`` is where its class of arguments stands."""
    return JobType(
        name=name,
        resource=plainjob.RESOURCE,
        args=args,
        summary=summary,
        display=display,
        selectors=plainjob.selectors,
        matches=lambda job: name in (dig.labels(job).get("app"), _container(job)),
        container=name,
        wrapping=Wrapping(failure_seen=True),
        scale_check=lambda job: "it is a job of one pod",
        suspend_path="spec.suspend",
        suspend_check=kueue.decides,
        provider="every Kubernetes has it",
    )
