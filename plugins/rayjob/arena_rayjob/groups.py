"""Flags of a RayJob by what they are about: the head, the autoscaler, the end."""

from __future__ import annotations

from typing import Any, Literal

from arena_core.args import ArgsGroup, Duration, Image, PullPolicy, Quantity, flag

HEAD, AUTOSCALER, RUN = "Head", "Autoscaler", "Run policy"
HEAD_SPEC, WORKER_SPEC = "spec.rayClusterSpec.headGroupSpec", "spec.rayClusterSpec.workerGroupSpecs[]"


def quantity(text: str, group: str, spec: str, resource: str) -> Any:
    """Return the flag of a role's cpu or memory."""
    paths = tuple(f"{spec}.template.spec.containers[].resources.{kind}[{resource}]" for kind in ("limits", "requests"))
    return flag("", help=text, group=group, metavar="QUANTITY", often=False, paths=paths)


class HeadArgs(ArgsGroup):
    """The head: it runs the command, and no GPU unless it is asked for."""

    head_image: Image = flag("", help="Image of the head (empty: --image).", group=HEAD, metavar="IMAGE", often=False)
    head_cpu: Quantity = quantity("CPU of the head.", HEAD, HEAD_SPEC, "cpu")
    head_memory: Quantity = quantity("Memory of the head.", HEAD, HEAD_SPEC, "memory")
    head_gpu: int = flag(
        0,
        help="GPUs of the head (nvidia.com/gpu).",
        group=HEAD,
        ge=0,
        often=False,
        paths=(f"{HEAD_SPEC}.template.spec.containers[].resources.limits[nvidia.com/gpu]",),
    )
    head_service_type: Literal["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"] = flag(
        "ClusterIP",
        help="Type of the head's Service, through which the dashboard is reached.",
        group=HEAD,
        often=False,
        paths=(f"{HEAD_SPEC}.serviceType",),
    )


class AutoscalerArgs(ArgsGroup):
    """Ray's own autoscaler, which adds and removes workers."""

    enable_autoscaling: bool = flag(
        False,
        help="Let Ray add and remove workers between --worker-min-replicas and --worker-max-replicas.",
        group=AUTOSCALER,
        often=False,
        paths=("spec.rayClusterSpec.enableInTreeAutoscaling",),
    )
    worker_min_replicas: int = flag(
        -1,
        help="Least number of workers (-1: as many as --workers).",
        group=AUTOSCALER,
        ge=-1,
        default_text="",
        often=False,
        paths=(f"{WORKER_SPEC}.minReplicas",),
    )
    worker_max_replicas: int = flag(
        -1,
        help="Greatest number of workers (-1: as many as --workers).",
        group=AUTOSCALER,
        ge=-1,
        default_text="",
        often=False,
        paths=(f"{WORKER_SPEC}.maxReplicas",),
    )
    autoscaler_image: Image = flag("", help="Image of the autoscaler (empty: the head's).", group=AUTOSCALER, metavar="IMAGE", often=False)
    autoscaler_image_pull_policy: PullPolicy = flag(
        "IfNotPresent", help="When the autoscaler's image is pulled.", group=AUTOSCALER, often=False
    )
    autoscaler_cpu: Quantity = flag("500m", help="CPU of the autoscaler.", group=AUTOSCALER, metavar="QUANTITY", often=False)
    autoscaler_memory: Quantity = flag("512Mi", help="Memory of the autoscaler.", group=AUTOSCALER, metavar="QUANTITY", often=False)
    autoscaler_idle_timeout: Duration = flag(
        60,
        help="A worker that is idle this long is removed.",
        group=AUTOSCALER,
        old=("autoscaler-idle-timeout-seconds",),
        metavar="DURATION",
        often=False,
        paths=("spec.rayClusterSpec.autoscalerOptions.idleTimeoutSeconds",),
    )
    autoscaler_upscaling_mode: Literal["Default", "Aggressive", "Conservative"] = flag(
        "Default",
        help="How fast workers are added: Conservative, Default or Aggressive.",
        group=AUTOSCALER,
        often=False,
        paths=("spec.rayClusterSpec.autoscalerOptions.upscalingMode",),
    )


class EndArgs(ArgsGroup):
    """How a RayJob ends, and what is left of it."""

    shutdown_after_finished: bool = flag(
        True,
        help="Delete the Ray cluster at the end; --no-shutdown-after-finished keeps it, with its GPUs, until the job is deleted.",
        group=RUN,
        often=False,
        paths=("spec.shutdownAfterJobFinishes",),
    )
    ttl_after_finished: Duration = flag(
        10,
        help="Keep the Ray cluster this long after the end.",
        group=RUN,
        metavar="DURATION",
        often=False,
        paths=("spec.ttlSecondsAfterFinished",),
    )
    running_timeout: Duration = flag(
        0,
        help="Fail the job this long after its start, which is before its pods are there (1h30m; 0 = no limit).",
        group=RUN,
        old=("active-deadline-seconds",),
        metavar="DURATION",
        often=False,
        paths=("spec.activeDeadlineSeconds",),
    )
    start_timeout: Duration = flag(
        0,
        help="Fail the job if its command has not been started by then (KubeRay 1.6; 0 = wait for ever).",
        group=RUN,
        metavar="DURATION",
        often=False,
        paths=("spec.preRunningDeadlineSeconds",),
    )
    suspend: bool = flag(False, help="Create the job suspended.", group=RUN, often=False, paths=("spec.suspend",))
