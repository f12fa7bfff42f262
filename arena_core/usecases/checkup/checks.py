"""What ``arena check`` looks at, one function an area; each returns rows and raises nothing that is to be expected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from arena_core.contract.errors import ArenaError, KindNotInstalled
from arena_core.contract.queues import Queue
from arena_core.contract.types import JobHandle, Resource
from arena_core.k8s import dig
from arena_core.kube.resources import NODES
from arena_core.usecases.checkup.rights import Rules, rights_of
from arena_core.usecases.findings import Row
from arena_core.usecases.queues import list_queues
from arena_core.usecases.session import Session
from arena_core.usecases.top.nodes import node_of
from arena_core.usecases.unread import phrase

DEPLOYMENTS = Resource("apps", "v1", "Deployment", "deployments")
REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"


def cluster(session: Session) -> list[Row]:
    """Which version answers, and under which name it knows us."""
    answer = session.cluster.request("GET", "/version")
    try:
        version = str(answer.json().get("gitVersion") or "")
    except (ValueError, AttributeError):
        version = ""
    where = f"context {session.cluster.context}" if session.cluster.context else session.cluster.server
    if not version:
        return [Row("cluster", where, "unknown", f"it does not tell its version (HTTP {answer.status})")]
    return [Row("cluster", where, "ok", f"Kubernetes {version}, namespace {session.namespace}")]


def kinds(session: Session, handles: Sequence[JobHandle]) -> list[Row]:
    """Which job types' kinds are served."""
    served = session.cluster.served()
    rows = []
    for handle in handles:
        own = handle.job_type
        answer = served.has(own.resource)
        if answer:
            rows.append(Row("job types", own.name, "ok", f"{own.resource.key} is served"))
        elif answer is None:
            rows.append(Row("job types", own.name, "unknown", f"the cluster does not tell whether it serves {own.resource.key}"))
        else:
            detail = f"{own.resource.key} is not served: no {own.resource.kind} can be submitted"
            rows.append(Row("job types", own.name, "missing", detail, own.provider))
    return rows


def operators(session: Session, handles: Sequence[JobHandle]) -> list[Row]:
    """Whether somebody acts on the kinds: a Deployment whose image is the operator's is ready."""
    wanted: dict[str, list[str]] = {}
    for handle in handles:
        if handle.job_type.operator and session.cluster.served().has(handle.job_type.resource):
            wanted.setdefault(handle.job_type.operator, []).append(handle.job_type.name)
    if not wanted:
        return []
    if session.cluster.is_local:
        return [Row("operators", word, "ok", "part of the local cluster") for word in wanted]
    try:
        found = session.cluster.list(DEPLOYMENTS).items
    except ArenaError as error:
        return [Row("operators", ", ".join(wanted), "unknown", f"Deployments of all namespaces: {phrase(DEPLOYMENTS, error)}")]
    return [_operator(word, types, [one for one in found if _has_image(one, word)]) for word, types in wanted.items()]


def _has_image(deployment: Any, word: str) -> bool:
    containers = dig.items(deployment, "spec", "template", "spec", "containers")
    return any(word in dig.text(one, "image") for one in containers)


def _operator(word: str, types: Sequence[str], found: Sequence[Any]) -> Row:
    if not found:
        return Row("operators", word, "unknown", "no Deployment has an image of this name: perhaps it runs elsewhere, or under another one")
    names = [f"{dig.text(one, 'metadata', 'namespace')}/{dig.text(one, 'metadata', 'name')}" for one in found]
    if any(dig.number(one, "status", "readyReplicas") for one in found):
        return Row("operators", word, "ok", f"{', '.join(names)} is ready")
    detail = f"{', '.join(names)} has no ready pod: nothing happens to jobs of {', '.join(types)}"
    return Row("operators", word, "missing", detail, "whoever runs the cluster looks at its pods")


def rights(session: Session, handles: Sequence[JobHandle]) -> list[Row]:
    """What the user may do in the namespace, by what commands need."""
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": session.namespace}}
    answer = session.cluster.request("POST", REVIEW, None, body, repeatable=True)
    try:
        rules = Rules(answer.json() if answer.ok else {})
    except ValueError:
        rules = Rules({})
    served = session.cluster.served()
    kinds_here = [handle.job_type.resource for handle in handles if served.has(handle.job_type.resource) is not False]
    rows = []
    for right in rights_of(list(dict.fromkeys(kinds_here))):
        refused, unsure = rules.lacking(right)
        if refused:
            detail = f"you may not {', '.join(refused)} in namespace {session.namespace}"
            rows.append(Row("rights", right.what, "missing", detail, "docs/cluster-setup.md has a Role that allows it"))
        elif unsure:
            rows.append(Row("rights", right.what, "unknown", "the cluster does not tell all rules of this user"))
        else:
            rows.append(Row("rights", right.what, "ok"))
    return rows


def queues(session: Session) -> list[Row]:
    """Which queues jobs can name."""
    try:
        board = list_queues(session, session.namespace)
    except KindNotInstalled as error:
        return [Row("queues", "queueing", "missing", error.message, error.hint)]
    except ArenaError as error:
        return [Row("queues", "queueing", "unknown", error.message)]
    rows = [_queue(one) for one in board.queues]
    rows += [Row("queues", "queueing", "unknown", note) for note in board.notes]
    if not board.queues and not board.notes:
        what = f"there is no queue for namespace {session.namespace}"
        rows.append(Row("queues", "queueing", "missing", f"{what}: no job can name one", "whoever runs the cluster makes one"))
    return rows


def _queue(one: Queue) -> Row:
    what = f"{one.system} {one.name}"
    if one.closed:
        return Row("queues", what, "missing", f"it admits nobody: {one.closed}")
    return Row("queues", what, "ok", f"{len(one.waiting)} waiting, {len(one.running)} running")


def nodes(session: Session) -> list[Row]:
    """Which nodes take pods, and which accelerators they have."""
    try:
        found = session.cluster.list(NODES).items
    except ArenaError as error:
        return [Row("nodes", "nodes", "unknown", phrase(NODES, error))]
    ready = [node for node in (node_of(one, ()) for one in found) if node.ready and not node.cordoned]
    if not ready:
        return [Row("nodes", "nodes", "missing", f"none of {len(found)} nodes is ready and takes pods")]
    rows = [Row("nodes", "nodes", "ok", f"{len(ready)} of {len(found)} are ready and take pods")]
    totals: Counter[str] = Counter()
    for device in (device for node in ready for device in node.devices):
        totals[device.resource] += device.healthy or 0
    if any(totals.values()):
        return [*rows, *(Row("nodes", name, "ok", f"{count} in all") for name, count in sorted(totals.items()) if count)]
    hint = "`arena local up --gpus N` pretends some" if session.cluster.is_local else "the vendor's device plugin tells a cluster of them"
    return [*rows, Row("nodes", "accelerators", "missing", "no node has any: a job that asks for GPUs never starts", hint)]
