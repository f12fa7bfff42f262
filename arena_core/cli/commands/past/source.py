"""What a job was submitted with: as the history knows it, or as the cluster does where the job is still there."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any, NamedTuple

from arena_core.cli.command import Context
from arena_core.cli.commands.past import looking
from arena_core.cli.commands.submit import JobFile
from arena_core.cli.flags import Parsed
from arena_core.cli.terminal import note
from arena_core.contract.errors import ArenaError, NotFound, UsageError
from arena_core.discreet import hidden
from arena_core.history.journal import is_noted

if TYPE_CHECKING:
    from arena_core.history.store import Entry
    from arena_core.usecases.views import Job


class Source(NamedTuple):
    """The job file of an earlier submission. ``entry`` is None where only the cluster knows it, ``live`` where it is not there."""

    arguments: Mapping[str, Any]
    name: str
    namespace: str
    entry: Entry | None = None
    live: Job | None = None


def source(settings: Parsed, reference: str, *, live: bool = False) -> Source:
    """Return what a job was submitted with; with ``live`` the cluster is asked in any case, for what the job does now."""
    from arena_core.usecases.marks import SUBMIT_ID

    entry, arguments = _remembered(settings, reference)
    name = entry.name if entry else reference
    if entry is not None and not settings.text("namespace"):
        settings.values["namespace"] = entry.namespace
    context = Context(settings, "job")
    there: Job | None = None
    if entry is None or live or any(hidden(arguments)):
        try:
            there = context.client.get(name, job_type=entry.type if entry else "")
        except ArenaError as error:
            if entry is None or (live and not isinstance(error, NotFound)):
                raise
    if there is not None and (entry is None or there.annotations.get(SUBMIT_ID) == entry.id):
        # The cluster has the values, too, that the history leaves out.
        arguments = context.client.job_file(there) or arguments
    else:
        there = None if entry is not None else there
    if not arguments:
        raise ArenaError(f"it is not known with which arguments {name} was submitted", "it was not submitted by this program")
    return Source(arguments, name, there.namespace if there else context.namespace, entry, there)


def _remembered(settings: Parsed, reference: str) -> tuple[Entry | None, Mapping[str, Any]]:
    if not is_noted(looking.journal()):
        return None, {}
    with looking.store() as store:
        try:
            entry = store.entry(reference, settings.text("namespace"))
        except NotFound:
            return None, {}
        return entry, store.arguments(entry)


def next_name(name: str) -> str:
    """Return the name after this one: ``mnist``, ``mnist-2``, ``mnist-3``; the first that the history does not have.

    >>> following("mnist"), following("mnist-9"), following("a-0")
    ('mnist-2', 'mnist-10', 'a-0-2')
    """
    from arena_core.history.store import Wanted

    found = following(name)
    if is_noted(looking.journal()):
        with looking.store() as store:
            while store.entries(Wanted(name=found, limit=1)):
                found = following(found)
    return found


def following(name: str) -> str:
    """Return the next name of a series."""
    base, dash, number = name.rpartition("-")
    if dash and number.isascii() and number.isdigit() and not number.startswith("0") and len(number) < 6:
        return f"{base}-{int(number) + 1}"
    return f"{name}-2"


class Remembered(JobFile):
    """A job file that comes from an earlier submission, under another name."""

    def __init__(self, arguments: Mapping[str, Any], name: str) -> None:
        super().__init__()
        self._data = {**arguments, "name": name}

    def of(self, parsed: Parsed) -> dict[str, Any]:
        """What it says, after ``--set``."""
        from arena_core.cli.submit import jobfile

        if parsed.text("file"):
            raise UsageError("-f has no effect here: the arguments are those of the earlier job", "change them with --set or flags")
        data = deepcopy(self._data)
        jobfile.change(data, parsed.many("set"), parsed.many("set_string"))
        return data

    def check(self, parsed: Parsed) -> None:
        """Refuse where a secret would be needed that was not kept; say that a folder is not kept, either."""
        if (folder := self.of(parsed).get("workdir")) and "workdir" not in parsed.values:
            note(f"note: {folder} goes along as it is now: no copy of it was kept")
        missing = [where for where in hidden(self.of(parsed)) if not _given(parsed, where)]
        if missing:
            raise UsageError(
                f"the history keeps no secrets, so these are missing: {', '.join(missing)}",
                " ".join(f"--set {where}=..." for where in missing),
            )


def _given(parsed: Parsed, where: str) -> bool:
    """Whether a flag says what stands at a place of the job file."""
    field, _, inside = where.partition(".")
    value = parsed.values.get(field.replace("-", "_"))
    if field == "command" and parsed.args:
        return True
    if isinstance(value, list) and inside:
        return any(one.partition("=")[0] == inside for one in value)
    return value is not None
