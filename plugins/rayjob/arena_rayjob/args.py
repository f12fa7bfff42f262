"""What a person may say when submitting a RayJob."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar, Literal

from arena_core.args import Image, Quantity, SharedMemoryArgs, flag
from arena_core.contract.types import Problem
from arena_core.families.args import SubmitArgs
from arena_rayjob.groups import WORKER_SPEC, AutoscalerArgs, EndArgs, HeadArgs, quantity

#: Variables that KubeRay sets in the Ray containers after the user's; of two with one name the last counts.
OPERATOR_ENV = (
    *("FQ_RAY_IP", "RAY_IP", "RAY_CLUSTER_NAME", "RAY_CLUSTER_NAMESPACE", "RAY_CLOUD_INSTANCE_ID", "RAY_NODE_TYPE_NAME"),
    *("KUBERAY_GEN_RAY_START_CMD", "RAY_USAGE_STATS_EXTRA_TAGS"),
)
RAY, WORKERS = "Ray", "Workers"
#: A flag under each of the headings of help.
_ray = partial(flag, group=RAY, often=False)


class RayJobArgs(EndArgs, AutoscalerArgs, HeadArgs, SharedMemoryArgs, SubmitArgs):
    """Flags of ``arena submit rayjob``. The command runs on the head; volumes and variables are those of head and workers."""

    NAME_MAX: ClassVar[int] = 47
    NAME_LETTER_FIRST: ClassVar[bool] = True
    REQUIRES_IMAGE: ClassVar[bool] = False
    REQUIRES_COMMAND: ClassVar[bool] = False

    workers: int = flag(
        1,
        help="Number of workers; the head, which runs the command, comes on top.",
        ge=0,
        often=True,
        old=("worker-replicas",),
        paths=(f"{WORKER_SPEC}.replicas", "replicas"),
    )
    gpus: int = flag(
        0,
        help="GPUs of each worker (nvidia.com/gpu).",
        often=True,
        ge=0,
        old=("worker-gpu",),
        paths=(f"{WORKER_SPEC}.template.spec.containers[].resources.limits[nvidia.com/gpu]", "resources.limits[nvidia.com/gpu]"),
    )
    retry: int = flag(0, help="How often a failed job is run again, each time on a new Ray cluster.", ge=0, paths=("spec.backoffLimit",))
    share_memory: Quantity = flag(
        "",
        help="Size of /dev/shm, Ray's object store (empty: the memory of the container).",
        group="Resources",
        paths=("volumes[].emptyDir.sizeLimit",),
    )
    worker_image: Image = flag("", help="Image of the workers (empty: --image).", group=WORKERS, often=False)
    worker_cpu: Quantity = quantity("CPU of each worker.", WORKERS, WORKER_SPEC, "cpu")
    worker_memory: Quantity = quantity("Memory of each worker.", WORKERS, WORKER_SPEC, "memory")
    worker_num_of_hosts: int = flag(
        1,
        help="Pods of each worker, for hosts that are used together.",
        group=WORKERS,
        ge=1,
        often=False,
        paths=(f"{WORKER_SPEC}.numOfHosts",),
    )
    submission_mode: Literal["K8sJobMode", "HTTPMode", "SidecarMode", "InteractiveMode"] = _ray(
        "K8sJobMode",
        help="Who hands the command to Ray: a pod of its own, which shows its log (K8sJobMode), KubeRay (HTTPMode: no pod has the log), "
        "a container of the head (SidecarMode), or you (InteractiveMode).",
        metavar="WORD",
        paths=("spec.submissionMode",),
    )
    ray_version: str = _ray("", help="Version of Ray in the image.", metavar="VERSION", paths=("spec.rayClusterSpec.rayVersion",))
    pre_stop_command: str = _ray(
        "ray stop",
        help="What runs in a Ray pod before it is ended (empty: nothing).",
        metavar="COMMAND",
        paths=("spec.rayClusterSpec.headGroupSpec.template.spec.containers[].lifecycle",),
    )

    @property
    def least(self) -> int:
        """The least number of workers."""
        return self.workers if self.worker_min_replicas < 0 else self.worker_min_replicas

    @property
    def most(self) -> int:
        """The greatest number of workers."""
        return max(self.workers, self.worker_min_replicas) if self.worker_max_replicas < 0 else self.worker_max_replicas

    def rules(self) -> Iterator[Problem]:
        """What KubeRay, or Kueue for it, would only refuse once the job is stored, when it cannot be mended any more."""
        yield from super().rules()
        yield from self._images_and_command()
        if not self.least <= self.workers <= self.most:
            text = f"--workers {self.workers} is not between {self.least} and {self.most}"
            yield Problem(text, "worker_min_replicas" if self.workers < self.least else "worker_max_replicas")
        if not self.shutdown_after_finished:
            yield from self._needs_shutdown()
        if self.enable_autoscaling and self.kueue_queue:
            yield Problem("Kueue takes no RayJob with autoscaling", "enable_autoscaling", "leave it out, or --kueue-queue")
        if self.submission_mode == "InteractiveMode" and self.retry:
            yield Problem("a job whose command you submit yourself is not tried again", "retry", "leave it out")

    def _images_and_command(self) -> Iterator[Problem]:
        if not self.image and not (self.head_image and self.worker_image):
            yield Problem("the container image is missing", "image", "give one with --image, or --head-image and --worker-image")
        if self.submission_mode == "InteractiveMode":
            if self.command:
                text = "in InteractiveMode you submit the command yourself, once the Ray cluster is ready"
                yield Problem(text, "command", "leave it out, or choose another --submission-mode")
        elif not self.command:
            yield Problem("the command is missing", "command", 'write it last, for example "python train.py"')

    def _needs_shutdown(self) -> Iterator[Problem]:
        hint = "leave --no-shutdown-after-finished out"
        if self.suspend:
            text = "KubeRay spoils a suspended RayJob whose Ray cluster is not shut down at the end: it never runs"
            yield Problem(text, "suspend", hint)
        if self.kueue_queue:
            yield Problem("Kueue takes no RayJob whose Ray cluster is not shut down at the end", "kueue_queue", hint)
        if self.ttl_after_finished and "ttl_after_finished" in self.model_fields_set:
            yield Problem("there is nothing to delete after that time: the Ray cluster is kept", "ttl_after_finished", hint)

    def notes(self) -> Iterator[str]:
        """Name the variables that KubeRay overrides, and what will not end, or will not be seen."""
        yield from super().notes()
        yield from self.overridden(OPERATOR_ENV, "KubeRay")
        if not self.shutdown_after_finished:
            yield "--no-shutdown-after-finished: the Ray cluster keeps its GPUs until the job is deleted"
        if self.submission_mode == "HTTPMode":
            yield "--submission-mode HTTPMode: no pod has the command's log, it is only in Ray's dashboard"
        if self.submission_mode == "SidecarMode" and self.workers:
            yield (
                "--submission-mode SidecarMode: KubeRay never sees the end of a command that ends before all workers are ready, "
                "because then they are never all ready at one time"
            )
        given = [name for name in AutoscalerArgs.model_fields if name.startswith("autoscaler_") and name in self.model_fields_set]
        if given and not self.enable_autoscaling:
            yield f"--{given[0].replace('_', '-')} has no effect without --enable-autoscaling"
