"""``top job``: all jobs of a namespace, or one with its instances."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from arena_core.contract.errors import ArenaError
from arena_core.contract.types import Instance, Manifest
from arena_core.k8s import time
from arena_core.k8s.devices import is_accelerator
from arena_core.records import record
from arena_core.typed import NamedTuple
from arena_core.usecases.session import Session
from arena_core.usecases.top.gpus import Gpu
from arena_core.usecases.top.measures import (
    IDLE_MINUTES,
    NODE_METRICS,
    POD_METRICS,
    MeasuredGpus,
    Source,
    Used,
    gpu_use,
    pod_use,
    pods_instead,
    told_gpus,
)
from arena_core.usecases.top.prometheus import Address
from arena_core.usecases.unread import is_partial
from arena_core.usecases.views import Job, holds_devices


@record
class InstanceUse:
    """What one instance uses: cpu and memory, None where nobody has measured them, and its GPUs."""

    instance: Instance
    used: Used | None = None
    gpus: tuple[Gpu, ...] = ()

    def idle(self, now: datetime | None = None) -> bool:
        """Whether it runs for long enough and each of its GPUs was measured and did nothing all the time."""
        if not self.gpus or not holds_devices(self.instance) or not all(gpu.idle for gpu in self.gpus):
            return False
        return time.seconds_between(self.instance.started, "", now) >= IDLE_MINUTES * 60


@record
class JobUse:
    """A job with what its instances use."""

    job: Job
    instances: tuple[InstanceUse, ...] = ()

    @property
    def used(self) -> Used | None:
        """Cpu and memory of all instances that are measured; None where none is."""
        found = [one.used for one in self.instances if one.used]
        return Used(sum(u.cpu for u in found), sum(u.memory for u in found)) if found else None

    @property
    def gpus(self) -> tuple[Gpu, ...]:
        """The GPUs of all instances."""
        return tuple(gpu for one in self.instances for gpu in one.gpus)

    @property
    def duty(self) -> float | None:
        """How busy its GPUs are, in percent, on average."""
        return mean(gpu.duty for gpu in self.gpus)

    def idle(self, now: datetime | None = None) -> int:
        """How many of its instances hold GPUs and leave them idle."""
        return sum(one.idle(now) for one in self.instances)


class JobBoard(NamedTuple):
    """The jobs, those that ask for most first; ``notes`` are sentences about what could not be seen."""

    jobs: tuple[JobUse, ...] = ()
    notes: tuple[str, ...] = ()


class JobMeasures(NamedTuple):
    """What was measured of the pods of jobs, by namespace and name; ``notes`` are sentences about what was not."""

    used: Mapping[tuple[str, str], Used] = {}
    gpus: Mapping[tuple[str, str], Sequence[Gpu]] = {}
    notes: tuple[str, ...] = ()


def top_jobs(session: Session, jobs: Sequence[Job], namespace: str = "", address: Address | None = None) -> JobBoard:
    """Return what the jobs use: one question for cpu and memory of the namespace ("" = all), two for GPUs if any job has some."""
    measures = measured_jobs(session, Source(session, address or Address()), jobs, namespace)
    return JobBoard(tuple(in_order(use_of(job, measures) for job in jobs)), measures.notes)


def measured_jobs(session: Session, source: Source, jobs: Sequence[Job], namespace: str) -> JobMeasures:
    """Ask what the instances of the jobs use; nothing is asked where there are none."""
    running = [job for job in jobs if not job.status.phase.finished]
    if not any(job.status.instances for job in running):
        return JobMeasures()
    use = pods_instead(pod_use(_metrics(session, namespace)), source, namespace)
    pods = [i.name for job in running for i in job.status.instances]
    devices = any(is_accelerator(name) for job in running for i in job.status.instances for name in i.requests)
    gpus = _gpus(session, source, namespace, pods) if devices else MeasuredGpus(None)
    by_pod: dict[tuple[str, str], list[Gpu]] = {}
    for gpu in gpus.gpus or ():
        by_pod.setdefault((gpu.namespace, gpu.pod), []).append(gpu)
    return JobMeasures(use.by_name or {}, by_pod, tuple(text for text in (use.why, gpus.why) if text))


def _gpus(session: Session, source: Source, namespace: str, pods: Sequence[str]) -> MeasuredGpus:
    """Ask Prometheus where there is one, else the nodes, which may tell of their GPUs themselves."""
    found = gpu_use(source, namespace, pods)
    if found.gpus is None:
        try:
            return told_gpus(session.cluster.list(NODE_METRICS).items) or found
        except ArenaError as error:
            if not is_partial(error):
                raise
    return found


def _metrics(session: Session, namespace: str) -> Sequence[Manifest] | ArenaError:
    try:
        return session.cluster.list(POD_METRICS, namespace).items
    except ArenaError as error:
        if not is_partial(error):
            raise
        return error


def use_of(job: Job, measures: JobMeasures) -> JobUse:
    """Put together a job and what was measured of its pods."""

    def of(instance: Instance) -> InstanceUse:
        key = (job.namespace, instance.name)
        return InstanceUse(instance, measures.used.get(key), tuple(measures.gpus.get(key, ())))

    return JobUse(job, tuple(of(instance) for instance in job.status.instances))


def in_order(jobs: Iterable[JobUse]) -> list[JobUse]:
    """Return the jobs that ask for most first."""
    return sorted(jobs, key=lambda one: -one.job.requested_gpus)


def mean(values: Iterable[float | None]) -> float | None:
    """Return the mean of what is known, None where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
