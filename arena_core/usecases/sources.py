"""Whose log is meant: which instances of a job, and which of their containers."""

from __future__ import annotations

from arena_core.contract.errors import NotFound, UsageError
from arena_core.contract.types import JobHandle, LogQuery, LogSource, Manifest
from arena_core.kube.logoptions import LogOptions
from arena_core.podstatus import lives
from arena_core.records import field, record, replace
from arena_core.usecases.marks import metadata_of
from arena_core.usecases.views import Job


@record
class LogRequest:
    """Which lines are asked for: whose (``query``), and which part (``options``). ``options.container`` is not used.

    ``joined`` lets whole lines of one instance that came together be one, but where logs are put into the order of time.
    """

    query: LogQuery = field(default_factory=LogQuery)
    options: LogOptions = field(default_factory=LogOptions)
    joined: bool = False


def choose(handle: JobHandle, job: Job, query: LogQuery) -> list[LogSource]:
    """Return the sources that are meant; none where there are no instances yet.

    One instance is meant by its name or short name; without a name the only instance or the chief.
    """
    if query.instance:
        query = replace(query, instance=_instance(job, query.instance))
    sources = handle.log_sources(job.view, query)
    sources = _with_container(job, sources, query)
    if query.all_instances:
        return sources
    if sources and not sources[0].pod and not query.instance:
        return sources[:1]
    wanted = query.instance
    if not wanted:
        instances = job.status.instances
        leads = handle.job_type.leads
        if not leads:
            # What an update replaces is no longer what is meant.
            instances = tuple(i for i in instances if lives(i)) or instances
        alone = len(instances) == 1 and (job.status.replicas <= 1 or not leads)
        chief = job.status.chief or (instances[0] if alone else None)
        if chief is None and instances and not alone and leads:
            return []  # the one that leads is not there, and another's log is not its log
        if chief is None and len(instances) > 1:
            raise UsageError(
                f"{job.name} has {len(instances)} instances and none leads: {_names(job)}", "choose one with -i, or --all-instances"
            )
        wanted = chief.name if chief else ""
    chosen = [s for s in sources if s.pod == wanted]
    return chosen[:1] or ([] if wanted else sources[:1])


def _with_container(job: Job, sources: list[LogSource], query: LogQuery) -> list[LogSource]:
    """Return the sources whose pod has the container that is asked for; a name that none of those meant has is an error."""
    if not query.container:
        return sources
    known = {str(metadata_of(pod).get("name")): _containers(pod) for pod in job.pods}
    having = [s for s in sources if s.container in known.get(s.pod, (s.container,))]
    meant = [s for s in sources if query.instance in ("", s.pod)]
    if meant and not any(s in having for s in meant):
        names = dict.fromkeys(name for s in meant for name in known[s.pod])
        whose = meant[0].label or meant[0].pod if query.instance else job.name
        raise NotFound(f"{whose} has no container {query.container}", f"its containers: {', '.join(names)}")
    return having


def _containers(pod: Manifest) -> list[str]:
    spec = pod.get("spec") or {}
    return [str(c.get("name", "")) for key in ("containers", "initContainers", "ephemeralContainers") for c in spec.get(key) or []]


def _instance(job: Job, wanted: str) -> str:
    for instance in job.status.instances:
        if wanted == instance.name:
            return instance.name
    short = [i for i in job.status.instances if i.short_name == wanted]
    if short:
        return short[0].name
    if not job.status.instances:
        return wanted
    raise NotFound(f"{job.name} has no instance {wanted}", f"its instances: {_names(job)}")


def _names(job: Job) -> str:
    return ", ".join(i.short_name for i in job.status.instances)
