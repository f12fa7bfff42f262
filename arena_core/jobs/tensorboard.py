"""Where a job's TensorBoard can be seen."""

from __future__ import annotations

from arena_core.errors import ArenaError
from arena_core.jobs.facts import own
from arena_core.jobs.marks import SUBMIT_ID, TENSORBOARD
from arena_core.jobs.session import Session
from arena_core.jobs.views import Job
from arena_core.kube.resources import ENDPOINTS, NODES, SERVICES
from arena_core.types import Manifest


def address(session: Session, job: Job) -> str:
    """Return the address of the job's TensorBoard, or nothing.

    Our jobs say whether they have one; for jobs of old Arena (which cannot be told otherwise) Services are looked at.
    """
    marked = job.annotations.get(TENSORBOARD)
    by_old_arena = SUBMIT_ID not in job.annotations and "release" in job.labels
    if not marked and not by_old_arena:
        return ""
    selector = f"role=tensorboard,release={job.name}"
    try:
        found = own(session.cluster.list(SERVICES, job.namespace, label_selector=selector).items, job.manifest)
    except ArenaError:
        return ""
    return _url(session, job, found[0]) if found else ""


def _url(session: Session, job: Job, service: Manifest) -> str:
    spec = service.get("spec") or {}
    port = (spec.get("ports") or [{}])[0]
    if session.cluster.is_local:
        return _local_url(session, job, service)
    ingress = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    if ingress and port.get("port"):
        return f"http://{ingress[0].get('ip') or ingress[0].get('hostname')}:{port['port']}"
    if port.get("nodePort"):
        host = _node_address(session, job)
        if host:
            return f"http://{host}:{port['nodePort']}"
    name = (service.get("metadata") or {}).get("name", "")
    return f"http://{name}.{job.namespace}.svc:{port['port']}" if port.get("port") else ""


def _local_url(session: Session, job: Job, service: Manifest) -> str:
    """On the local cluster a pod's own address can be opened; there is none before it is ready."""
    name = str((service.get("metadata") or {}).get("name", ""))
    try:
        endpoints = session.cluster.find(ENDPOINTS, job.namespace, name) or {}
    except ArenaError:
        return ""
    for subset in endpoints.get("subsets") or []:
        for one in subset.get("addresses") or []:
            for port in subset.get("ports") or []:
                return f"http://{one.get('ip')}:{port.get('port')}"
    return ""


def _node_address(session: Session, job: Job) -> str:
    """Return a node's address: one that our pods run on, without rights on nodes; else any node that is ready."""
    for instance in job.status.instances:
        if instance.node_ip:
            return instance.node_ip
    try:
        nodes = session.cluster.list(NODES).items
    except ArenaError:
        return ""
    for node in nodes:
        for entry in (node.get("status") or {}).get("addresses") or []:
            if entry.get("type") == "InternalIP" and _ready(node):
                return str(entry.get("address", ""))
    return ""


def _ready(node: Manifest) -> bool:
    conditions = (node.get("status") or {}).get("conditions") or []
    return any(c.get("type") == "Ready" and c.get("status") == "True" for c in conditions)
