"""``logs``: the lines of a job's instances, of several in the order of time."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from arena_core.errors import ArenaError
from arena_core.jobs.facts import with_pods
from arena_core.jobs.find import find
from arena_core.jobs.marks import metadata_of
from arena_core.jobs.session import Session
from arena_core.jobs.sources import LogRequest, choose
from arena_core.jobs.templates import is_foreign_init, own_init_containers
from arena_core.jobs.views import Job, LogLine
from arena_core.jobs.waiting import container_started, why_no_instances, why_waiting
from arena_core.kube.logs import split_timestamp
from arena_core.types import JobHandle, LogSource


def read_logs(
    session: Session,
    name: str,
    request: LogRequest,
    *,
    job_type: str = "",
    namespace: str = "",
    on_wait: Callable[[str], None] = lambda why: None,
) -> Iterator[LogLine]:
    """Yield the lines. When they are followed, an instance that has not started is waited for; ``on_wait`` is told why."""
    namespace = namespace or session.namespace
    handle, obj = find(session, name, job_type, namespace)
    if request.options.follow:
        from arena_core.jobs.follow import Follow

        yield from Follow(session, handle, obj, request, on_wait).lines()
        return
    job = with_pods(session, handle, obj)
    sources = choose(handle, job, request.query)
    if not sources:
        raise ArenaError(why_no_instances(name, job.status), f"`arena logs -f {name}` waits for them, `arena get -e {name}` shows more")
    if len(sources) > 1:
        yield from _merged(session, job, _ready(handle, job, sources, request), request)
        return
    _ready(handle, job, sources, request)
    options = replace(request.options, container=sources[0].container, previous=request.query.previous)
    for line in session.cluster.stream_logs(namespace, sources[0].pod, options):
        yield LogLine(sources[0], line)


def _ready(handle: JobHandle, job: Job, sources: Sequence[LogSource], request: LogRequest) -> list[LogSource]:
    """Return the sources that have a log; none of them is an error that says why."""
    if request.query.previous:
        return list(sources)
    pods = {str(metadata_of(p).get("name")): p for p in job.pods}
    own = own_init_containers(handle, job.manifest)
    started = [
        s
        for s in sources
        if s.pod in pods
        and container_started(pods[s.pod], s.container)
        and (request.query.container or not is_foreign_init(pods[s.pod], s.container, own))
    ]
    if started:
        return started
    reasons = [why_waiting(i, pods[i.name]) for i in job.status.instances if i.name in {s.pod for s in sources} and i.name in pods]
    raise ArenaError(f"no log yet: {'; '.join(reasons) or 'the instance is gone'}", f"`arena logs -f {job.name}` waits for it")


def _merged(session: Session, job: Job, sources: Sequence[LogSource], request: LogRequest) -> Iterator[LogLine]:
    """Read all logs at once and yield their lines in the order of time."""

    def lines(number: int, source: LogSource) -> Iterator[tuple[str, int, LogLine]]:
        options = replace(request.options, container=source.container, previous=request.query.previous, timestamps=True)
        last = ""
        for line in session.cluster.stream_logs(job.namespace, source.pod, options):
            stamp, text = split_timestamp(line)
            last = max(last, stamp or "")
            yield last, number, LogLine(source, line if request.options.timestamps else text)

    for _, _, line in heapq.merge(*(lines(n, s) for n, s in enumerate(sources)), key=lambda row: row[:2]):
        yield line
