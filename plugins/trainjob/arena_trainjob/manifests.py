"""The objects of a TrainJob: the job with one patch of its runtime, and what belongs to it. Pure."""

from __future__ import annotations

from typing import Any

from arena_core.contract.types import Manifest
from arena_core.families.companions import companions
from arena_core.families.plainjob import INDEX
from arena_core.podspec import (
    JobFacts,
    Role,
    debugging,
    env_list,
    env_references,
    job_metadata,
    parcel_mounts,
    pod_template,
    resources,
    shell_command,
    unpacking,
)
from arena_trainjob.args import TrainJobArgs
from arena_trainjob.names import JOB_INDEX, JOBSET_NAME, LAUNCHER, MANAGER, NODE, RESOURCE, ROLE

APP = "trainjob"
#: The parts of a pod that a patch may change.
_PATCHED = ("nodeSelector", "tolerations", "affinity", "imagePullSecrets", "volumes")


def build(args: TrainJobArgs) -> list[Manifest]:
    """Return the TrainJob first, then ConfigMaps, PodGroup and TensorBoard."""
    facts = JobFacts(APP, "TrainJob", total_gpus=args.workers * args.gpus)
    spec: dict[str, Any] = {
        "runtimeRef": {"apiGroup": RESOURCE.group, "kind": args.runtime_kind, "name": args.runtime},
        "trainer": trainer(args),
        "initializer": initializer(args),
        "activeDeadlineSeconds": args.running_timeout or None,
        "runtimePatches": [patch(args, facts)],
    }
    job: Manifest = {
        "apiVersion": RESOURCE.api_version,
        "kind": RESOURCE.kind,
        "metadata": job_metadata(args, facts),
        "spec": {key: value for key, value in spec.items() if value},
    }
    return [job, *companions(args, facts, min_member=args.workers, chief_labels=chief_labels(args))]


def trainer(args: TrainJobArgs) -> dict[str, Any]:
    """Return ``spec.trainer``: what the runtime's own training is replaced by.

    The number of workers and of GPUs is not put into the environment, nor are GPUs hidden: the runtime may have its own.
    """
    spec: dict[str, Any] = {
        "image": args.image,
        "command": unpacking(args, shell_command(args)),
        "env": [*env_list({**args.env, **debugging.variables(args)}), *env_references(args)],
        "numProcPerNode": args.nproc_per_node,
        "resourcesPerNode": resources(args, Role(NODE, cpu=args.cpu, memory=args.memory)),
    }
    return {"numNodes": args.workers, **{key: value for key, value in spec.items() if value}}


def initializer(args: TrainJobArgs) -> dict[str, Any]:
    """Return ``spec.initializer``."""
    found = {
        "dataset": _fetched(args.dataset_uri, args.dataset_env, args.dataset_secret),
        "model": _fetched(args.base_model_uri, args.base_model_env, args.base_model_secret),
    }
    return {key: value for key, value in found.items() if value}


def _fetched(uri: str, env: dict[str, str], secret: str) -> dict[str, Any]:
    found = {"storageUri": uri, "env": env_list(env), "secretRef": {"name": secret} if secret else {}}
    return {key: value for key, value in found.items() if value}


def patch(args: TrainJobArgs, facts: JobFacts) -> dict[str, Any]:
    """Return our entry of ``spec.runtimePatches``: labels, placement and volumes for the pods of the training."""
    jobs = [{"name": name, "template": {"spec": {"template": pods(args, facts, name)}}} for name in args.runtime_jobs]
    return {"manager": MANAGER, "trainingRuntimeSpec": {"template": {"spec": {"replicatedJobs": jobs}}}}


def pods(args: TrainJobArgs, facts: JobFacts, name: str) -> dict[str, Any]:
    """Return the patch of one replicated job's pod template: of a container only what is mounted, and its rights."""
    template = pod_template(args, facts, Role(NODE), min_member=args.workers)
    whole = template["spec"]["containers"][0]
    rights = {"securityContext": whole["securityContext"]} if "securityContext" in whole else {}
    mounted = [*whole.get("volumeMounts", ()), *parcel_mounts(args)]
    mounts = {"volumeMounts": mounted} if mounted else {}
    spec = {key: template["spec"][key] for key in _PATCHED if key in template["spec"]}
    return {"metadata": template["metadata"], "spec": {**spec, "containers": [{"name": NODE, **mounts, **rights}]}}


def chief_labels(args: TrainJobArgs) -> dict[str, str]:
    """Return the labels of the pod that leads."""
    role = LAUNCHER if LAUNCHER in args.runtime_jobs else args.runtime_jobs[0]
    return {JOBSET_NAME: args.name, ROLE: role, JOB_INDEX: "0", INDEX: "0"}
