"""``top job`` at one moment as it is drawn or printed; of a board that comes again and again only what has changed is put together anew."""

from __future__ import annotations

from arena_core.cli.flags import Parsed
from arena_core.cli.live import Look
from arena_core.cli.output import wants_data
from arena_core.cli.top import data, jobs
from arena_core.contract.errors import NotFound
from arena_core.records import replace
from arena_core.typed import TYPE_CHECKING
from arena_core.usecases.top.of_jobs import JobBoard, JobUse

if TYPE_CHECKING:
    from arena_core.cli.shapes.jobs import JobUse as Shown


class JobLooks:
    """Turns boards into what is shown: of ``one`` job with its instances, or of all."""

    def __init__(self, parsed: Parsed, *, one: bool) -> None:
        self._parsed = parsed
        self._one = one
        self._known: dict[str, tuple[JobUse, Shown]] = {}

    def __call__(self, board: JobBoard, most: int | None = None) -> Look:
        """Return a look; of all jobs only the first ``most`` are in the table."""
        parsed = self._parsed
        if wanted := parsed.text("instance"):
            board = board._replace(jobs=tuple(only(use, wanted) for use in board.jobs))
        if wants_data(parsed):
            return Look(board.notes, data=self._data(board))
        if self._one:
            return Look(board.notes, *jobs.one(board.jobs[0]))
        shown = jobs.summary(board, namespaced=parsed.on("all_namespaces"), headers=not parsed.on("no_headers"), most=most)
        return Look(board.notes, *shown)

    def _data(self, board: JobBoard) -> list[Shown]:
        before, self._known = self._known, {}
        for use in board.jobs:
            seen, shown = before.get(use.job.uid, (None, None))
            self._known[use.job.uid] = (use, shown if shown is not None and seen is use else data.of_job(use))
        return [shown for _, shown in self._known.values()]


def only(use: JobUse, wanted: str) -> JobUse:
    """Return a job with one of its instances alone; raises ``NotFound`` where it has none of that name."""
    kept = tuple(one for one in use.instances if wanted in (one.instance.name, one.instance.short_name))
    if not kept:
        raise NotFound(f"{use.job.name} has no instance {wanted}", f"`arena get {use.job.name}` shows its instances")
    return replace(use, instances=kept)
