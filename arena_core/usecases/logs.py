"""``logs``: the lines of a job's instances, of several in the order of time."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator, Iterator, Sequence

from arena_core.contract.errors import ArenaError, NotFound
from arena_core.contract.types import JobHandle, LogSource, Manifest
from arena_core.k8s import dig
from arena_core.kube.loglines import Lines
from arena_core.kube.logposition import order
from arena_core.kube.logs import Incomplete, NoLog
from arena_core.kube.nodes import NodeSilent
from arena_core.usecases import remember
from arena_core.usecases.facts import read, view, with_pods
from arena_core.usecases.find import find_this
from arena_core.usecases.kept import Kept, KeptRun, kept_runs
from arena_core.usecases.marks import metadata_of
from arena_core.usecases.reading import Place
from arena_core.usecases.removed import not_ready, nothing_to_read, start_failure
from arena_core.usecases.session import Session
from arena_core.usecases.sources import LogRequest, choose
from arena_core.usecases.templates import is_foreign_init, own_init_containers
from arena_core.usecases.textlogs import absent, apart, lines_of, notes_of
from arena_core.usecases.unread import sentence
from arena_core.usecases.views import Job, LogLine
from arena_core.usecases.waiting import container_started


def read_logs(
    session: Session,
    name: str,
    request: LogRequest,
    *,
    job_type: str = "",
    namespace: str = "",
    uid: str = "",
    on_wait: Callable[[str], None] = lambda why: None,
    on_note: Callable[[str], None] = lambda text: None,
    on_idle: Callable[[], None] = lambda: None,
    on_labels: Callable[[Sequence[str]], None] = lambda labels: None,
    on_trouble: Callable[[str, ArenaError], None] | None = None,
) -> Generator[LogLine]:
    """Yield the lines; what cannot be read to its end is an error after what could be read.

    When they are followed, an instance that has not started is waited for, and ``on_wait`` is told why. ``on_note`` is told what is
    odd about the log, ``on_idle`` that nothing more is there for the moment, ``on_labels`` which instances there are, and
    ``on_trouble``, where it is given, which of several logs cannot be read: then that does not end the others.
    """
    namespace = namespace or session.namespace
    try:
        handle, obj, unread = find_this(session, name, job_type, namespace, uid)
    except NotFound as gone:
        runs = _left(session, namespace, name, uid, gone, typed=bool(job_type))
        on_note(f"{name} has been deleted; this is what the local cluster has kept of its logs")
        yield from _of_deleted(session, namespace, name, runs, request, on_idle)
        return
    if unread:
        on_note(sentence(unread))
    if request.options.follow:
        from arena_core.usecases.follow import Follow, Listener

        lines = Follow(session, handle, obj, request, Listener(on_wait, on_note, on_idle, on_labels, on_trouble)).lines()
        yield from remember.followed(session, obj, lines)
        return
    job, kept = with_kept(session, handle, with_pods(session, handle, obj), request)
    sources = choose(handle, job, request.query)
    if sources and not any(source.pod for source in sources):
        # It may be that only what is related tells where the log is: the jobs that a schedule has made.
        job = read(session, handle, obj)
        sources = choose(handle, job, request.query)
    if not sources:
        raise nothing_to_read(job, request.query.instance)
    held, sources = apart(sources)
    if held and not sources and (error := absent(held)):
        raise error
    yield from lines_of(held, request.options)
    for text in notes_of(held):
        on_note(text)
    if not sources:
        return
    remember.seen(session, [job], whole=True)
    ready = _ready(handle, job, sources, request)
    on_labels([source.label or source.pod for source in ready])
    yield from _read(session, namespace, ready, _by_name(job.pods), kept, request, on_note, on_idle)


def with_kept(session: Session, handle: JobHandle, job: Job, request: LogRequest) -> tuple[Job, Kept]:
    """Return the job with those of its pods that are gone and whose logs are kept; only asked where some are missing."""
    if len(job.pods) >= max(job.status.replicas, 1) and not request.query.previous:
        return job, Kept()
    kept = Kept(kept_runs(session, job.namespace, job.uid) or ())
    gone = kept.pods(job.pods)
    return (view(handle, job.manifest, [*job.pods, *gone], earlier=job.earlier, unread=job.unread) if gone else job), kept


def _by_name(pods: Sequence[Manifest]) -> dict[str, Manifest]:
    return {str(metadata_of(pod).get("name")): pod for pod in pods}


def _ready(handle: JobHandle, job: Job, sources: Sequence[LogSource], request: LogRequest) -> list[LogSource]:
    """Return the sources that have a log; none of them is an error that says why."""
    pods = _by_name(job.pods)
    own = own_init_containers(handle, job.manifest)
    started = [
        s
        for s in sources
        if s.pod in pods
        and (request.query.previous or container_started(pods[s.pod], s.container))
        and (request.query.container or not is_foreign_init(pods[s.pod], s.container, own))
    ]
    if not started:
        raise not_ready(job, sources, pods)
    return started


def _left(session: Session, namespace: str, name: str, uid: str, gone: NotFound, *, typed: bool) -> list[KeptRun]:
    """Return the kept logs of a job that is gone; where there are none that is the error, with what the history has of it."""
    runs = [] if typed and not uid else [run for run in kept_runs(session, namespace, uid) or [] if run.job == name]
    if not runs:
        remember.absent(session, name, namespace, gone)
        raise gone
    return runs


def _of_deleted(
    session: Session, namespace: str, name: str, runs: Sequence[KeptRun], request: LogRequest, on_idle: Callable[[], None]
) -> Iterator[LogLine]:
    """Yield the kept logs of a job whose object is gone: the last job of this name."""
    newest = max(runs, key=lambda run: dig.text(run.facts, "started"))
    kept = Kept(run for run in runs if run.owners[-1:] == newest.owners[-1:])
    pods = _by_name(kept.pods(()))
    query = request.query
    sources = [
        LogSource(pod, query.container or _main(found), pod.removeprefix(f"{name}-"))
        for pod, found in sorted(pods.items())
        if not query.container or any(one["name"] == query.container for one in found["spec"]["containers"])
    ]
    if query.instance:
        sources = [s for s in sources if query.instance in (s.pod, s.label)]
    if not sources:
        raise NotFound(f"no log of {query.instance or name} is kept", f"kept are: {', '.join(p.removeprefix(f'{name}-') for p in pods)}")
    chosen = sources if query.all_instances else sources[:1]
    yield from _read(session, namespace, chosen, pods, kept, request, lambda text: None, on_idle)


def _main(pod: Manifest) -> str:
    """Return the container that started last: those before it only prepared the pod."""
    rows = list(dig.items(pod, "status", "containerStatuses"))
    return dig.text(max(rows, key=lambda row: dig.text(row, "state", "terminated", "startedAt"), default={}), "name")


def _read(
    session: Session,
    namespace: str,
    sources: Sequence[LogSource],
    pods: dict[str, Manifest],
    kept: Kept,
    request: LogRequest,
    on_note: Callable[[str], None],
    on_idle: Callable[[], None],
) -> Iterator[LogLine]:
    """Yield the logs of the sources in the order of time; an error comes when all of them have been read."""
    gaps: list[str] = []
    failures: list[Exception] = []
    together = len(sources) > 1

    def one(number: int, source: LogSource) -> Iterator[tuple[tuple[bytes, bytes], int, LogLine]]:
        place = Place(session, namespace, source, pods[source.pod], kept, previous=request.query.previous)
        label = source.label or source.pod
        reader = place.reader(request, on_gap=lambda after: gaps.append(f"{label} after {after}"))
        lines, read, last = Lines(request.options.timestamps, joined=request.joined and not together), False, (b"", b"")
        try:
            for data in reader.whole(place.exists):
                for stamp, text in lines.feed(data):
                    last = order(stamp) if together else last
                    yield last, number, LogLine(source, text, stamp)
                read = True
                if not together:
                    on_idle()
            for stamp, text in lines.flush():
                yield last, number, LogLine(source, text, stamp)
        except NoLog as error:
            raise _no_log(error, label, previous=place.previous) from error
        except NodeSilent as error:
            raise NodeSilent(label, dig.text(place.pod, "spec", "nodeName"), error.detail) from error
        if reader.lost_at_the_beginning:
            gaps.append(f"{label} at the beginning ({reader.lost_at_the_beginning})")
        elif read and reader.may_begin_late(place.started):
            on_note(f"note: {label}: the log may begin later than the container: a node keeps the last 10 MiB or so")
        if not read and not request.query.previous and (failure := start_failure(place.pod, source)):
            failures.append(failure)

    if not together:
        yield from (line for _, _, line in one(0, sources[0]))
    else:
        yield from (row[2] for row in heapq.merge(*(one(n, s) for n, s in enumerate(sources)), key=lambda row: row[:2]))
    if gaps:
        raise Incomplete(
            f"the log is not complete: lines are missing of {'; '.join(gaps)}", "a node keeps a log up to a size (docs/logs.md)"
        )
    if failures:
        raise failures[0]


def _no_log(error: NoLog, label: str, *, previous: bool) -> NoLog:
    if not previous:
        return error
    return NoLog(f"the node has removed the log of the run before of {label}", f"`arena logs -i {label}` shows that of the last run")
