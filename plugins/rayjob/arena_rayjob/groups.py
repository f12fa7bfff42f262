"""Flags of a RayJob by what they are about: the head, the autoscaler, the end."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

from arena_core.args import ArgsGroup, Duration, Image, PullPolicy, Quantity, flag

HEAD, AUTOSCALER, RUN = "Head", "Autoscaler", "Run policy"
HEAD_SPEC, WORKER_SPEC = "spec.rayClusterSpec.headGroupSpec", "spec.rayClusterSpec.workerGroupSpecs[]"
#: A flag under each of the headings of help.
_head = partial(flag, group=HEAD, often=False)
_autoscaler = partial(flag, group=AUTOSCALER, often=False)
_run_policy = partial(flag, group=RUN, often=False)


def quantity(text: str, group: str, spec: str, resource: str) -> Any:
    """Return the flag of a role's cpu or memory."""
    paths = tuple(f"{spec}.template.spec.containers[].resources.{kind}[{resource}]" for kind in ("limits", "requests"))
    return flag("", help=text, group=group, metavar="QUANTITY", often=False, paths=paths)


class HeadArgs(ArgsGroup):
    """The head: it runs the command, and no GPU unless it is asked for."""

    head_image: Image = _head("", help="Image of the head (empty: --image).")
    head_cpu: Quantity = quantity("CPU of the head.", HEAD, HEAD_SPEC, "cpu")
    head_memory: Quantity = quantity("Memory of the head.", HEAD, HEAD_SPEC, "memory")
    head_gpu: int = _head(
        0,
        help="GPUs of the head (nvidia.com/gpu).",
        ge=0,
        paths=(f"{HEAD_SPEC}.template.spec.containers[].resources.limits[nvidia.com/gpu]",),
    )
    head_service_type: Literal["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"] = _head(
        "ClusterIP", help="Type of the head's Service, through which the dashboard is reached.", paths=(f"{HEAD_SPEC}.serviceType",)
    )


class AutoscalerArgs(ArgsGroup):
    """Ray's own autoscaler, which adds and removes workers."""

    enable_autoscaling: bool = _autoscaler(
        False,
        help="Let Ray add and remove workers between --worker-min-replicas and --worker-max-replicas.",
        paths=("spec.rayClusterSpec.enableInTreeAutoscaling",),
    )
    worker_min_replicas: int = _autoscaler(
        -1, help="Least number of workers (-1: as many as --workers).", ge=-1, default_text="", paths=(f"{WORKER_SPEC}.minReplicas",)
    )
    worker_max_replicas: int = _autoscaler(
        -1, help="Greatest number of workers (-1: as many as --workers).", ge=-1, default_text="", paths=(f"{WORKER_SPEC}.maxReplicas",)
    )
    autoscaler_image: Image = _autoscaler("", help="Image of the autoscaler (empty: the head's).")
    autoscaler_image_pull_policy: PullPolicy = _autoscaler("IfNotPresent", help="When the autoscaler's image is pulled.")
    autoscaler_cpu: Quantity = _autoscaler("500m", help="CPU of the autoscaler.")
    autoscaler_memory: Quantity = _autoscaler("512Mi", help="Memory of the autoscaler.")
    autoscaler_idle_timeout: Duration = _autoscaler(
        60,
        help="A worker that is idle this long is removed.",
        old=("autoscaler-idle-timeout-seconds",),
        paths=("spec.rayClusterSpec.autoscalerOptions.idleTimeoutSeconds",),
    )
    autoscaler_upscaling_mode: Literal["Default", "Aggressive", "Conservative"] = _autoscaler(
        "Default",
        help="How fast workers are added: Conservative, Default or Aggressive.",
        paths=("spec.rayClusterSpec.autoscalerOptions.upscalingMode",),
    )


class EndArgs(ArgsGroup):
    """How a RayJob ends, and what is left of it."""

    shutdown_after_finished: bool = _run_policy(
        True,
        help="Delete the Ray cluster at the end; --no-shutdown-after-finished keeps it, with its GPUs, until the job is deleted.",
        paths=("spec.shutdownAfterJobFinishes",),
    )
    ttl_after_finished: Duration = _run_policy(
        10, help="Keep the Ray cluster this long after the end.", paths=("spec.ttlSecondsAfterFinished",)
    )
    running_timeout: Duration = _run_policy(
        0,
        help="Fail the job this long after its start, which is before its pods are there (1h30m; 0 = no limit).",
        old=("active-deadline-seconds",),
        paths=("spec.activeDeadlineSeconds",),
    )
    start_timeout: Duration = _run_policy(
        0,
        help="Fail the job if its command has not been started by then (KubeRay 1.6; 0 = wait for ever).",
        paths=("spec.preRunningDeadlineSeconds",),
    )
    suspend: bool = _run_policy(False, help="Create the job suspended.", paths=("spec.suspend",))
