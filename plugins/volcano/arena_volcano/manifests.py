"""The objects of a Volcano Job: the job, and what belongs to it."""

from __future__ import annotations

from typing import Any

from arena_core.contract.types import Manifest
from arena_core.families.companions import companions
from arena_core.podspec import JobFacts, Role, job_metadata, pod_template, shell_words
from arena_volcano.args import VolcanoJobArgs
from arena_volcano.distributed import environment, has_names
from arena_volcano.status import DRIVER, JOB_NAME, TASK_INDEX, TASK_SPEC
from arena_volcano.values import Task

#: Name and version of Arena's chart: a label by which Arena (Go) knows its jobs.
CHART = "volcanojob-0.2.0"
MAIN = "main-con"
RING_LABEL = "ring-controller.volcano"


def build(args: VolcanoJobArgs) -> list[Manifest]:
    """Return the job first, then ConfigMaps, the Service where no plugin makes one, TensorBoard."""
    facts = _facts(args)
    metadata = job_metadata(args, facts)
    if args.ring_controller:
        metadata["labels"][RING_LABEL] = args.ring_controller
    job = {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "metadata": metadata, "spec": _spec(args, facts)}
    chief = {JOB_NAME: args.name, TASK_SPEC: args.all_tasks()[0].name, TASK_INDEX: "0"}
    return [job, *_service(args), *companions(args, facts, chief_labels=chief)]


def _facts(args: VolcanoJobArgs) -> JobFacts:
    gpus = sum(task.replicas * (args.gpus if task.gpus is None else task.gpus) for task in args.all_tasks())
    counted = args.style == "image"
    return JobFacts(
        "volcanojob", "VolcanoJob", CHART, workers=args.total if counted else None, total_gpus=gpus if counted or gpus else None
    )


def _spec(args: VolcanoJobArgs, facts: JobFacts) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "minAvailable": args.least,
        "schedulerName": args.scheduler_name,
        "queue": args.queue,
        "priorityClassName": args.priority,
        "maxRetry": args.max_retry,
        "minSuccess": args.min_success,
        "ttlSecondsAfterFinished": args.ttl_after_finished or None,
        "plugins": {name: list(given) for name, given in args.all_plugins().items()},
        "policies": [policy.manifest() for policy in args.policies if not policy.task],
        "networkTopology": _topology(args.network_topology_mode, args.highest_tier_allowed, args.highest_tier_name),
        "tasks": [_task(args, facts, task, index) for index, task in enumerate(args.all_tasks())],
    }
    return {key: value for key, value in spec.items() if value not in ("", None, {}, [])}


def _topology(mode: str, tier: int | None, name: str = "") -> dict[str, Any]:
    parts = {"mode": mode or None, "highestTierAllowed": tier, "highestTierName": name or None}
    return {key: value for key, value in parts.items() if value is not None}


def _task(args: VolcanoJobArgs, facts: JobFacts, task: Task, index: int) -> dict[str, Any]:
    retries = args.task_max_retry if task.max_retry is None else task.max_retry
    entry: dict[str, Any] = {
        "name": task.name,
        "replicas": task.replicas,
        "minAvailable": task.min_available,
        "maxRetry": retries,
        "policies": [policy.manifest() for policy in args.policies if policy.task == task.name],
        "dependsOn": {"name": list(task.depends_on)} if task.depends_on else None,
        "partitionPolicy": _partitions(args),
        "template": _template(args, facts, task, index),
    }
    return {key: value for key, value in entry.items() if value not in (None, {}, [])}


def _partitions(args: VolcanoJobArgs) -> dict[str, Any]:
    if not args.total_partitions:
        return {}
    policy: dict[str, Any] = {"totalPartitions": args.total_partitions, "partitionSize": args.partition_size}
    if args.min_partitions:
        policy["minPartitions"] = args.min_partitions
    topology = _topology(args.partition_topology_mode, args.partition_highest_tier)
    return {**policy, "networkTopology": topology} if topology else policy


def _role(args: VolcanoJobArgs, task: Task, index: int) -> Role:
    ports = ((f"job-port-{index}", task.port),) if task.port else ()
    labels = {DRIVER[0]: DRIVER[1]} if index == 0 else {}
    if args.ring_controller:
        labels[RING_LABEL] = args.ring_controller
    return Role(
        container=args.task_name if args.style == "images" else MAIN,
        image=task.image,
        gpus=task.gpus,
        cpu=task.cpu or (args.cpu if args.style == "tasks" else ""),
        memory=task.memory or (args.memory if args.style == "tasks" else ""),
        ports=ports,
        labels=labels,
        restart_policy=args.restart_policy,
        env={"PET_NPROC_PER_NODE": args.nproc_per_node} if args.nproc_per_node and args.style == "image" else {},
    )


def _template(args: VolcanoJobArgs, facts: JobFacts, task: Task, index: int) -> dict[str, Any]:
    template = pod_template(args, facts, _role(args, task, index))
    spec = template["spec"]
    container = spec["containers"][0]
    line = args.command_of(task)
    if line is not None:
        container["command"] = shell_words(args, line)
    if args.style == "images":
        _as_arena(args, spec, container)
    if args.style == "image":
        container["env"] = [*environment(args, task), *container.get("env", [])]
    return template


def _as_arena(args: VolcanoJobArgs, spec: dict[str, Any], container: dict[str, Any]) -> None:
    """Leave what Arena leaves to the image, and name the scheduler on the pods as Arena does."""
    spec["schedulerName"] = args.scheduler_name
    if "working_dir" not in args.model_fields_set and not args.sync_mode and args.work_folder is None:
        container.pop("workingDir", None)
    env = [item for item in container.get("env", []) if item["name"] != "NVIDIA_VISIBLE_DEVICES" or item["name"] in args.variables]
    container.pop("env", None)
    if env:
        container["env"] = env


def _service(args: VolcanoJobArgs) -> list[Manifest]:
    """Return the Service of the first pod, where no plugin gives the pods names.

    The pods of one task share one template, so they cannot have different hostnames; a Service of one pod can be found all the same.
    """
    if args.style != "image" or has_names(args):
        return []
    task = args.all_tasks()[0]
    service: Manifest = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": args.name, "labels": {"app": "volcanojob", "release": args.name, **args.labels}},
        "spec": {
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": {JOB_NAME: args.name, TASK_SPEC: task.name, TASK_INDEX: "0"},
            "ports": [{"name": "master-port", "port": args.master_port, "targetPort": args.master_port, "protocol": "TCP"}],
        },
    }
    return [service]
