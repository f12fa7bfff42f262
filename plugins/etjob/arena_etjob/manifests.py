"""The objects of a TrainingJob: the job with its launcher and its workers, the keys, and what belongs to it. Pure."""

from __future__ import annotations

from typing import Any

from arena_core.contract.types import FRESH_KEYS, JOB_TYPE, Manifest
from arena_core.families.companions import companions
from arena_core.podspec import JobFacts, Role, beside_labels, job_metadata, pod_template
from arena_etjob.args import ETJobArgs, TrainingJobArgs
from arena_etjob.names import CONTAINER, DEEPSPEED, ETJOB, LAUNCHER, MAX_WAIT, RESOURCE, SPOT, SSH_SECRET, WORKER
from arena_etjob.status import pod_labels

#: Name and version of Arena's chart: a label by which Arena (Go) knows its jobs.
CHART = "etjob-0.3.2"
#: How ssh behaves towards hosts that nobody has seen before.
SSH_CONFIG = "StrictHostKeyChecking no\nUserKnownHostsFile /dev/null\n"


def build(args: TrainingJobArgs) -> list[Manifest]:
    """Return the TrainingJob first, then the keys, ConfigMaps, PodGroup and TensorBoard."""
    elastic = isinstance(args, ETJobArgs)
    app = ETJOB if elastic else DEEPSPEED
    facts = JobFacts(app, app, CHART, workers=args.workers, total_gpus=args.workers * args.gpus)
    spec: dict[str, Any] = {
        "backoffLimit": args.backoff_limit,
        "restartPolicy": args.restart_policy,
        "cleanPodPolicy": "Running",
        "etReplicaSpecs": {LAUNCHER: launcher(args, facts), WORKER: worker(args, facts)},
    }
    metadata = job_metadata(args, facts)
    metadata["labels"][JOB_TYPE] = app
    if notes := notes_of(args):
        metadata["annotations"] = {**metadata.get("annotations", {}), **notes}
    job: Manifest = {
        "apiVersion": RESOURCE.api_version,
        "kind": RESOURCE.kind,
        "metadata": metadata,
        "spec": {key: value for key, value in spec.items() if value},
    }
    beside = companions(args, facts, min_member=args.workers + 1, chief_labels=pod_labels(job) | {"training-job-role": LAUNCHER})
    return [job, *([] if args.ssh_secret else [keys(args, facts)]), *beside]


def notes_of(args: TrainingJobArgs) -> dict[str, str]:
    """Return what the operator and the job supervisor read."""
    found = {SSH_SECRET: args.ssh_secret} if args.ssh_secret else {}
    if isinstance(args, ETJobArgs):
        found |= {SPOT: "true"} if args.spot_instance else {}
        found |= {MAX_WAIT: str(args.max_wait_time)} if args.max_wait_time else {}
    return found


def launcher(args: TrainingJobArgs, facts: JobFacts) -> dict[str, Any]:
    """Return the launcher: the command, and no GPUs."""
    role = Role(
        CONTAINER,
        gpus=0,
        devices=False,
        cpu=args.cpu,
        memory=args.memory,
        selectors=args.launcher_selectors or None,
        labels={"master-pod-name": f"{args.name}-{LAUNCHER}"},
        annotations=args.launcher_annotations,
        env=environment(args),
    )
    return {"replicas": 1, "template": _template(args, facts, role)}


def worker(args: TrainingJobArgs, facts: JobFacts) -> dict[str, Any]:
    """Return the workers. Without a command the operator lets them run sshd."""
    role = Role(CONTAINER, cpu=args.cpu, memory=args.memory, annotations=args.worker_annotations, env=environment(args))
    spec: dict[str, Any] = {"replicas": args.workers, "template": _template(args.model_copy(update={"command": ()}), facts, role)}
    if isinstance(args, ETJobArgs):
        spec |= {"maxReplicas": args.max_workers, "minReplicas": args.min_workers}
        if args.worker_restart_policy:
            spec["restartPolicy"] = args.worker_restart_policy
    return spec


def environment(args: TrainingJobArgs) -> dict[str, str]:
    """Return the variables that Arena adds; the user's win."""
    if isinstance(args, ETJobArgs):
        return {"maxWorkers": str(args.max_workers), "minWorkers": str(args.min_workers)}
    return {"NCCL_ASYNC_ERROR_HANDLING": "1"}


def _template(args: TrainingJobArgs, facts: JobFacts, role: Role) -> dict[str, Any]:
    return pod_template(args, facts, role, min_member=args.workers + 1)


def keys(args: TrainingJobArgs, facts: JobFacts) -> Manifest:
    """Return the Secret with the keys of ssh, which are made when it is created."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": args.name,
            "labels": beside_labels(args, facts),
            "annotations": {FRESH_KEYS: "id_rsa,id_rsa.pub,authorized_keys"},
        },
        "type": "Opaque",
        "stringData": {"config": SSH_CONFIG},
    }
