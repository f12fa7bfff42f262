"""The objects of a SparkApplication: the job, the account under which its driver makes executors, files. Pure."""

from __future__ import annotations

from typing import Any

from arena_core.contract.types import Manifest, Manifests
from arena_core.podspec import JobFacts, Role, beside_labels, common_labels, config_maps, job_metadata, literal, pod_template
from arena_sparkjob.args import UNSAID, SparkJobArgs
from arena_sparkjob.names import CONTAINERS, DRIVER, EXECUTOR, RESOURCE
from arena_sparkjob.values import with_overhead

APP, RETRY_SECONDS = "sparkjob", 5
#: What a driver does with what it makes; the operator's own role of an application, without its wildcards.
_RIGHTS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
_MADE = ("pods", "services", "configmaps", "persistentvolumeclaims")


def build(args: SparkJobArgs) -> Manifests:
    """Return the account before the job, the job, and its files."""
    facts = JobFacts(APP, "SparkJob", total_gpus=args.workers * args.gpus)
    job: Manifest = {
        "apiVersion": RESOURCE.api_version,
        "kind": RESOURCE.kind,
        "metadata": job_metadata(args, facts),
        "spec": _spec(args, facts),
    }
    before = () if args.service_account else account(args, facts)
    return Manifests(job, before=tuple(before), beside=tuple(config_maps(args, facts)))


def _spec(args: SparkJobArgs, facts: JobFacts) -> dict[str, Any]:
    language = args.kind_of_program
    spec: dict[str, Any] = {
        "type": language,
        "mode": "cluster",
        "image": args.image,
        "imagePullPolicy": args.image_pull_policy,
        "imagePullSecrets": list(args.image_pull_secrets),
        "mainClass": args.main_class if language in ("Scala", "Java") else "",
        "mainApplicationFile": args.jar,
        "arguments": [literal(word) for word in args.command],
        "sparkVersion": args.spark_version,
        "sparkConf": dict(args.spark_conf),
        "restartPolicy": restart_policy(args),
        "timeToLiveSeconds": args.ttl_after_finished,
        "batchScheduler": "volcano" if args.gang else "",
        "driver": driver(args, facts),
        "executor": executor(args, facts),
    }
    return {key: value for key, value in spec.items() if value}


def restart_policy(args: SparkJobArgs) -> dict[str, Any]:
    """Return ``spec.restartPolicy``; the pauses are said, because the operator defaults them only with its webhook."""
    if not args.retry:
        return {"type": "Never"}
    return {
        "type": "OnFailure",
        "onFailureRetries": args.retry,
        "onFailureRetryInterval": RETRY_SECONDS,
        "onSubmissionFailureRetries": args.retry,
        "onSubmissionFailureRetryInterval": RETRY_SECONDS,
    }


def driver(args: SparkJobArgs, facts: JobFacts) -> dict[str, Any]:
    """Return ``spec.driver``."""
    role = Role(CONTAINERS[DRIVER], gpus=0, devices=False, rdma=False, cpu=str(args.driver_cores), memory=with_overhead(args.driver_memory))
    spec = {"cores": args.driver_cores, "memory": args.driver_memory, "serviceAccount": args.account}
    return {**spec, **_pods(args, facts, role)}


def executor(args: SparkJobArgs, facts: JobFacts) -> dict[str, Any]:
    """Return ``spec.executor``."""
    role = Role(CONTAINERS[EXECUTOR], cpu=str(args.executor_cores), memory=with_overhead(args.executor_memory))
    spec: dict[str, Any] = {"cores": args.executor_cores, "memory": args.executor_memory, "instances": args.workers}
    if args.gpus:
        spec["gpu"] = {"name": "nvidia.com/gpu", "quantity": args.gpus}
    return {**spec, **_pods(args, facts, role)}


def _pods(args: SparkJobArgs, facts: JobFacts, role: Role) -> dict[str, Any]:
    """Return labels, annotations and the pod template of a role; Spark writes command, image and memory over it."""
    template = pod_template(args.model_copy(update={"command": ()}), facts, role, min_member=0)
    container = template["spec"]["containers"][0]
    if args.working_dir == UNSAID and args.work_folder is None:
        del container["workingDir"]
    # The heap is Spark's to limit, and a queue counts requests.
    limits = {name: amount for name, amount in container["resources"]["limits"].items() if name not in ("cpu", "memory")}
    container["resources"] = {"requests": container["resources"]["requests"], **({"limits": limits} if limits else {})}
    meta = template["metadata"]
    return {"labels": dict(meta["labels"]), "annotations": dict(meta.get("annotations", {})), "template": template}


def account(args: SparkJobArgs, facts: JobFacts) -> list[Manifest]:
    """Return ServiceAccount, Role and RoleBinding: rights on what a driver makes, in this namespace alone."""
    labels = beside_labels(args, facts)
    rbac = "rbac.authorization.k8s.io"
    rules = [{"apiGroups": [""], "resources": list(_MADE), "verbs": list(_RIGHTS)}]
    subject = {"kind": "ServiceAccount", "name": args.account}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": args.account, "labels": labels}},
        {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": {"name": args.account, "labels": dict(labels)}, "rules": rules},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": args.account, "labels": common_labels(args, facts)},
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": args.account},
            "subjects": [subject],
        },
    ]
