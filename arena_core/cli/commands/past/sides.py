"""The two sides of a comparison: arguments, objects and commit of an earlier job, of a live one, or of a job file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from arena_core.cli.command import Context
from arena_core.cli.commands.past import looking
from arena_core.cli.commands.past.source import source
from arena_core.cli.flags import Parsed
from arena_core.discreet import redacted
from arena_core.usecases.compare import ABSENT, Difference, differences, neutral, told_by

if TYPE_CHECKING:
    from arena_core.contract.types import Manifest


class Side(NamedTuple):
    """One side; objects are by kind and name, in which the job's own name is a placeholder."""

    name: str
    arguments: Mapping[str, Any]
    objects: Mapping[str, Any]
    commit: str = ""


def earlier(context: Context, reference: str) -> Side:
    """Return an earlier job, or one that is there."""
    settings = Parsed({**context.settings.values})
    found = source(settings, reference)
    commit, objects = "", []
    if found.entry is not None:
        changed = {True: " with changes", False: "", None: ""}[found.entry.dirty]
        commit = found.entry.commit + changed if found.entry.commit else ""
        with looking.store() as store:
            objects = store.objects(found.entry)
    if not objects:
        objects = built(context, found.arguments, found.namespace)
    return Side(found.name, redacted(dict(found.arguments)), by_kind(redacted(objects), found.name), commit)


def built(context: Context, arguments: Mapping[str, Any], namespace: str) -> list[Manifest]:
    """Return the objects that a job file makes; the cluster is not asked."""
    from arena_core.cli.commands.submit import keys_of
    from arena_core.cli.jobtypes import find_type
    from arena_core.cli.submit.fromconfig import with_config

    handle = find_type(str(arguments.get("type", "")))
    name = handle.job_type.name
    raw, _ = with_config(keys_of(arguments, handle.args_model), handle.args_model, name, context.config)
    done = context.client.submit(name, raw, namespace=namespace, dry_run="client")
    return [dict(one) for one in done.manifests]


def by_kind(objects: Sequence[Mapping[str, Any]], name: str) -> dict[str, Any]:
    """Return objects by ``Kind/name``."""
    neutrals = [neutral(one, name) for one in objects]
    return {f"{one.get('kind')}/{(one.get('metadata') or {}).get('name')}": one for one in neutrals}


def between(first: Side, second: Side) -> dict[str, list[Difference]]:
    """Return what is different, by section."""
    commit = [] if first.commit == second.commit else [Difference("commit", first.commit or ABSENT, second.commit or ABSENT)]
    return {
        "flags": list(differences(first.arguments, second.arguments)),
        "objects": list(differences(first.objects, second.objects)),
        "commit": commit,
    }


def from_live(context: Context, reference: str, data: Mapping[str, Any]) -> dict[str, list[Difference]]:
    """Return where a live job is not as a job file would make it, and what of it the file no longer has."""
    from arena_core.kube.resources import resource_of

    job = context.client.get(reference)
    before = context.client.job_file(job)
    wanted = built(context, {"type": job.job_type, "name": job.name, **data}, job.namespace)
    found: list[Difference] = []
    for place, obj in enumerate(wanted):
        name = str(obj["metadata"]["name"])
        live: Any = job.manifest if place == 0 and name == job.name else None
        if live is None:
            live = context.client.cluster.find(resource_of(obj["apiVersion"], obj["kind"]), job.namespace, name)
        head = f"{obj['kind']}/{name}"
        found += told_by(obj, ABSENT if live is None else live, head)
    if before:
        old = by_kind(built(context, before, job.namespace), job.name)
        gone = differences(old, by_kind(wanted, job.name))
        found += [one._replace(path=one.path.replace("(name)", job.name)) for one in gone if one.after is ABSENT]
    flags = list(differences(dict(before), {"type": job.job_type, "name": job.name, **data})) if before else []
    return {"flags": [_discreet(one) for one in flags], "objects": [_discreet(one) for one in found], "commit": []}


def _discreet(one: Difference) -> Difference:
    """Return a difference without secrets: that they differ is told, not how."""
    names = [part for part in re.split(r"[.\[\]]+", one.path) if part]
    name = next((part for part in reversed(names) if part != "value"), "")
    return one._replace(before=_hidden(one.before, name), after=_hidden(one.after, name))


def _hidden(value: Any, name: str) -> Any:
    return value if value is ABSENT else redacted(value, name)
