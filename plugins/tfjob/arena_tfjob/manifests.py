"""The objects of a TFJob: the job with its roles, and what belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arena_core.contract.types import Manifest
from arena_core.families.companions import companions
from arena_core.families.kubeflow import JOB_NAME, JOB_ROLE, OPERATOR, REPLICA_TYPE, backoff_limit, run_policy
from arena_core.podspec import JobFacts, Role, job_metadata, pod_template, preferred, required
from arena_tfjob.args import TFJobArgs
from arena_tfjob.status import KIND

PORT_NAME = "tfjob-port"
#: Name and version of Arena's chart: a label by which Arena (Go) knows its jobs.
CHART = "tfjob-0.39.1"
#: On the node's network roles may share a node, so that each needs a port of its own where the user named none.
HOST_PORTS = {"Worker": 22220, "PS": 22221, "Chief": 22222, "Evaluator": 22223}


def build(args: TFJobArgs) -> list[Manifest]:
    """Return the TFJob first, then ConfigMaps, PodGroup and TensorBoard."""
    counts = args.replicas()
    # The operator marks the chief, or worker 0 where there is none.
    chief = {JOB_NAME: args.name, OPERATOR: KIND.controller, JOB_ROLE: "master"}
    gpus = sum((args.ps_gpus if role == "PS" else args.gpus) * count for role, count in counts.items())
    facts = JobFacts("tfjob", "TFJob", CHART, workers=args.workers, total_gpus=gpus)
    size = sum(counts.values())
    notes = {"arena.kubeflow.org/disable-tf-config": "true"} if args.standalone else {}
    if args.role_sequence:
        notes["job-role-sequence"] = args.role_sequence
    spec: dict[str, Any] = {"runPolicy": run_policy(args, backoff_limit(args.retry) or None), KIND.field: {}}
    if args.success_policy == "AllWorkers":
        spec["successPolicy"] = args.success_policy
    for name, count in counts.items():
        template = pod_template(args, facts, _role(args, name, notes), min_member=size)
        spec[KIND.field][name] = {"replicas": count, "restartPolicy": _restart(args, name, counts), "template": template}
    meta = job_metadata(args, facts)
    if notes:
        meta["annotations"] = {**meta.get("annotations", {}), **notes}
    job = {"apiVersion": "kubeflow.org/v1", "kind": "TFJob", "metadata": meta, "spec": spec}
    others = companions(args, facts, min_member=size, chief_labels=chief)
    for obj in others:
        if args.starting_timeout and obj["kind"] == "PodGroup":
            obj["spec"]["scheduleTimeoutSeconds"] = args.starting_timeout
    return [job, *others]


def _restart(args: TFJobArgs, role: str, counts: Mapping[str, int]) -> str:
    """Return Arena's policy, a worker beside a chief may fail; or what ``--retry`` asks for, for every role alike."""
    if "retry" in args.model_fields_set:
        return "OnFailure" if args.retry else "Never"
    return "OnFailure" if role == "Worker" and "Chief" in counts else "Never"


def _role(args: TFJobArgs, name: str, notes: Mapping[str, str]) -> Role:
    port = args.of_role(name, "port") or (HOST_PORTS[name] if args.host_network else 0)
    selectors = args.of_role(name, "selectors")
    return Role(
        container=KIND.container,
        image=args.image_of(name),
        gpus=args.ps_gpus if name == "PS" else None,
        rdma=name != "Evaluator",
        selectors=selectors or None,
        ports=((PORT_NAME, port),) if port else (),
        annotations=notes,
        affinity=_affinity(args, name),
        # The chief writes TensorBoard's logs, or the workers where there is none; an evaluator writes its own.
        logs=name in ("Chief", "Evaluator") or (name == "Worker" and not (args.chief or args.standalone)),
        **args.resources_of(name),
    )


def _affinity(args: TFJobArgs, name: str) -> dict[str, Any] | None:
    """Return the affinity that a policy asks for, by the labels that today's operator sets on pods."""
    if name not in ("PS", "Worker"):
        return None
    policy, constraint = getattr(args, f"{name.lower()}_affinity_policy"), getattr(args, f"{name.lower()}_affinity_constraint")
    job = {JOB_NAME: args.name, OPERATOR: KIND.controller}
    own = {**job, REPLICA_TYPE: name.lower()}
    if policy == "spread":
        return required("podAntiAffinity", own) if constraint == "required" else preferred("podAntiAffinity", [(100, own)])
    if policy == "binpack":
        if constraint == "required":
            return required("podAffinity", own)
        other = {**job, REPLICA_TYPE: "worker" if name == "PS" else "ps"}
        return preferred("podAffinity", [(100, job), (60, other), (30, own)])
    return None
