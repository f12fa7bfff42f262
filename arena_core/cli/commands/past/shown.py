"""The job of the history that is shown on the page: how it was last seen, and what is kept of its logs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from arena_core.cli.commands.past import looking
from arena_core.contract.errors import NotFound
from arena_core.contract.types import Instance, JobStatus, JobView, Phase
from arena_core.history import followed
from arena_core.history.journal import is_noted
from arena_core.usecases.views import Job

if TYPE_CHECKING:
    from arena_core.history.store import Entry, KeptLog


class Past(NamedTuple):
    """A job of the history, and what is kept of its logs."""

    job: Job
    logs: Sequence[KeptLog]


def find(name: str, namespace: str) -> Past | None:
    """Return the last job of this name (or the one of this id) that was submitted from here; None where there was none."""
    if not is_noted(looking.journal()):
        return None
    with looking.store() as store:
        try:
            entry = store.entry(name, namespace)
        except NotFound:
            return None
        logs = [followed.fuller(store.journal, entry.id, one) for one in store.logs(entry)] or followed.only(store.journal, entry.id)
    return Past(_job(entry, logs), logs)


def _job(entry: Entry, logs: Sequence[KeptLog]) -> Job:
    manifest = {"metadata": {"name": entry.name, "namespace": entry.namespace, "uid": entry.uid, "creationTimestamp": entry.submitted}}
    phase = Phase(entry.status) if entry.status in set(Phase) else Phase.UNKNOWN
    known = {str(one.get("name")): one for one in entry.instances}
    names = list(dict.fromkeys([*known, *(log.instance for log in logs if log.instance)]))
    members = []
    for name in names:
        seen = known.get(name, {})
        code = seen.get("exitCode")
        members.append(
            Instance(
                name, str(seen.get("status") or ""), node=str(seen.get("node") or ""), exit_code=code if isinstance(code, int) else None
            )
        )
    status = JobStatus(phase, entry.status, entry.reason, entry.message, start=entry.started, end=entry.ended, instances=tuple(members))
    return Job(entry.type, JobView(manifest, (), (), status))
