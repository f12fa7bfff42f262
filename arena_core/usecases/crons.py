"""Crons: jobs of workload ``schedule``, when they are due next, and the jobs that they have made."""

from __future__ import annotations

from datetime import UTC, datetime

from arena_core.contract.errors import ArenaError, KindNotInstalled, NotFound, UsageError
from arena_core.contract.schedules import Schedule
from arena_core.contract.types import JobHandle, Jobs, JobView, Manifest
from arena_core.k8s import cron as grammar
from arena_core.k8s import time
from arena_core.kube.resources import resource_of
from arena_core.records import record
from arena_core.usecases.asking import ask_each
from arena_core.usecases.facts import read, unknown, view
from arena_core.usecases.naming import named
from arena_core.usecases.session import Session, labels_of_all, of_workload, typed_of
from arena_core.usecases.unread import all_refused, phrase, sentence
from arena_core.usecases.views import Job


@record
class Cron:
    """A cron with its schedule; ``next`` is when a job is due (RFC 3339), empty where none will be, ``why_not`` says why then."""

    job: Job
    schedule: Schedule
    next: str = ""
    why_not: str = ""


@record
class CronList:
    """Crons by namespace and name, and in a phrase each what could not be read."""

    crons: tuple[Cron, ...] = ()
    notes: tuple[str, ...] = ()


def makers(jobs: Jobs, job_type: str) -> list[JobHandle]:
    """Return the types of cron that can make jobs of a type, in the order in which a cluster's are taken.

    Those that are there for this type alone come first, then those of an operator, then what every Kubernetes has.
    """
    able = [handle for handle in of_workload(jobs, "schedule") if job_type in (handle.job_type.makes or (job_type,))]
    return sorted(able, key=lambda handle: (not handle.job_type.makes, "." not in handle.job_type.resource.group))


def following(plan: Schedule, now: datetime) -> tuple[str, str]:
    """Return when the next job is due, or why none is."""
    if plan.suspended:
        return "", "it is suspended"
    zone, text = grammar.split_zone(plan.text)
    try:
        found = grammar.Schedule(text).after(now, grammar.zone_of(plan.time_zone or zone))
    except ValueError as error:
        return "", str(error)
    if found is None:
        return "", "there is no such day"
    deadline = time.parse(plan.deadline)
    if deadline is not None and found > deadline:
        return "", f"its deadline {'was' if deadline <= now else 'is'} {plan.deadline}"
    return time.text(found), ""


def list_crons(session: Session, *, namespace: str = "", selector: str = "", now: datetime | None = None) -> CronList:
    """Return the crons of a namespace ("" = all), with one request for each kind that the cluster serves."""
    found: list[Cron] = []
    unread: list[str] = []
    refused: list[ArenaError] = []
    types = of_workload(session.jobs, "schedule")

    def ask(handle: JobHandle) -> list[Manifest]:
        return session.cluster.list(handle.job_type.resource, namespace, label_selector=labels_of_all(handle, selector)).items

    for handle, answer in ask_each(session, types, ask):
        if isinstance(answer, KindNotInstalled):
            continue
        if isinstance(answer, ArenaError):
            refused.append(answer)
            unread.append(phrase(handle.job_type.resource, answer))
            continue
        for obj in answer:
            typed = typed_of(session, handle, obj)
            if typed is not None and typed.job_type.workload == "schedule":
                found.append(_cron(typed, _judged(typed, obj), now or datetime.now(UTC)))
    if refused and not found and len(refused) == len(types):
        raise all_refused(refused)
    ordered = sorted(found, key=lambda one: (one.job.namespace, one.job.name))
    return CronList(tuple(ordered), (sentence(unread),) if unread else ())


def get_cron(session: Session, name: str, *, job_type: str = "", namespace: str = "", now: datetime | None = None) -> Cron:
    """Return one cron with the jobs that it has made."""
    handle, obj = _find(session, name, job_type, namespace or session.namespace)
    return _cron(handle, read(session, handle, obj), now or datetime.now(UTC))


def run_now(session: Session, name: str, *, job_type: str = "", namespace: str = "", now: datetime | None = None) -> Manifest:
    """Make a job of a cron at once, whatever its schedule and policy say, and return it."""
    namespace = namespace or session.namespace
    handle, obj = _find(session, name, job_type, namespace)
    called = f"{obj['metadata']['name']}-{int((now or datetime.now(UTC)).timestamp())}"
    made = handle.run_now(JobView(obj), called)
    made.setdefault("metadata", {})["namespace"] = namespace
    return session.cluster.create(resource_of(made["apiVersion"], made["kind"]), namespace, made).object


def _judged(handle: JobHandle, obj: Manifest) -> Job:
    """Return a cron as its object alone tells it."""
    try:
        return view(handle, obj, None)
    except ArenaError as error:
        return unknown(handle, obj, error)


def _cron(handle: JobHandle, job: Job, now: datetime) -> Cron:
    plan = handle.schedule(job.view)
    return Cron(job, plan, *following(plan, now))


def _find(session: Session, name: str, job_type: str, namespace: str) -> tuple[JobHandle, Manifest]:
    name, job_type = named(session, name, job_type)
    types = [session.handle(job_type)] if job_type else of_workload(session.jobs, "schedule")
    if not types:
        raise UsageError("no type of cron is installed", "install arena-cron from where arena-core came")
    found: list[tuple[JobHandle, Manifest]] = []
    refused: list[ArenaError] = []
    for handle, answer in ask_each(session, types, lambda handle: session.cluster.find(handle.job_type.resource, namespace, name)):
        if isinstance(answer, ArenaError):
            refused += [] if isinstance(answer, KindNotInstalled) else [answer]
        elif answer is not None and (typed := typed_of(session, handle, answer)) and typed.job_type.workload == "schedule":
            found.append((typed, answer))
    if len(found) > 1:
        kinds = ", ".join(handle.job_type.name for handle, _ in found)
        raise UsageError(f"there are several crons named {name} in namespace {namespace}: {kinds}", "choose one with --type")
    if found:
        return found[0]
    if refused:
        raise all_refused(refused)
    raise NotFound(f"cron {name} does not exist in namespace {namespace}", "`arena cron list -A` shows the crons of all namespaces")
