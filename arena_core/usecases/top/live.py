"""``top`` while it changes: what ``list -w`` watches, nodes besides, and what is measured every two seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import partial

from arena_core.contract.errors import ArenaError
from arena_core.contract.types import Manifest
from arena_core.kube.resources import NODES, PODS
from arena_core.usecases import remember
from arena_core.usecases.livelist import LiveList
from arena_core.usecases.session import Session
from arena_core.usecases.top.held import Held, NodeMeasures
from arena_core.usecases.top.measures import NODE_METRICS, Source
from arena_core.usecases.top.of_jobs import JobBoard, JobMeasures, JobUse, in_order, measured_jobs, use_of
from arena_core.usecases.top.of_nodes import NodeBoard, board, measured_nodes, others
from arena_core.usecases.top.prometheus import Address
from arena_core.usecases.top.ticking import EVERY, Ticking
from arena_core.usecases.unread import all_refused, is_partial, sentence
from arena_core.usecases.views import Job


def live_jobs(session: Session, *, job_type: str = "", namespace: str = "", address: Address | None = None) -> Iterator[JobBoard]:
    """Yield what the jobs use: at once, after each change, and every two seconds."""
    source = Source(session, address or Address())
    ticking: Ticking[Sequence[Job], JobMeasures] = Ticking(lambda jobs: measured_jobs(session, source, jobs, namespace))
    uses, last, shown = dict[str, JobUse](), JobMeasures(), -EVERY
    for change in LiveList(session, job_type=job_type, namespace=namespace):
        remember.seen(session, change.changed)
        measures = ticking.latest(change.jobs) if any(job.status.instances for job in change.jobs) else last
        if not (change.changed or change.gone or measures is not last or time.monotonic() - shown >= EVERY):
            continue
        uses = {job.uid: _use(job, uses.get(job.uid), measures, measures is last) for job in change.jobs}
        last, shown = measures, time.monotonic()
        yield JobBoard(tuple(in_order(uses.values())), (*change.notes, *measures.notes))


def _use(job: Job, before: JobUse | None, measures: JobMeasures, same: bool) -> JobUse:
    """Return what a job uses: the object of the time before where nothing is different, so that nobody has to draw it again."""
    if before is None or before.job is not job:
        return use_of(job, measures)
    if same:
        return before
    now = use_of(job, measures)
    return before if now.instances == before.instances else now


def live_nodes(session: Session, names: Sequence[str] = (), address: Address | None = None) -> Iterator[NodeBoard]:
    """Yield what the nodes have, who holds it and what is used: at once, after each change, and after each measuring."""
    namespace, unread = _readable(session)
    source = Source(session, address or Address())
    ticking: Ticking[bool, NodeMeasures] = Ticking(lambda devices: measured_nodes(source, devices, _metrics(session)))
    live = LiveList(session, namespace=namespace, also=(NODES,))
    held: Held | None = None
    last: NodeMeasures | None = None
    for change in live:
        held = held or Held(readable=not live.unread(NODES))
        for event in change.heard:
            take = held.node if event.source == NODES.key else held.pod
            take(event.obj, gone=event.kind == "DELETED")
        held.jobs(change.changed)
        measures = ticking.latest(held.has_devices())
        held.measure(measures)
        if change.heard or change.changed or measures is not last:
            last = measures
            yield board(session, held, names, not namespace, [*unread, *change.notes, *held.notes])


def _metrics(session: Session) -> Sequence[Manifest] | ArenaError:
    try:
        return session.cluster.list(NODE_METRICS).items
    except ArenaError as error:
        return error


def _readable(session: Session) -> tuple[str, list[str]]:
    """Return the namespace whose pods may be read ("" = all, else the session's own), and a sentence on what may not.

    Raises where neither pods nor nodes may be read.
    """
    ask = session.cluster.version_of
    nodes, pods = session.cluster.gather([partial(ask, NODES), partial(ask, PODS)])
    if not isinstance(pods, ArenaError):
        return "", []
    if not is_partial(pods):
        raise pods
    own = session.cluster.gather([partial(ask, PODS, session.namespace)])[0]
    if isinstance(own, ArenaError) and isinstance(nodes, ArenaError):
        raise all_refused([nodes, own])
    return session.namespace, [] if isinstance(own, ArenaError) else [sentence([others(pods)])]
