"""``update``: a live job is changed as its type says, and just the differences are sent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from arena_core.contract.errors import ArenaError, NotFound, UsageError
from arena_core.contract.types import JobHandle, Manifest
from arena_core.kube.refusals import Conflict, Invalid
from arena_core.records import record
from arena_core.usecases import refused
from arena_core.usecases.dryrun import DryRun
from arena_core.usecases.find import find_this
from arena_core.usecases.marks import metadata_of
from arena_core.usecases.session import Session
from arena_core.usecases.spoken import an


@record
class Updated:
    """A job that was changed: the object as it is then, and each place with the value before and after."""

    job_type: str
    name: str
    manifest: Manifest
    changes: tuple[tuple[str, Any, Any], ...] = ()


def update(
    session: Session, name: str, args: Any, *, job_type: str = "", namespace: str = "", uid: str = "", dry_run: DryRun = ""
) -> Updated:
    """Change a live job and return what is different then; nothing is sent where nothing is."""
    namespace = namespace or session.namespace
    for _ in range(3):
        handle, job, _unread = find_this(session, name, job_type, namespace, uid)
        own, found = handle.job_type, str(metadata_of(job).get("name"))
        model = _read(handle, args)
        if metadata_of(job).get("deletionTimestamp"):
            raise NotFound(f"{found} is being deleted")
        new = handle.update(job, model)
        changes = tuple(differences(job, new))
        if not changes or dry_run == "client":
            return Updated(own.name, found, new, changes)
        patch = difference(job, new)
        meta = metadata_of(job)
        patch["metadata"] = {**patch.get("metadata", {}), "uid": meta.get("uid"), "resourceVersion": meta.get("resourceVersion")}
        try:
            made = session.cluster.patch(own.resource, namespace, found, patch, dry_run=dry_run == "server")
        except Conflict:
            continue
        except Invalid as error:
            raise refused.explain(error, type(model)) from error
        return Updated(own.name, found, made, changes)
    raise ArenaError(f"{name} is changed by somebody else all the time", "try again")


def _read(handle: JobHandle, args: Any) -> Any:
    model = handle.update_model
    if model is None:
        raise UsageError(f"{an(handle.job_type.name)} cannot be changed while it is there", "delete it and submit it anew")
    if not isinstance(args, Mapping):
        return args
    from arena_core.args import parse

    return handle.behind("its model of changes", lambda: parse(model, args))


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return the merge patch from one object to another; a list is replaced as a whole, null removes.

    >>> difference({"a": 1, "b": {"c": [1], "d": 2}}, {"a": 1, "b": {"c": [1, 2]}})
    {'b': {'c': [1, 2], 'd': None}}
    """
    patch: dict[str, Any] = {}
    for key in dict.fromkeys([*old, *new]):
        before, after = old.get(key), new.get(key)
        if before == after:
            continue
        both = isinstance(before, Mapping) and isinstance(after, Mapping)
        patch[key] = difference(before, after) if both else after  # type: ignore[arg-type]
    return patch


def differences(old: Any, new: Any, where: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield (place, before, after) of everything that is different; rows of a list that have names are compared by them.

    >>> list(differences({"env": [{"name": "A", "value": "1"}]}, {"env": [{"name": "A", "value": "2"}]}))
    [('env[A].value', '1', '2')]
    """
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*old, *new]):
            yield from differences(old.get(key), new.get(key), f"{where}.{key}" if where else str(key))
    elif (before := _by_name(old)) is not None and (after := _by_name(new)) is not None:
        names = dict.fromkeys([*before, *after])
        found = [one for name in names for one in differences(before.get(name), after.get(name), f"{where}[{name}]")]
        yield from found or [(where, old, new)]  # another order, or an empty list in place of none
    else:
        yield where, old, new


def _by_name(rows: Any) -> dict[str, Any] | None:
    """Return the rows of a list by name, or None where not each has one of its own; nothing at all is an empty list."""
    if rows is None:
        return {}
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) and isinstance(row.get("name"), str) for row in rows):
        return None
    found = {row["name"]: row for row in rows}
    return found if len(found) == len(rows) else None


def shown(value: Any) -> str:
    """Return a value in one short line."""
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 100 else text[:97] + "..."
