"""A healthy service as a job type, a Deployment with a Service before it: the prototype of the contract's ``workload="service"``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import Endpoint, JobStatus, JobType, JobView, Manifest, Phase, PodSet, Resource, Scale
from arena_core.k8s import dig
from arena_core.k8s.selectors import exactly
from arena_core.podstatus import instance

ARENA_CONTRACT = 2
DEPLOYMENT = Resource("apps", "v1", "Deployment", "deployments")


def labels(job: Manifest) -> dict[str, str]:
    """Return the label that the pods of a server carry."""
    return {"serves": dig.text(job, "metadata", "name")}


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return JobType(
        name="server",
        resource=DEPLOYMENT,
        args=model,
        summary="serves until it is deleted",
        selectors=lambda job: exactly(labels(job)),
        leads=False,
        scale=lambda job: [Scale("server", "spec.replicas", 0, 3)],
        workload="service",
    )


def model(jobs: Any) -> Any:
    """Return the argument model."""
    from arena_core.args import JobArgs, flag

    class ServerArgs(JobArgs):
        workers: int = flag(1, help="How many servers there are.", ge=1, le=3)

    return ServerArgs


@hookimpl
def arena_build_manifests(args: Any) -> Sequence[Manifest]:
    """Return the Deployment and its Service."""
    from arena_core.families.companions import companions
    from arena_core.podspec import JobFacts, Role, job_metadata, pod_template

    facts = JobFacts(app="server", created_by="Server", chart="server-1", workers=args.workers)
    address = {"name": "MY_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
    template = pod_template(args, facts, Role(container="main", restart_policy="Always", labels={"serves": args.name}))
    template["spec"]["containers"][0].setdefault("env", []).append(address)
    selector = {"serves": args.name}
    spec = {"replicas": args.workers, "selector": {"matchLabels": selector}, "template": template}
    job = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": job_metadata(args, facts), "spec": spec}
    ports = [{"name": "http", "port": 80, "targetPort": 8901}]
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": args.name}, "spec": {"selector": selector, "ports": ports}}
    return [job, service, *companions(args, facts)]


@hookimpl
def arena_job_status(view: JobView) -> JobStatus:
    """Say whether it serves."""
    wanted = dig.number(view.manifest, "spec", "replicas", default=1)
    serves = dig.number(view.manifest, "status", "availableReplicas") >= wanted
    members = tuple(instance(pod, role="server") for pod in view.pods or ())
    return JobStatus(Phase.READY if serves else Phase.PENDING, instances=members, replicas=max(wanted, 0))


@hookimpl
def arena_pod_sets(job: Manifest) -> Sequence[PodSet]:
    """Return the one set of pods."""
    if not dig.mapping(job, "spec", "template"):
        return []
    return [PodSet("server", "spec.template", max(dig.number(job, "spec", "replicas", default=1), 0), ends=False)]


@hookimpl
def arena_endpoints(view: JobView) -> list[Endpoint]:
    """Return the Service."""
    name = dig.text(view.manifest, "metadata", "name")
    return [Endpoint("http", "http", name, 80, path="/")] if name else []
