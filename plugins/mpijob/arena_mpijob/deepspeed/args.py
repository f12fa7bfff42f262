"""What a person may say when submitting a job of DeepSpeed on an MPIJob: the flags of Arena's deepspeedjob, and those of an MPIJob."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Literal

from arena_core.args import AnnotationMap, LabelMap, ObjectName, flag
from arena_core.contract.types import Problem
from arena_mpijob.args import MPI, MPIJobArgs

ENV = {"NCCL_ASYNC_ERROR_HANDLING": "1"}
#: A flag under each of the headings of help.
_mpi = partial(flag, group=MPI, often=False)


class DeepSpeedMPIArgs(MPIJobArgs):
    """Flags of ``arena submit deepspeed-mpijob``."""

    job_restart_policy: Literal["", "Never", "OnFailure"] = _mpi(
        "", help="Whether the launcher is started again after a failure (empty: Never, unless --retry is given)."
    )
    job_backoff_limit: int = _mpi(6, help="How often it is started again with OnFailure.", ge=0)
    launcher_selectors: LabelMap = _mpi(
        {}, help="Label that the launcher's node must have, in place of --selector; repeatable.", name="launcher-selector"
    )
    launcher_annotations: AnnotationMap = _mpi({}, help="Annotation of the launcher alone; repeatable.", name="launcher-annotation")
    worker_annotations: AnnotationMap = _mpi({}, help="Annotation of the workers alone; repeatable.", name="worker-annotation")
    ssh_secret: ObjectName = _mpi("", help="Taken for old scripts: the MPI Operator makes the keys.", metavar="SECRET")

    def of_launcher(self) -> dict[str, Any]:
        """Its place, its annotations, and what DeepSpeed wants in the environment."""
        return {"selectors": self.launcher_selectors or None, "annotations": self.launcher_annotations, "env": ENV}

    def of_worker(self) -> dict[str, Any]:
        """Annotations, and what DeepSpeed wants in the environment."""
        return {"annotations": self.worker_annotations, "env": ENV}

    @property
    def tries(self) -> int:
        """``spec.runPolicy.backoffLimit``."""
        return self.retry or (self.job_backoff_limit if self.job_restart_policy == "OnFailure" else 0)

    def rules(self) -> Iterator[Problem]:
        """Two ways to say how often it is tried."""
        yield from super().rules()
        if self.retry and self.job_restart_policy == "Never":
            yield Problem("with --job-restart-policy Never nothing is started again", "retry", "leave one of the two out")
        if self.run_launcher_as_worker and (self.launcher_selectors or self.launcher_annotations):
            field = "launcher_selectors" if self.launcher_selectors else "launcher_annotations"
            yield Problem("a launcher that works is as a worker", field, "leave out one of the two")

    def notes(self) -> Iterator[str]:
        """The keys are the operator's."""
        yield from super().notes()
        if self.ssh_secret:
            yield "--ssh-secret is not used: the MPI Operator makes the keys"
