"""The objects of a JobSet: the JobSet, and what belongs to it. Pure."""

from __future__ import annotations

from typing import Any

from arena_core.contract.types import Manifest
from arena_core.families.companions import companions
from arena_core.families.plainjob import INDEX
from arena_core.podspec import JobFacts, Role, job_metadata, pod_template, shell_words
from arena_job.jobset.args import JobSetArgs
from arena_job.jobset.names import JOB_INDEX, NAME, RESOURCE, ROLE
from arena_job.jobset.values import JobRole
from arena_job.names import CONTAINER

APP = "jobset"


def build(args: JobSetArgs) -> list[Manifest]:
    """Return the JobSet first, then ConfigMaps, PodGroup and TensorBoard."""
    gpus = sum(role.total * (args.gpus if role.gpus is None else role.gpus) for role in args.all_roles())
    facts = JobFacts(APP, "JobSet", workers=args.total, total_gpus=gpus)
    jobset = {"apiVersion": RESOURCE.api_version, "kind": RESOURCE.kind, "metadata": job_metadata(args, facts), "spec": _spec(args, facts)}
    return [jobset, *companions(args, facts, min_member=args.total, chief_labels=chief_labels(args))]


def chief_labels(args: JobSetArgs) -> dict[str, str]:
    """Return the labels of the pod that leads."""
    leads = args.coordinator
    role = leads.role if leads else next(iter(args.success_roles), args.all_roles()[0].name)
    job, pod = (leads.job, leads.pod) if leads else (0, 0)
    return {NAME: args.name, ROLE: role, JOB_INDEX: str(job), INDEX: str(pod)}


def _spec(args: JobSetArgs, facts: JobFacts) -> dict[str, Any]:
    network: dict[str, Any] = {"enableDNSHostnames": args.dns_hostnames, "publishNotReadyAddresses": args.publish_not_ready}
    if args.subdomain:
        network["subdomain"] = args.subdomain
    success: dict[str, Any] = {"operator": args.success_on}
    if args.success_roles:
        success["targetReplicatedJobs"] = list(args.success_roles)
    spec: dict[str, Any] = {
        "network": network,
        "startupPolicy": {"startupPolicyOrder": args.startup_order},
        "successPolicy": success,
        "failurePolicy": failure_policy(args),
        "coordinator": coordinator(args),
        "ttlSecondsAfterFinished": args.ttl_after_finished or None,
        "replicatedJobs": [_replicated(args, facts, role) for role in args.all_roles()],
    }
    return {key: value for key, value in spec.items() if value is not None}


def failure_policy(args: JobSetArgs) -> dict[str, Any] | None:
    """Return ``spec.failurePolicy``, or None: then the first failed Job fails the JobSet."""
    rules: list[dict[str, Any]] = []
    if args.fail_on_exit_code and (args.retry or args.failure_rules):
        rules.append({"name": "exitCode", "action": "FailJobSet", "onJobFailureReasons": ["PodFailurePolicy"]})
    for number, rule in enumerate(args.failure_rules):
        entry: dict[str, Any] = {"name": f"rule{number}", "action": rule.action}
        if rule.reasons:
            entry["onJobFailureReasons"] = list(rule.reasons)
        if rule.roles:
            entry["targetReplicatedJobs"] = list(rule.roles)
        rules.append(entry)
    if not args.retry and not rules:
        return None
    policy: dict[str, Any] = {"maxRestarts": args.retry, "restartStrategy": args.restart_strategy}
    return {**policy, "rules": rules} if rules else policy


def coordinator(args: JobSetArgs) -> dict[str, Any] | None:
    """Return ``spec.coordinator``."""
    leads = args.coordinator
    return {"replicatedJob": leads.role, "jobIndex": leads.job, "podIndex": leads.pod} if leads else None


def _replicated(args: JobSetArgs, facts: JobFacts, role: JobRole) -> dict[str, Any]:
    job: dict[str, Any] = {
        "parallelism": role.pods,
        "completions": role.pods,
        "completionMode": "Indexed",
        "backoffLimit": args.pod_retry if role.pod_retry is None else role.pod_retry,
    }
    if args.running_timeout:
        job["activeDeadlineSeconds"] = args.running_timeout
    if args.fail_on_exit_code:
        codes = {"containerName": CONTAINER, "operator": "In", "values": list(args.fail_on_exit_code)}
        job["podFailurePolicy"] = {"rules": [{"action": "FailJob", "onExitCodes": codes}]}
    job["template"] = _template(args, facts, role)
    entry: dict[str, Any] = {"name": role.name, "replicas": role.jobs, "template": {"spec": job}}
    if role.depends_on:
        entry["dependsOn"] = [{"name": name, "status": state} for name, state in role.depends_on]
    return entry


def _template(args: JobSetArgs, facts: JobFacts, role: JobRole) -> dict[str, Any]:
    # A pod that failed is replaced by another and stays with its log; with OnFailure the last one would be deleted.
    how = Role(
        container=CONTAINER,
        image=role.image,
        gpus=role.gpus,
        cpu=role.cpu or args.cpu,
        memory=role.memory or args.memory,
        restart_policy="Never",
    )
    template = pod_template(args, facts, how, min_member=args.total)
    line = args.command_of(role)
    if line is not None:
        template["spec"]["containers"][0]["command"] = shell_words(args, line)
    return template
