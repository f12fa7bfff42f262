"""A TensorBoard beside the job: a Deployment and a NodePort Service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arena_core.args import JobArgs
from arena_core.contract.types import Manifest
from arena_core.families.args import SchedulingArgs, TensorboardArgs
from arena_core.podspec import JobFacts, beside_labels, literal, preferred, selector_labels, toleration, volume_mounts_of, volumes_of
from arena_core.podspec.volumes import data_mounts, log_mounts

PORT = 6006
LOCAL_LOGS = "/output/training_logs"


def tensorboard(args: JobArgs, facts: JobFacts, chief_labels: Mapping[str, str]) -> list[Manifest]:
    """Return Service and Deployment, or nothing without ``--tensorboard``.

    ``chief_labels`` are the labels that today's operator sets on the chief pod. TensorBoard prefers the chief's node, where local
    logs are, but does not insist: a chief that has ended attracts nothing, and TensorBoard must still be scheduled.
    """
    if not isinstance(args, TensorboardArgs) or not args.tensorboard:
        return []
    labels = {**beside_labels(args, facts), "role": "tensorboard"}
    select = {**selector_labels(args, facts), "role": "tensorboard"}
    name = f"{args.name}-tensorboard"
    service: Manifest = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "type": "NodePort",
            "ports": [{"name": "tensorboard", "port": PORT, "targetPort": PORT, "protocol": "TCP"}],
            "selector": select,
        },
    }
    deployment: Manifest = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": dict(labels)},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": dict(select)},
            "template": {"metadata": {"labels": dict(labels)}, "spec": _pod(args, args, chief_labels)},
        },
    }
    return [service, deployment]


def _pod(args: JobArgs, board: TensorboardArgs, chief_labels: Mapping[str, str]) -> dict[str, Any]:
    mounts = data_mounts(args) + log_mounts(args, LOCAL_LOGS)
    container: dict[str, Any] = {
        "name": "tensorboard",
        "image": board.tensorboard_image,
        "imagePullPolicy": args.image_pull_policy,
        "command": ["tensorboard", "--logdir", LOCAL_LOGS if args.log_folder() else literal(board.board_folder()), "--host", "0.0.0.0"],
        "ports": [{"name": "tensorboard", "containerPort": PORT, "protocol": "TCP"}],
    }
    spec: dict[str, Any] = {
        "nodeSelector": dict(args.selectors),
        "tolerations": [toleration(t) for t in args.tolerations],
        "affinity": preferred("podAffinity", [(100, chief_labels)]) if chief_labels else {},
        "priorityClassName": args.priority,
        "schedulerName": _scheduler(args),
        "imagePullSecrets": [{"name": name} for name in args.image_pull_secrets],
        "volumes": volumes_of(mounts),
    }
    if mounts:
        container["volumeMounts"] = volume_mounts_of(mounts)
    return {**{key: value for key, value in spec.items() if value}, "containers": [container]}


def _scheduler(args: JobArgs) -> str:
    # In a gang TensorBoard is no member, and the cluster's own scheduler serves it as well.
    return "" if isinstance(args, SchedulingArgs) and args.gang else args.pod_scheduler()
