"""Candidates that only the cluster knows."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from arena_core.cli.command import Context
from arena_core.cli.connect import make_client
from arena_core.cli.flags import Parsed
from arena_core.contract.errors import ArenaError
from arena_core.contract.types import Resource


def offer(kind: str, context: Context, parsed: Parsed) -> list[tuple[str, str]]:
    """Names of jobs, of the instances of the job that is named already, of nodes, queues or namespaces."""
    client = make_client(context.settings, context.namespace)
    if kind == "namespace":
        from arena_core.kube.resources import NAMESPACES

        return [(str(n["metadata"]["name"]), "") for n in client.cluster.list(NAMESPACES).items]
    if kind == "nodes":
        from arena_core.kube.resources import NODES

        return [(name, "") for n in client.cluster.list(NODES).items if (name := str(n["metadata"]["name"])) not in parsed.args]
    if kind == "queue":
        from arena_core.schedulers import LOCAL_QUEUE

        return [(str(n["metadata"]["name"]), "") for n in client.cluster.list(LOCAL_QUEUE, context.namespace or client.namespace).items]
    if kind == "instance":
        if not parsed.args:
            return []
        job = client.get(parsed.args[0], job_type=parsed.text("type"))
        return [(i.short_name, i.status) for i in job.status.instances]
    taken = parsed.args if kind == "jobs" else []
    if kind == "job" and parsed.args:
        return []
    jobs = client.list(job_type=parsed.text("type"), namespace=context.namespace).jobs
    return [(job.name, f"{job.job_type} {job.status.phase}") for job in jobs if job.name not in taken]


def names(kinds: Sequence[Resource], context: Context) -> list[tuple[str, str]]:
    """Names of the objects of some kinds, as far as they can be read."""
    client, found = make_client(context.settings, context.namespace), []
    for kind in kinds:
        with suppress(ArenaError):
            space = (context.namespace or client.namespace) if kind.namespaced else ""
            found += [(str(item["metadata"]["name"]), kind.kind) for item in client.cluster.list(kind, space).items]
    return found
