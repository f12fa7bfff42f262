"""Groups of flags that name a system: Kueue, schedulers, TensorBoard, MLflow, the Training Operator; and the list of Arena's common ones.

A job type lists those that it takes, beside the general ones of ``arena_core.args``.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar, Literal

from arena_core.args import (
    ArgsGroup,
    Duration,
    Extra,
    Image,
    JobArgs,
    ObjectName,
    PodArgs,
    SyncArgs,
    WorkdirArgs,
    WorkerArgs,
    field_validator,
    flag,
    values,
)
from arena_core.contract.types import Problem
from arena_core.families import gangs, schedulers
from arena_core.families.tensorboard import MARK
from arena_core.installed import offers

#: The extension that registers models.
REGISTRAR = "model"
#: A flag under each of the headings of help.
_tensorboard = partial(flag, group="TensorBoard")
_run_policy = partial(flag, group="Run policy")


class SchedulingArgs(JobArgs):
    """Scheduler, gang and kube-queue."""

    gang: bool = flag(False, help="All pods start together or none (a PodGroup of the scheduler).")
    scheduler: ObjectName = flag(
        "",
        help="Scheduler of the pods (volcano; empty for the cluster's own).",
        old=("scheduler-name",),
        metavar="NAME",
        paths=("schedulerName",),
    )
    queue: bool = flag(False, help="Wait for kube-queue (the job is created suspended).", instead="--kueue-queue")

    def pod_scheduler(self) -> str:
        """The scheduler that is asked for."""
        return self.scheduler

    def extra_metadata(self, app: str, gang: int) -> Iterator[Extra]:
        """Pods name their gang; a job that waits for kube-queue says so, and so do its pods, as in Arena."""
        yield from super().extra_metadata(app, gang)
        if self.queue:
            yield Extra(annotations={gangs.KUBE_QUEUE_SUSPEND: "true"})
        if self.gang and gang:
            yield Extra(
                gangs.gang_labels(self.scheduler, app, self.name, gang), gangs.gang_annotations(self.scheduler, app, self.name), "pods"
            )


class KueueArgs(ArgsGroup):
    """Queueing by Kueue."""

    #: On pods these would queue them one by one.
    JOB_LABELS: ClassVar[frozenset[str]] = schedulers.ON_JOBS_ALONE

    kueue_queue: ObjectName = flag(
        "",
        help="LocalQueue of Kueue that admits the job.",
        often=True,
        group="Kueue",
        metavar="QUEUE",
        names_of=(schedulers.LOCAL_QUEUE,),
        paths=("metadata.labels[kueue.x-k8s.io/queue-name]",),
        max_length=63,
    )
    kueue_priority_class: ObjectName = flag(
        "",
        help="WorkloadPriorityClass of Kueue.",
        group="Kueue",
        metavar="CLASS",
        paths=("metadata.labels[kueue.x-k8s.io/priority-class]",),
        max_length=63,
    )

    def extra_metadata(self, app: str, gang: int) -> Iterator[Extra]:
        """Queue and priority stand on the job alone."""
        yield from super().extra_metadata(app, gang)
        labels = {schedulers.QUEUE_LABEL: self.kueue_queue, schedulers.PRIORITY_LABEL: self.kueue_priority_class}
        yield Extra(labels={key: value for key, value in labels.items() if value}, on="job")


class ModelArgs(ArgsGroup):
    """The model that the job trains: a label, and a version of it in MLflow's registry, which arena-model makes."""

    model_name: str = flag(
        "",
        help="Model that the job trains: label the job with it, and register a version of it in MLflow (see --model-source).",
        group="Model",
        metavar="NAME",
    )
    model_source: str = flag("", help="URI of the files of that version.", group="Model", metavar="URI")

    def rules(self) -> Iterator[Problem]:
        """A model has a source and a name that fits into a label."""
        yield from super().rules()
        if self.model_name and not self.model_source:
            yield Problem("the model's source is missing", "model_source", "give its URI with --model-source")
        if self.model_name:
            try:
                values.labels({"modelName": self.model_name})
            except ValueError as error:
                yield Problem(str(error), "model_name")

    def notes(self) -> Iterator[str]:
        """Who registers models may be missing."""
        yield from super().notes()
        if self.model_source and not self.model_name:
            yield "--model-source has no effect without --model-name"
        if self.model_name and not any(offer.name == REGISTRAR for offer in offers("arena.extensions")):
            yield f"--model-name is only a label here: arena-{REGISTRAR}, which registers models in MLflow, is not installed"

    def extra_metadata(self, app: str, gang: int) -> Iterator[Extra]:
        """The model's name is a label of all that belongs to the job."""
        yield from super().extra_metadata(app, gang)
        if self.model_name:
            yield Extra(labels={"modelName": self.model_name})


