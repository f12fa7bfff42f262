"""What a SparkApplication is doing, in Arena's words: the operator's state, and its pods. Pure and total over arbitrary JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena_core.contract.types import NOT_TAKEN_UP, Cause, Endpoint, Find, Instance, JobStatus, Manifest, Phase, PodSet, Rank
from arena_core.families import batch, kueue
from arena_core.families.batch import Said
from arena_core.k8s import dig
from arena_core.typed import Any
from arena_sparkjob.names import APP_NAME, CONTAINERS, DRIVER, EXECUTOR, EXECUTOR_ID, ROLE

#: The operator's states that say what the job is doing; of all others it is between two of these.
_PHASES = {
    "COMPLETED": Phase.SUCCEEDED,
    "FAILED": Phase.FAILED,
    "SUSPENDING": Phase.SUSPENDED,
    "SUSPENDED": Phase.SUSPENDED,
    "RUNNING": Phase.RUNNING,
    "UNKNOWN": Phase.UNKNOWN,
}
#: Ends, or is started again: the operator decides in a moment.
_BETWEEN = {"FAILING", "SUCCEEDING", "SUBMISSION_FAILED", "PENDING_RERUN", "INVALIDATING"}


def pod_labels(job: Manifest) -> dict[str, str]:
    """Return the operator's label of driver and executors."""
    return {APP_NAME: dig.text(job, "metadata", "name")}


def related(job: Any) -> list[Find]:
    """Say how to find what queues the job."""
    return list(kueue.finds(job))


def executors(job: Any) -> int:
    """Return how many executors the job asks for."""
    return max(dig.number(job, "spec", "executor", "instances", default=1), 0)


def pod_sets(job: Any, purpose: str) -> list[PodSet]:
    """Return driver and executors, whose pod templates are written out; executors end with the driver, not by themselves."""
    found = [PodSet(DRIVER, "spec.driver.template", 1, runs_command=False, command=_command(job))]
    if purpose == "quota":
        found.append(PodSet(EXECUTOR, "spec.executor.template", executors(job), ends=False, runs_command=False))
    return [one for one in found if dig.mapping(job, "spec", one.name, "template")]


def _command(job: Any) -> str:
    """Return what the driver runs: class, file and arguments."""
    arguments = dig.dig(job, "spec", "arguments")
    words = [dig.text(job, "spec", "mainClass"), dig.text(job, "spec", "mainApplicationFile")]
    return " ".join([word for word in words if word] + [str(word) for word in (arguments if isinstance(arguments, list) else [])])


def instances(pods: Sequence[Any]) -> tuple[Instance, ...]:
    """Return the driver, which leads, and the executors by number; of an earlier attempt what is left stands behind."""
    return batch.led(pods, DRIVER, role=ROLE, index=EXECUTOR_ID, container=lambda role: CONTAINERS.get(role, ""))


def decide(job: Any) -> Said:
    """Return (phase, the operator's word, reason, message) from its state alone."""
    state = dig.text(job, "status", "applicationState", "state")
    message = dig.text(job, "status", "applicationState", "errorMessage")
    phase = _PHASES.get(state, Phase.PENDING)
    if phase is Phase.FAILED:
        return phase, state, "ApplicationFailed", message
    if not phase.finished and dig.flag(job, "spec", "suspend") and state not in _BETWEEN:
        return Phase.SUSPENDED, state, "Suspended", message or "spec.suspend is true"
    return phase, state, "Rerun" if state in _BETWEEN else "", message


def status(job: Any, pods: Sequence[Any] | None, others: Sequence[Any]) -> JobStatus:
    """Return the status from the operator's state, pods (None: not read) and what queues the job."""
    members = instances(pods or ())
    said = batch.held(job, others, decide(job))
    if said[0] is Phase.PENDING and not said[2] and members:
        said = batch.with_pods(said, members, pods or ())
    templates = [(dig.dig(job, "spec", DRIVER, "template"), 1), (dig.dig(job, "spec", EXECUTOR, "template"), executors(job))]
    driver = next((i for i in members if i.chief), None)
    submitted = _time(job, "lastSubmissionAttemptTime")
    start = (driver.started if driver else "") or submitted
    end = dig.text(job, "status", "terminationTime") or (driver.finished if driver else "") or submitted
    return batch.status(job, said, members, templates, start=start, end=end)


def _time(job: Any, field: str) -> str:
    return dig.text(job, "status", field)


def endpoints(job: Any) -> list[Endpoint]:
    """Return Spark's page, as long as the driver runs."""
    service = dig.text(job, "status", "driverInfo", "webUIServiceName")
    running = dig.text(job, "status", "applicationState", "state") == "RUNNING"
    return [Endpoint("spark-ui", "http", service, dig.number(job, "status", "driverInfo", "webUIPort"))] if service and running else []


def explain(job: Any, pods: Sequence[Any] | None, others: Sequence[Any]) -> Iterable[Cause]:
    """Return why the job does not run, as far as its own object and its queue tell; pods and events speak for themselves."""
    found = status(job, pods, others)
    yield from batch.explain_held(found, job, others)
    if found.phase is Phase.FAILED:
        yield Cause(found.message or "the application has failed", rank=Rank.INFO, reason=found.reason)
    elif found.phase is Phase.PENDING and found.exact in _BETWEEN:
        text = f"{found.message or found.exact}; the operator starts it again, or gives it up, after a pause"
        yield Cause(text, rank=Rank.WAITS, reason=found.exact)
    elif found.phase is Phase.PENDING and not found.exact and not found.instances:
        text = "the Spark operator has not taken up the job; its chart watches the namespace default alone unless it is told others"
        yield Cause(text, "its value spark.jobNamespaces names the namespaces", rank=Rank.INFO, reason=NOT_TAKEN_UP)
