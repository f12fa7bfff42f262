"""The objects of a RayJob: the job with its head and its workers, and what belongs to it. Pure."""

from __future__ import annotations

from typing import Any

from arena_core.contract.types import Manifest
from arena_core.families.companions import companions
from arena_core.podspec import JobFacts, Role, job_metadata, pod_template
from arena_rayjob.args import RayJobArgs
from arena_rayjob.entrypoint import entrypoint
from arena_rayjob.names import DEFAULT_GROUP, HEAD, HEAD_CONTAINER, K8S_JOB, NODE_TYPE, SUBMITTER_CONTAINER, WORKER_CONTAINER

#: Name and version of Arena's chart: a label by which Arena (Go) knows its jobs.
CHART = "rayjob-0.1.0"
PORTS = (("gcs-server", 6379), ("dashboard", 8265), ("client", 10001))
#: What KubeRay gives the submitter where nobody says anything else.
SUBMITTER_RESOURCES = {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m", "memory": "200Mi"}}


def build(args: RayJobArgs) -> list[Manifest]:
    """Return the RayJob first, then ConfigMaps, PodGroup and TensorBoard."""
    pods = args.workers * args.worker_num_of_hosts
    facts = JobFacts("rayjob", "RayJob", CHART, total_gpus=args.head_gpu + pods * args.gpus)
    spec: dict[str, Any] = {"submissionMode": args.submission_mode, "backoffLimit": args.retry}
    if args.command_line is not None:
        spec["entrypoint"] = entrypoint(args.command_line, args.shell, args.submission_mode)
    if args.shutdown_after_finished:
        spec |= {"shutdownAfterJobFinishes": True, "ttlSecondsAfterFinished": args.ttl_after_finished}
    deadlines = {"activeDeadlineSeconds": args.running_timeout, "preRunningDeadlineSeconds": args.start_timeout}
    spec |= {key: seconds for key, seconds in deadlines.items() if seconds}
    if args.suspend:
        spec["suspend"] = True
    if args.submission_mode == K8S_JOB:
        spec["submitterPodTemplate"] = submitter(args, facts)
    spec["rayClusterSpec"] = cluster(args, facts, 1 + pods)
    job = {"apiVersion": "ray.io/v1", "kind": "RayJob", "metadata": job_metadata(args, facts), "spec": spec}
    driver = {"app": facts.app, "release": args.name, NODE_TYPE: HEAD}
    return [job, *companions(args, facts, min_member=1 + pods, chief_labels=driver)]


def cluster(args: RayJobArgs, facts: JobFacts, gang: int) -> dict[str, Any]:
    """Return ``spec.rayClusterSpec``."""
    head = Role(
        container=HEAD_CONTAINER,
        image=args.head_image,
        gpus=args.head_gpu,
        devices=False,
        rdma=False,
        cpu=args.head_cpu,
        memory=args.head_memory,
        ports=PORTS,
        restart_policy="Never",
    )
    worker = Role(
        container=WORKER_CONTAINER,
        image=args.worker_image,
        cpu=args.worker_cpu,
        memory=args.worker_memory,
        # Ray's autoscaler replaces workers itself.
        restart_policy="Never" if args.enable_autoscaling else "OnFailure",
    )
    group = {
        "groupName": DEFAULT_GROUP,
        "replicas": args.workers,
        "minReplicas": args.least,
        "maxReplicas": args.most,
        "numOfHosts": args.worker_num_of_hosts,
        "rayStartParams": {},
        "template": ray_pod(args, facts, worker, gang),
    }
    spec: dict[str, Any] = {"rayVersion": args.ray_version} if args.ray_version else {}
    if args.enable_autoscaling:
        spec |= {"enableInTreeAutoscaling": True, "autoscalerOptions": autoscaler(args)}
    spec["headGroupSpec"] = {
        "serviceType": args.head_service_type,
        "rayStartParams": {"dashboard-host": "0.0.0.0"},
        "template": ray_pod(args, facts, head, gang),
    }
    return {**spec, "workerGroupSpecs": [group]}


def ray_pod(args: RayJobArgs, facts: JobFacts, role: Role, gang: int) -> dict[str, Any]:
    """Return the template of a Ray pod, whose command KubeRay writes."""
    template = pod_template(args.model_copy(update={"command": ()}), facts, role, min_member=gang)
    if args.pre_stop_command:
        handler = {"exec": {"command": ["/bin/sh", "-c", args.pre_stop_command]}}
        template["spec"]["containers"][0]["lifecycle"] = {"preStop": handler}
    return template


def submitter(args: RayJobArgs, facts: JobFacts) -> dict[str, Any]:
    """Return the template of the pod that hands the command to Ray: it runs where the others may, and needs none of their devices."""
    none = {
        "data": (),
        "data_dirs": (),
        "config_files": (),
        "sync_mode": "",
        "sync_source": "",
        "share_memory": "",
        "command": (),
        "workdir": "",
    }
    bare = args.model_copy(
        update={**none, "gpus": 0, "devices": {}, "rdma": False, "env": {}, "tensorboard": False, "gang": False, "debug_stacks": False}
    )
    role = Role(container=SUBMITTER_CONTAINER, image=args.head_image, restart_policy="Never")
    template = pod_template(bare, facts, role)
    container = template["spec"]["containers"][0]
    kept = {key: container[key] for key in ("name", "image", "imagePullPolicy")}
    template["spec"]["containers"] = [{**kept, "resources": {kind: dict(amounts) for kind, amounts in SUBMITTER_RESOURCES.items()}}]
    return template


def autoscaler(args: RayJobArgs) -> dict[str, Any]:
    """Return ``autoscalerOptions``."""
    amounts = {"cpu": args.autoscaler_cpu, "memory": args.autoscaler_memory}
    amounts = {name: amount for name, amount in amounts.items() if amount}
    options: dict[str, Any] = {
        "upscalingMode": args.autoscaler_upscaling_mode,
        "idleTimeoutSeconds": args.autoscaler_idle_timeout,
        "imagePullPolicy": args.autoscaler_image_pull_policy,
        "resources": {"requests": dict(amounts), "limits": dict(amounts)},
    }
    return {**options, "image": args.autoscaler_image} if args.autoscaler_image else options
