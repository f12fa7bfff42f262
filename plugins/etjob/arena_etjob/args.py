"""What a person may say when submitting a TrainingJob: of the elastic kind, and what both kinds share."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar, Literal

from arena_core.args import AnnotationMap, CpuMemoryArgs, Duration, LabelMap, ObjectName, SharedMemoryArgs, flag
from arena_core.contract.types import Problem
from arena_core.families.args import SubmitArgs
from arena_etjob.names import ETJOB

ELASTIC, ROLES, ENDS = "Elastic training", "Roles", "Run policy"
#: A flag under each of the headings of help.
_run_policy = partial(flag, group=ENDS, often=False)
_roles = partial(flag, group=ROLES, often=False)
_elastic_training = partial(flag, group=ELASTIC)


class TrainingJobArgs(CpuMemoryArgs, SharedMemoryArgs, SubmitArgs):
    """Flags that ``etjob`` and ``deepspeedjob`` share. The command runs in the launcher, GPUs are those of each worker."""

    NAME_LETTER_FIRST: ClassVar[bool] = True
    #: The name of the type.
    TYPE: ClassVar[str] = ""

    workers: int = flag(
        1,
        help="Number of workers; the launcher, which runs the command, comes on top.",
        ge=1,
        often=True,
        paths=("spec.etReplicaSpecs.worker.replicas",),
    )
    job_restart_policy: Literal["", "Never", "OnFailure"] = _run_policy(
        "",
        help="Whether the whole job is started again after a failure (empty: Never, unless --retry is given).",
        paths=("spec.restartPolicy",),
    )
    job_backoff_limit: int = _run_policy(6, help="How often it is started again with OnFailure.", ge=0, paths=("spec.backoffLimit",))
    retry: int = flag(0, help="As --job-restart-policy OnFailure --job-backoff-limit N.", ge=0, often=False, paths=("spec.backoffLimit",))
    launcher_selectors: LabelMap = _roles(
        {},
        help="Label that the launcher's node must have, in place of --selector; repeatable.",
        name="launcher-selector",
        paths=("spec.etReplicaSpecs.launcher.template.spec.nodeSelector",),
    )
    launcher_annotations: AnnotationMap = _roles({}, help="Annotation of the launcher alone; repeatable.", name="launcher-annotation")
    worker_annotations: AnnotationMap = _roles({}, help="Annotation of the workers alone; repeatable.", name="worker-annotation")
    ssh_secret: ObjectName = _roles(
        "", help="Secret with the keys of ssh (id_rsa, id_rsa.pub; empty: fresh ones are made for this job).", metavar="SECRET"
    )

    @property
    def restart_policy(self) -> str:
        """``spec.restartPolicy``; empty for the operator's own, Never."""
        return self.job_restart_policy or ("OnFailure" if self.retry else "")

    @property
    def backoff_limit(self) -> int:
        """``spec.backoffLimit``."""
        return self.retry or self.job_backoff_limit

    def rules(self) -> Iterator[Problem]:
        """What the operator does not know."""
        yield from super().rules()
        if self.kueue_queue:
            hint = f"`arena submit appwrapperjob --inner-type {self.TYPE}` queues it"
            yield Problem("Kueue does not know TrainingJobs: it would not wait", "kueue_queue", hint)
        if self.retry and self.job_restart_policy == "Never":
            yield Problem("with --job-restart-policy Never nothing is started again", "retry", "leave one of the two out")


class ETJobArgs(TrainingJobArgs):
    """Flags of ``arena submit etjob``."""

    TYPE: ClassVar[str] = ETJOB

    max_workers: int = _elastic_training(
        1000, help="Most workers that it may be scaled to.", often=True, ge=1, paths=("spec.etReplicaSpecs.worker.maxReplicas",)
    )
    min_workers: int = _elastic_training(
        1, help="Fewest workers that it may be scaled to.", often=True, ge=1, paths=("spec.etReplicaSpecs.worker.minReplicas",)
    )
    spot_instance: bool = _elastic_training(False, help="Let it run on instances that may be taken away (for Arena's job supervisor).")
    max_wait_time: Duration = _elastic_training(
        0, help="How long it may wait for resources before the job supervisor gives it up (seconds, 10m; 0 = no limit).", often=False
    )
    worker_restart_policy: Literal["", "Never", "OnFailure", "Always", "ExitCode"] = _run_policy(
        "", help="Which workers that have ended are replaced (empty: none).", paths=("spec.etReplicaSpecs.worker.restartPolicy",)
    )

    def rules(self) -> Iterator[Problem]:
        """The number of workers is between its bounds: the operator itself does not look."""
        yield from super().rules()
        if not self.min_workers <= self.workers <= self.max_workers:
            field = "min_workers" if self.workers < self.min_workers else "max_workers"
            yield Problem(
                f"--workers {self.workers} is not between --min-workers {self.min_workers} and --max-workers {self.max_workers}", field
            )