class TensorboardArgs(PodArgs):
    """A TensorBoard beside the job."""

    tensorboard: bool = _tensorboard(False, help="Start a TensorBoard (Deployment and Service) for the job.")
    tensorboard_image: Image = _tensorboard(
        "registry.cn-zhangjiakou.aliyuncs.com/acs/tensorflow:1.12.0-devel", help="Image of TensorBoard.", old=("tensorboardImage",)
    )
    logdir: str = _tensorboard("/training_logs", help="Folder in which the job writes TensorBoard's logs.", metavar="PATH")

    def rules(self) -> Iterator[Problem]:
        """The folder of the logs is a path or a URL."""
        yield from super().rules()
        folder = self.board_folder()
        if self.tensorboard and not self.tensorboard_image:
            yield Problem("the image of TensorBoard is missing", "tensorboard_image")
        if self.tensorboard and "://" not in folder and (not folder.startswith("/") or not folder.strip("/")):
            yield Problem(f"{folder!r} must be an absolute path (not '/') or a URL", "logdir")

    def board_folder(self) -> str:
        """Where TensorBoard looks."""
        return self.logdir

    def extra_metadata(self, app: str, gang: int) -> Iterator[Extra]:
        """The job says that it has one: nobody looks for it otherwise."""
        yield from super().extra_metadata(app, gang)
        if self.tensorboard:
            yield Extra(annotations={MARK: "true"}, on="job")

    def log_folder(self) -> str:
        """The folder of the logs, where no mount of the user's and no URL holds them."""
        logdir = self.board_folder().rstrip("/")
        if not self.tensorboard or "://" in logdir:
            return super().log_folder()
        mounted = [mount.path for mount in self.data] + [folder.path for folder in self.data_dirs]
        return super().log_folder() if any(f"{logdir}/".startswith(f"{path}/") for path in mounted) else logdir


class SharedGpuArgs(PodArgs):
    """A part of a GPU, as Aliyun's device plugin hands it out."""

    gpumemory: int = flag(
        0,
        help="GiB of a shared GPU's memory (aliyun.com/gpu-mem).",
        ge=0,
        group="Resources",
        paths=("resources.limits[aliyun.com/gpu-mem]",),
    )
    gpucore: int = flag(
        0,
        help="Share of a GPU's cores in percent, in steps of 5 (aliyun.com/gpu-core.percentage).",
        ge=0,
        multiple_of=5,
        group="Resources",
        paths=("resources.limits[aliyun.com/gpu-core.percentage]",),
    )

    @property
    def shared_gpu(self) -> dict[str, str]:
        """The resources of a part of a GPU."""
        wanted = {"aliyun.com/gpu-mem": self.gpumemory, "aliyun.com/gpu-core.percentage": self.gpucore}
        return {name: str(number) for name, number in wanted.items() if number}

    def rules(self) -> Iterator[Problem]:
        """A GPU is asked for in one way."""
        yield from super().rules()
        if self.gpus and self.shared_gpu:
            yield Problem("it is either whole GPUs or a part of one", "gpus", "give --gpus, or --gpumemory and --gpucore")


class RunPolicyArgs(ArgsGroup):
    """How a job of the Training Operator ends. A wrapper may force these."""

    clean_task_policy: Literal["None", "Running", "All"] = _run_policy(
        "Running",
        help="Which pods are deleted at the end: None, Running or All.",
        old=("cleanTaskPolicy",),
        paths=("spec.runPolicy.cleanPodPolicy",),
    )
    running_timeout: Duration = _run_policy(
        0, help="Fail the job when it has run this long (1h30m; 0 = no limit).", paths=("spec.runPolicy.activeDeadlineSeconds",)
    )
    ttl_after_finished: Duration = _run_policy(
        0, help="Delete the job this long after its end (0 = never).", paths=("spec.runPolicy.ttlSecondsAfterFinished",)
    )

    @field_validator("clean_task_policy", mode="before")
    @classmethod
    def _null_is_none(cls, value: Any) -> Any:
        return "None" if value is None else value


class SubmitArgs(KueueArgs, TensorboardArgs, WorkdirArgs, SyncArgs, ModelArgs, SchedulingArgs, WorkerArgs, JobArgs):
    """Base of the argument model of a job type that takes Arena's common flags.

    Pydantic puts the fields of the last base first, so the bases stand back to front.
    """
