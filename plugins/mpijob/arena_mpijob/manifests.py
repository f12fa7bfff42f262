"""The objects of an MPIJob: the job with its launcher and its workers, and what belongs to it. Pure."""

from __future__ import annotations

from typing import Any

from arena_core.contract.types import JOB_TYPE, Build, Manifest
from arena_core.families.companions import companions
from arena_core.families.kubeflow import JOB_NAME, JOB_ROLE, OPERATOR, REPLICA_INDEX, run_policy
from arena_core.podspec import JobFacts, Role, job_metadata, pod_template
from arena_mpijob.args import MPIJobArgs
from arena_mpijob.status import CONTAINER, CONTROLLER, FIELD
from arena_mpijob.trainingoperator import as_v1

#: Name and version of Arena's chart: a label by which Arena (Go) knows its jobs.
CHART = "mpijob-0.28.0"
NVIDIA_GPU, TOPOLOGY_GPU = "nvidia.com/gpu", "aliyun.com/gpu"


def build(args: MPIJobArgs, app: str = "mpijob", created_by: str = "MPIJob", chart: str = CHART) -> list[Manifest]:
    """Return the MPIJob first, then ConfigMaps, PodGroup and TensorBoard; a type of its own on MPIJobs says what it is called."""
    working = args.workers + int(args.run_launcher_as_worker)
    facts = JobFacts(app, created_by, chart, workers=args.workers, total_gpus=working * args.gpus)
    spec: dict[str, Any] = {
        "slotsPerWorker": args.slots,
        "mpiImplementation": args.mpi_implementation,
        "launcherCreationPolicy": args.launcher_creation_policy,
        "sshAuthMountPath": args.ssh_auth_mount_path,
        "runPolicy": run_policy(args, args.retry),
        FIELD: {
            # With OnFailure the batch Job deletes the pod, and so the log, of a launcher that has failed too often.
            "Launcher": {"replicas": 1, "restartPolicy": "Never", "template": launcher(args, facts)},
            "Worker": {"replicas": args.workers, "restartPolicy": "Never", "template": worker(args, facts)},
        },
    }
    if args.run_launcher_as_worker:
        spec["runLauncherAsWorker"] = True
    metadata = job_metadata(args, facts)
    if app != "mpijob":
        metadata["labels"][JOB_TYPE] = app
    job = {"apiVersion": "kubeflow.org/v2beta1", "kind": "MPIJob", "metadata": metadata, "spec": spec}
    return [job, *companions(args, facts, min_member=gang_size(args), chief_labels=first_rank(args))]


def settled(args: MPIJobArgs, wanted: Build, *called: str) -> list[Manifest]:
    """Return the same for the operator that the cluster has; ``called`` is what ``build`` is told of a type on MPIJobs."""
    job, *beside = build(args, *called)
    return [as_v1(job, args) if wanted.resource.version == "v1" else job, *beside]


def gang_size(args: MPIJobArgs) -> int:
    """Return how many pods must fit at once: a launcher that waits for the workers cannot be waited for."""
    return args.workers + int(args.launcher_creation_policy == "AtStartup")


def first_rank(args: MPIJobArgs) -> dict[str, str]:
    """Return the operator's labels of the pod in which rank 0 runs: it writes TensorBoard's logs."""
    labels = {JOB_NAME: args.name, OPERATOR: CONTROLLER}
    if args.run_launcher_as_worker:
        return {**labels, JOB_ROLE: "launcher"}
    return {**labels, JOB_ROLE: "worker", REPLICA_INDEX: "0"}


def launcher(args: MPIJobArgs, facts: JobFacts) -> dict[str, Any]:
    """Return the launcher's pod template: the command, and only on request what the workers have."""
    if args.run_launcher_as_worker:
        return _template(args, facts, _worker_role(args))
    shown = args if args.mounts_on_launcher else args.model_copy(update={"data": (), "data_dirs": ()})
    role = Role(
        container=CONTAINER,
        gpus=0,
        devices=False,
        rdma=False,
        cpu=args.launcher_cpu,
        memory=args.launcher_memory,
        logs=args.mounts_on_launcher,
        **args.of_launcher(),
    )
    return _template(shown, facts, role)


def worker(args: MPIJobArgs, facts: JobFacts) -> dict[str, Any]:
    """Return the workers' pod template. Without a command the operator lets them run sshd."""
    command = (args.worker_command,) if args.worker_command else ()
    return _template(args.model_copy(update={"command": command}), facts, _worker_role(args))


def _worker_role(args: MPIJobArgs) -> Role:
    return Role(container=CONTAINER, cpu=args.cpu, memory=args.memory, **args.of_worker())


def _template(args: MPIJobArgs, facts: JobFacts, role: Role) -> dict[str, Any]:
    template = pod_template(args, facts, role, min_member=gang_size(args))
    return by_topology(template, args) if args.gpu_topology else template


def by_topology(template: dict[str, Any], args: MPIJobArgs) -> dict[str, Any]:
    """Return the template as the scheduler of GPU topology wants it: labels, resource, the node's network; no /dev/shm of its own."""
    labels = {**template["metadata"]["labels"], "gpu-topology": args.name, "gpu-topology-replica": str(args.workers)}
    spec = {**template["spec"], "hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"}
    containers = []
    for container in spec["containers"]:
        resources = {kind: _renamed(amounts) for kind, amounts in container.get("resources", {}).items()}
        mounts = [m for m in container.get("volumeMounts", ()) if m["name"] != "dshm"]
        changed = {**container, "resources": resources, "volumeMounts": mounts}
        containers.append({key: value for key, value in changed.items() if value or key not in ("resources", "volumeMounts")})
    spec["containers"] = containers
    spec["volumes"] = [v for v in spec.get("volumes", ()) if v["name"] != "dshm"]
    if not spec["volumes"]:
        del spec["volumes"]
    return {"metadata": {**template["metadata"], "labels": labels}, "spec": spec}


def _renamed(amounts: dict[str, str]) -> dict[str, str]:
    return {TOPOLOGY_GPU if name == NVIDIA_GPU else name: amount for name, amount in amounts.items()}
