"""The pod template of a role, put together from all parts."""

from __future__ import annotations

from typing import Any

from arena_core.args import JobArgs, Toleration
from arena_core.podspec.container import main_container
from arena_core.podspec.facts import JobFacts, Role
from arena_core.podspec.metadata import ENI, pod_annotations, pod_labels
from arena_core.podspec.sync import init_containers
from arena_core.podspec.volumes import all_mounts, volume_mounts_of, volumes_of
from arena_core.podspec.workdir import parcel_volumes


def pod_template(args: JobArgs, facts: JobFacts, role: Role, *, min_member: int = 0) -> dict[str, Any]:
    """Return the pod template (``metadata`` and ``spec``) of a role.

    ``min_member`` is the size of the gang that the pods name with ``--gang``; 0 where the job's own operator does that.
    """
    metadata: dict[str, Any] = {"labels": pod_labels(args, facts, role, min_member)}
    annotations = pod_annotations(args, facts, role, min_member)
    if annotations:
        metadata["annotations"] = annotations
    return {"metadata": metadata, "spec": pod_spec(args, facts, role)}


def pod_spec(args: JobArgs, facts: JobFacts, role: Role) -> dict[str, Any]:
    """Return the pod spec of a role."""
    mounts = all_mounts(args, logs=role.logs)
    spec: dict[str, Any] = placement(args, role)
    spec |= host_namespaces(args)
    if args.image_pull_secrets:
        spec["imagePullSecrets"] = [{"name": name} for name in args.image_pull_secrets]
    if role.restart_policy:
        spec["restartPolicy"] = role.restart_policy
    volumes = volumes_of(mounts) + parcel_volumes(args)
    if volumes:
        spec["volumes"] = volumes
    before = init_containers(args, facts, role)
    if before:
        spec["initContainers"] = before
    spec["containers"] = [main_container(args, facts, role, volume_mounts_of(mounts))]
    return spec


def placement(args: JobArgs, role: Role) -> dict[str, Any]:
    """Return where the pods may run: selectors, tolerations, affinity, priority, scheduler."""
    selectors = args.selectors if role.selectors is None else role.selectors
    parts: dict[str, Any] = {
        "nodeSelector": dict(selectors),
        "tolerations": [toleration(t) for t in args.tolerations],
        "affinity": dict(role.affinity or {}),
        "priorityClassName": args.priority,
        "schedulerName": args.pod_scheduler(),
    }
    return {key: value for key, value in parts.items() if value}


def toleration(item: Toleration) -> dict[str, Any]:
    """Return a toleration, each part only if it is given."""
    parts = {"key": item.key, "operator": item.operator, "value": item.value, "effect": item.effect}
    found: dict[str, Any] = {key: value for key, value in parts.items() if value}
    return found if item.seconds is None else {**found, "tolerationSeconds": item.seconds}


def host_namespaces(args: JobArgs) -> dict[str, Any]:
    """Return the node's namespaces that the pods share; an elastic network interface excludes the node's network."""
    spec: dict[str, Any] = {}
    if args.host_network and args.annotations.get(ENI) != "true":
        spec |= {"hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"}
    if args.host_pid:
        spec["hostPID"] = True
    if args.host_ipc:
        spec["hostIPC"] = True
    return spec
