"""Candidates that only the cluster knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from arena_core.cli.command import Context
from arena_core.cli.connect import make_client
from arena_core.cli.flags import Parsed
from arena_core.contract.errors import ArenaError
from arena_core.contract.types import Resource

if TYPE_CHECKING:
    from arena_core.client import ArenaClient, BoundJob


Found = list[tuple[str, str]]


def offer(kind: str, context: Context, parsed: Parsed) -> Found:
    """What stands for a kind of word (``job``), or for the word at this place where there are several kinds (``job endpoint``)."""
    kinds = kind.split()
    place = min(len(parsed.args), len(kinds) - 1)
    offered = OFFERS.get(kinds[place])
    return offered(make_client(context.settings, context.namespace), parsed) if offered else []


def contexts(parsed: Parsed) -> Found:
    """The contexts of the kubeconfig; no cluster is asked."""
    from arena_core.cli.connect import kubeconfig
    from arena_core.kube.connect import contexts_of

    return [(name, str(entry.get("cluster", ""))) for name, entry in sorted(contexts_of(kubeconfig(parsed)).items())]


def _of(kind: Resource, parsed: Parsed, client: ArenaClient) -> Found:
    found = client.cluster.list(kind, client.namespace if kind.namespaced else "").items
    return [(name, "") for item in found if (name := str(item["metadata"]["name"])) not in parsed.args]


def _namespaces(client: ArenaClient, parsed: Parsed) -> Found:
    from arena_core.kube.resources import NAMESPACES

    return _of(NAMESPACES, parsed, client)


def _nodes(client: ArenaClient, parsed: Parsed) -> Found:
    from arena_core.kube.resources import NODES

    return _of(NODES, parsed, client)


def _queues(client: ArenaClient, parsed: Parsed) -> Found:
    """The queues that `arena queue` shows, of every system."""
    return [(queue.name, queue.system) for queue in client.queues().queues if queue.name not in parsed.args]


def _jobs(client: ArenaClient, parsed: Parsed) -> Found:
    jobs = client.list(job_type=parsed.text("type")).jobs
    return [(job.name, f"{job.job_type} {job.status.phase}") for job in jobs if job.name not in parsed.args]


def _job(client: ArenaClient, parsed: Parsed) -> Found:
    return [] if parsed.args else _jobs(client, parsed)


def _named(client: ArenaClient, parsed: Parsed) -> BoundJob | None:
    """The job that is named already."""
    return client.get(parsed.args[0], job_type=parsed.text("type")) if parsed.args else None


def _instances(client: ArenaClient, parsed: Parsed) -> Found:
    job = _named(client, parsed)
    return [(i.short_name, i.status) for i in job.status.instances] if job else []


def _containers(client: ArenaClient, parsed: Parsed) -> Found:
    """The containers of the instance that is named, or of all."""
    job, wanted = _named(client, parsed), parsed.text("instance")
    chosen = {i.name for i in job.status.instances if wanted in ("", i.name, i.short_name)} if job else set()
    specs = [pod["spec"] for pod in (job.pods if job else ()) if pod["metadata"]["name"] in chosen]
    return [(str(one["name"]), "") for spec in specs for one in (*(spec.get("initContainers") or ()), *spec["containers"])]


def _endpoints(client: ArenaClient, parsed: Parsed) -> Found:
    job = _named(client, parsed)
    return [(one.name, one.address) for one in client.endpoints(job).endpoints] if job and len(parsed.args) == 1 else []


def _roles(client: ArenaClient, parsed: Parsed) -> Found:
    """Roles whose size can be changed, up to the sign before the number."""
    job = _named(client, parsed)
    given = {word.partition("=")[0] for word in parsed.args[1:]}
    found = client.jobs.get(job.job_type).job_type.scale(job.manifest) if job else ()
    return [(f"{one.role}=", "") for one in found if one.role not in given]


def _servers(client: ArenaClient, parsed: Parsed) -> Found:
    return [] if parsed.args else [(one.name, one.version) for one in client.servers().servers]


def _claims(client: ArenaClient, parsed: Parsed) -> Found:
    return [] if parsed.args else [(one.name, one.size) for one in client.volumes()]


OFFERS: Mapping[str, Callable[[ArenaClient, Parsed], Found]] = {
    "namespace": _namespaces,
    "nodes": _nodes,
    "queue": _queues,
    "queues": _queues,
    "job": _job,
    "jobs": _jobs,
    "instance": _instances,
    "container": _containers,
    "endpoint": _endpoints,
    "role": _roles,
    "server": _servers,
    "claim": _claims,
}


def names(kinds: Sequence[Resource], context: Context) -> list[tuple[str, str]]:
    """Names of the objects of some kinds, as far as they can be read; of several kinds it is said which each is."""
    client, found = make_client(context.settings, context.namespace), []
    for kind in kinds:
        with suppress(ArenaError):
            space = (context.namespace or client.namespace) if kind.namespaced else ""
            found += [
                (str(item["metadata"]["name"]), kind.kind if len(kinds) > 1 else "") for item in client.cluster.list(kind, space).items
            ]
    return found
