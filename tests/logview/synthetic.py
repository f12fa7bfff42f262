"""A page over a job that is made up: instances, events and lines as a test wants them, with no cluster behind."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from arena_core.cli.logview.page import Page
from arena_core.contract.errors import NotFound
from arena_core.contract.types import Cause, Instance, JobStatus, JobView, Phase, Rank
from arena_core.usecases.views import Job

#: When the job was made; seconds since 1970.
BEGAN = 1_800_000_000


def iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def instance(n: int, **more: Any) -> Instance:
    role, index = ("master", 0) if n == 0 else ("worker", n - 1)
    known: dict[str, Any] = {
        "status": "Running", "phase": "Running", "role": role, "index": index, "chief": n == 0, "node": f"node-{n % 4}",
        "created": iso(BEGAN), "started": iso(BEGAN + 30),
    }  # fmt: skip
    return Instance(f"mnist-{role}-{index}", **(known | more))


def job(instances: list[Instance], phase: Phase = Phase.SUCCEEDED, name: str = "mnist") -> Job:
    meta = {"name": name, "namespace": "team-a", "uid": name, "creationTimestamp": iso(BEGAN)}
    status = JobStatus(phase, str(phase.value), "Reason", "as the operator says", iso(BEGAN + 30), "", tuple(instances), len(instances))
    return Job("pytorchjob", JobView({"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "metadata": meta, "spec": {}}, (), (), status))


class Client:
    """As much of a client as the page asks; what it does not have is not found."""

    def __init__(self) -> None:
        self.causes = [
            Cause("worker-1 ended with 137", "give it more --memory", "pod/mnist-worker-1", Rank.FAILED, "OOMKilled", ("Killed",))
        ]

    def get(self, job: Job) -> Job:
        return job

    def explain(self, job: Job) -> list[Cause]:
        return self.causes

    def events(self, job: Job) -> list[dict[str, Any]]:
        about = {"kind": "Pod", "name": "mnist-worker-1"}
        return [
            {"reason": "OOMKilling", "type": "Warning", "message": "out of memory", "involvedObject": about, "lastTimestamp": iso(BEGAN)}
        ]

    def logs(self, job: Job, **options: Any) -> Iterator[Any]:
        return iter(())

    def __getattr__(self, name: str) -> Any:
        def missing(*arguments: Any, **options: Any) -> Any:
            raise NotFound(f"there is no {name} of this job")

        return missing


def page(ranks: int = 4, lines: int = 300, **more: Any) -> Page:
    """Return a page of one job: each rank prints a line every second; worker-1 fails, worker-2 is silent for a while."""
    instances = [instance(n) for n in range(ranks)]
    if ranks > 2:
        instances[2] = instance(2, status="Error", phase="Failed", exit_code=137, finished=iso(BEGAN + 30 + lines))
    made = Page(Client(), [job(instances, **more)])  # type: ignore[arg-type]
    for one in instances:
        made.store.add_source(0, one.short_name, one.name)
    for n in range(ranks):
        made.store.append(
            made.store.sources[n], [(int((BEGAN + 30 + at) * 1e9) + n, text(n, at).encode() + b"\n") for at in range(lines) if at or n]
        )
    return made


def text(rank: int, at: int) -> str:
    if rank == 2 and at == 120:
        return "\x1b[31mRuntimeError: CUDA error: out of memory\x1b[0m"
    if at % 50 == 7:
        return f'{{"level": "warning", "msg": "slow batch", "rank": {rank}, "seconds": 1.5}}'
    return f"epoch {at // 100 + 1}/3 step {at + 1}/300 \x1b[36mloss\x1b[0m: {2.5 / (1 + at / 50):.4f} on rank {rank}"
