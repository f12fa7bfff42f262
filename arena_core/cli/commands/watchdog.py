"""``arena watchdog``: look after the jobs that were submitted here, note their ends, and tell whoever is to be told."""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from arena_core.cli.command import Command, Context
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.output import can_be_watched, output_flag, wants_data, write
from arena_core.cli.seconds import seconds_of
from arena_core.cli.terminal import note, say
from arena_core.contract.errors import ArenaError, NotFound, UsageError
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.client import ArenaClient
    from arena_core.history.journal import Journal
    from arena_core.history.store import Entry
    from arena_core.usecases.views import Job

#: Seconds between two looks.
EVERY = "30s"


class Watch:
    """The jobs whose end has not been noted, with a client for each of their clusters."""

    def __init__(self, context: Context, journal: Journal) -> None:
        self._context = context
        self._journal = journal
        self._clients: dict[str, ArenaClient | None] = {}

    def round(self) -> Iterator[Job]:
        """Look once at every job; yields those that have ended."""
        for (name, namespace), entries in self._open().items():
            client = self._client(name)
            if client is not None:
                try:
                    yield from self._look(client, namespace, entries)
                except ArenaError as error:
                    self._context.tell_once([f"jobs in {namespace} of {name} could not be looked at: {error.message}"])

    def left(self) -> int:
        """Return how many jobs still run, or have an end that nobody knows."""
        return sum(map(len, self._open().values()))

    def _open(self) -> Mapping[tuple[str, str], Sequence[Entry]]:
        from arena_core.history.store import Store, Wanted

        found: dict[tuple[str, str], list[Entry]] = defaultdict(list)
        opened = self._journal.opened()
        if opened:
            with Store(self._journal) as store:
                for entry in store.entries(Wanted()):
                    if entry.id in opened:
                        found[entry.context, entry.namespace].append(entry)
        return found

    def _client(self, name: str) -> ArenaClient | None:
        """Return a client for the cluster of this context; None where it cannot be reached by that name any more."""
        from arena_core.cli.connect import make_client

        if name not in self._clients:
            own = self._context.client
            if own.cluster.context == name:
                self._clients[name] = own
            else:
                settings = Parsed({**self._context.settings.values, "context": name})
                other = make_client(settings, "")
                try:
                    known = other.cluster.context == name
                except ArenaError as error:
                    self._context.tell_once([f"jobs of {name} are not watched: {error.message}"])
                    known = False
                self._clients[name] = other if known else None
        return self._clients[name]

    def _look(self, client: ArenaClient, namespace: str, entries: Sequence[Entry]) -> Iterator[Job]:
        """Note what is new of jobs in one namespace: a list for all, then the ends, and what is gone."""
        listed = {job.uid: job for job in client.list(namespace=namespace)}
        for entry in entries:
            job = listed.get(entry.uid)
            if job is not None and not job.status.phase.finished:
                continue
            try:
                ended = client.get(entry.name, namespace=namespace, job_type=entry.type)
            except NotFound:
                continue  # that it is gone is noted
            if ended.uid == entry.uid and ended.status.phase.finished:
                yield ended


def run(context: Context, parsed: Parsed) -> int:
    """Look again and again until Ctrl-C, or once."""
    from arena_core.cli.connect import journal

    kept = journal(context.settings)
    if kept is None:
        raise UsageError("the history is switched off, so nobody knows which jobs to watch", "`arena config set history on`")
    once = parsed.on("once")
    if not once:
        can_be_watched(parsed)
    watch, every = Watch(context, kept), seconds_of(parsed.text("every", EVERY), "--every")
    while True:
        ended = watch.round()
        if once:
            _tell(parsed, list(ended))
            if left := watch.left():
                note(f"{left} {'job has' if left == 1 else 'jobs have'} not ended")
            return 0
        for job in ended:
            _tell(parsed, [job])
            sys.stdout.flush()
        time.sleep(every)


def _tell(parsed: Parsed, ended: Sequence[Job]) -> None:
    """Print jobs that have ended."""
    from arena_core.cli import views

    if not (wants_data(parsed) and write(parsed, [views.as_data(job) for job in ended])):
        for job in ended:
            say(f"{job.name}  {job.status.phase}")


COMMAND = Command(
    "watchdog",
    "watch the jobs that were submitted here, and tell of their ends",
    run,
    details="It notes what becomes of every job in the history, on all clusters that they were submitted to, and tells whoever --notify "
    "or the configuration names. It runs until Ctrl-C.",
    prints="jobs.Listed[]",
    flags=(
        output_flag("wide"),
        Flag("once", "look once and end, for a timer", boolean=True),
        Flag("every", "time between two looks", metavar="DURATION", default=EVERY),
    ),
)
