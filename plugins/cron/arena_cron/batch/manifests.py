"""A cron of plain Kubernetes. A Job stands in its CronJob itself; any other job is made by a small pod at its time."""

from __future__ import annotations

from importlib import resources
from typing import Any

from arena_core.contract.types import Jobs, Manifest
from arena_cron import names
from arena_cron.args import BatchCronArgs
from arena_cron.inside import Inside, inside, metadata

CHART = "cron-0.1.0"
#: The program that makes a job: it goes along, so that any image with Python will do.
SCRIPT = resources.files("arena_cron").joinpath("runner.py").read_text(encoding="utf-8")
FOLDER = "/opt/arena-cron"


def build(args: BatchCronArgs, jobs: Jobs) -> list[Manifest]:
    """Return the CronJob first, then what its jobs share, and what the pod that makes them needs."""
    found = inside(args, jobs)
    own = metadata(args, found, CHART)
    own["annotations"] |= {names.POLICY: args.concurrency_policy, names.KEEPS: str(args.history_limit)}
    if args.deadline:
        own["annotations"][names.DEADLINE] = args.deadline
    direct = is_job(found.job) and not args.deadline
    spec: dict[str, Any] = {"schedule": args.schedule, "suspend": args.suspended}
    if args.time_zone:
        spec["timeZone"] = args.time_zone
    spec["concurrencyPolicy"] = args.concurrency_policy if direct else "Forbid"
    keep = args.history_limit if direct else 1
    spec |= {"successfulJobsHistoryLimit": keep, "failedJobsHistoryLimit": keep}
    spec["jobTemplate"] = _own_template(found.job) if direct else _runner_template(args, found)
    cron = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": own, "spec": spec}
    return [cron, *found.others, *([] if direct else _beside(args, found, own["labels"]))]


def is_job(job: Manifest) -> bool:
    """Whether the job is one that a CronJob makes itself."""
    return (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")


def _own_template(job: Manifest) -> dict[str, Any]:
    return {"metadata": job["metadata"], "spec": job["spec"]}


def _runner_template(args: BatchCronArgs, found: Inside) -> dict[str, Any]:
    given: Any = args
    labels = {"app": names.RUNNER, names.CREATED_BY: names.CREATOR}
    restricted = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    container = {
        "name": names.RUNNER,
        "image": args.cron_image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", f"{FOLDER}/run.py"],
        "env": _environment(args, found),
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}},
        "securityContext": restricted,
        "volumeMounts": [{"name": "job", "mountPath": FOLDER, "readOnly": True}],
    }
    pod: dict[str, Any] = {
        "restartPolicy": "Never",
        "serviceAccountName": account(args),
        "securityContext": {"runAsNonRoot": True, "runAsUser": 65534, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": [{"name": "job", "configMap": {"name": config(given.name)}}],
    }
    if secrets := getattr(given, "image_pull_secrets", ()):
        pod["imagePullSecrets"] = [{"name": name} for name in secrets]
    spec = {"backoffLimit": 3, "template": {"metadata": {"labels": labels}, "spec": pod}}
    return {"metadata": {"labels": labels}, "spec": spec}


def _environment(args: BatchCronArgs, found: Inside) -> list[dict[str, Any]]:
    given: Any = args
    group, _, version = str(found.job["apiVersion"]).rpartition("/")
    path = f"/apis/{group}/{version}" if group else f"/api/{version}"
    values = {
        "ARENA_CRON": given.name,
        "ARENA_PATH": f"{path}/namespaces/{{namespace}}/{found.handle.job_type.resource.plural}",
        "ARENA_POLICY": args.concurrency_policy,
        "ARENA_KEEPS": str(args.history_limit),
        **({"ARENA_DEADLINE": args.deadline} if args.deadline else {}),
        "PYTHONUNBUFFERED": "1",
    }
    name = {"fieldRef": {"fieldPath": "metadata.labels['batch.kubernetes.io/job-name']"}}
    return [*({"name": key, "value": value} for key, value in values.items()), {"name": "ARENA_JOB", "valueFrom": name}]


def config(name: str) -> str:
    """Return the name of the ConfigMap that holds the job."""
    return f"{name}-cron-job"


def account(args: BatchCronArgs) -> str:
    """Return the service account of the pod that makes jobs."""
    given: Any = args
    return args.cron_service_account or f"{given.name}-cron-runner"


def _beside(args: BatchCronArgs, found: Inside, labels: dict[str, str]) -> list[Manifest]:
    given: Any = args
    own = {"name": config(given.name), "labels": labels}
    # An object as a value: whoever looks at what is submitted sees the job in it; it is sent as text.
    data = {"job.json": found.job, "run.py": SCRIPT}
    held: list[Manifest] = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": own, "data": data}]
    if args.cron_service_account:
        return held
    name, group = account(args), str(found.job["apiVersion"]).rpartition("/")[0]
    kind = found.handle.job_type.resource.plural
    rules = [
        {"apiGroups": ["batch"], "resources": ["cronjobs"], "resourceNames": [given.name], "verbs": ["get"]},
        {"apiGroups": [group], "resources": [kind], "verbs": ["create", "list", "delete"]},
    ]
    meta = {"name": name, "labels": labels}
    bound = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
    return [
        *held,
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": dict(meta), "rules": rules},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": dict(meta),
            "roleRef": bound,
            "subjects": [{"kind": "ServiceAccount", "name": name}],
        },
    ]
