"""The columns of a list of jobs: those that Arena has, and those that can be asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from arena_core.cli import views
from arena_core.cli.fitting import Rows, fitted, room
from arena_core.cli.render import local_time
from arena_core.cli.views import NONE
from arena_core.contract.errors import UsageError
from arena_core.k8s import duration, time
from arena_core.typed import TYPE_CHECKING, NamedTuple
from arena_core.usecases.views import Job

if TYPE_CHECKING:
    from arena_core.usecases.progress.of_job import Course
    from arena_core.usecases.queues import Place

Cell = Callable[[Job], str]


class Column(NamedTuple):
    """One column: its header, what stands in it, and by what jobs are sorted where it is asked for."""

    header: str
    cell: Cell
    key: Callable[[Job], object] | None = None


def waited(job: Job) -> int:
    """Seconds from the creation to the start, or until now for a job that has not started."""
    return time.seconds_between(job.created, job.status.start or job.status.end)


def _allocated(job: Job) -> str:
    return str(job.allocated_gpus) if job.status.phase in ("PENDING", "RUNNING") else NONE


def _chief(job: Job, field: str) -> str:
    chief = job.status.chief
    return (getattr(chief, field) if chief else "") or NONE


COLUMNS: Mapping[str, Column] = {
    "namespace": Column("NAMESPACE", lambda job: job.namespace),
    "name": Column("NAME", lambda job: job.name),
    "status": Column("STATUS", lambda job: views.status_word(job.status)),
    "type": Column("TRAINER", lambda job: job.job_type.upper()),
    "duration": Column("DURATION", lambda job: duration.compact(views.duration(job)), lambda job: -views.duration(job)),
    "gpus": Column("GPU(Requested)", lambda job: str(job.requested_gpus), lambda job: -job.requested_gpus),
    "allocated": Column("GPU(Allocated)", _allocated, lambda job: -job.allocated_gpus),
    "node": Column("NODE", lambda job: _chief(job, "node_ip")),
    "age": Column("AGE", lambda job: duration.compact(time.seconds_between(job.created)), lambda job: -time.seconds_between(job.created)),
    "waited": Column("WAITED", lambda job: duration.compact(waited(job)), lambda job: -waited(job)),
    "priority": Column("PRIORITY", lambda job: job.status.priority or NONE),
    "instances": Column("INSTANCES", lambda job: f"{_running(job)}/{job.status.replicas or len(job.status.instances)}"),
    "restarts": Column("RESTARTS", lambda job: str(_restarts(job)), lambda job: -_restarts(job)),
    "nodes": Column("NODES", lambda job: ",".join(dict.fromkeys(i.node for i in job.status.instances if i.node)) or NONE),
    "reason": Column("REASON", lambda job: views.reason_text(job) or "-"),
    "labels": Column("LABELS", lambda job: ",".join(f"{k}={v}" for k, v in sorted(job.labels.items())) or "-"),
    "progress": Column("PROGRESS", lambda job: "-"),
    "eta": Column("ETA", lambda job: "-"),
    "created": Column("CREATED", lambda job: local_time(job.created)),
}
#: What a list shows that nobody has asked otherwise; ``age`` follows where a job has not started.
DEFAULT = ("name", "status", "type", "duration", "gpus", "allocated", "node")
#: What gives way on a narrow terminal, the least important first.
LEAST = ("NODE", "ETA", "GPU(Allocated)", "GPU(Requested)", "DURATION", "TRAINER")
#: Other words for columns: Arena's headers and what people type.
_ALIASES = {
    "trainer": "type",
    "gpu(requested)": "gpus",
    "gpu(allocated)": "allocated",
    "requested": "gpus",
    "gpu": "gpus",
    "wait": "waited",
}


def _running(job: Job) -> int:
    return sum(instance.phase == "Running" for instance in job.status.instances)


def _restarts(job: Job) -> int:
    return sum(instance.restarts for instance in job.status.instances)


def named(word: str, flag: str) -> str:
    """Return the column that a word means; raises ``UsageError``."""
    key = word.strip().lower()
    key = _ALIASES.get(key, key)
    if key not in COLUMNS:
        from arena_core.cli.parse import nearest

        close = nearest(key, COLUMNS)
        hint = f"did you mean {close}?" if close else f"columns: {', '.join(COLUMNS)}"
        raise UsageError(f"{flag}: there is no column {word.strip()!r}", hint)
    return key


def chosen(text: str, jobs: Sequence[Job], *, namespaced: bool) -> list[str]:
    """Return the columns of ``--columns``, or those of every list."""
    if text:
        return [named(word, "--columns") for word in text.split(",") if word.strip()]
    return [*(["namespace"] if namespaced else []), *DEFAULT, *(["age"] if views.wants_age(jobs) else [])]


#: Columns that are read from the logs: a request for each running job, made only where they are asked for or watched.
LOGS = ("progress", "eta")


def rows(
    jobs: Sequence[Job], keys: Sequence[str], places: Mapping[str, Place] | None = None, courses: Mapping[str, Course] | None = None
) -> list[list[str]]:
    """Return the header and a row for each job; ``places`` adds where the jobs stand in their queues, ``courses`` how far they are."""
    header = [COLUMNS[key].header for key in keys]
    found = [[*header, *(["PLACE"] if places else [])]]
    drawn = [COLUMNS[key].cell for key in keys]
    logged = [(at, key) for at, key in enumerate(keys) if key in LOGS]
    for job in jobs:
        cells = [cell(job) for cell in drawn]
        for at, key in logged:
            cells[at] = _from_log(key, (courses or {}).get(job.uid))
        if places:
            cells.append(_place(job, places))
        found.append(cells)
    return found


def fitting(rows: Rows, asked: str) -> tuple[Rows, list[str]]:
    """Return what fits the terminal, and what did not; columns that were asked for stay."""
    return (rows, []) if asked else fitted(rows, LEAST, room())


def _from_log(key: str, course: Course | None) -> str:
    if course is None:
        return "-"
    from arena_core.cli import progress

    if key == "eta":
        return progress.left(course.progress)
    return " ".join(text for text in (progress.percent(course.progress), progress.curve(course.values)) if text)


def _place(job: Job, places: Mapping[str, Place]) -> str:
    place = places.get(job.uid)
    return f"{place} in {place.queue}" if place else "-"


def ordered(jobs: Sequence[Job], by: str) -> list[Job]:
    """Return the jobs sorted by a column: the largest or longest first, words by the alphabet; a minus before it turns the order round."""
    if not by:
        return list(jobs)
    reverse = by.startswith("-")
    column = COLUMNS[named(by.removeprefix("-"), "--sort")]
    key = column.key or column.cell
    return sorted(jobs, key=lambda job: key(job), reverse=reverse)  # type: ignore[arg-type,return-value]
