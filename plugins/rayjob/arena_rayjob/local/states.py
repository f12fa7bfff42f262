"""The states of a RayJob, one function each: what is done in it, and to which it leads (``status.jobDeploymentStatus``).

A function returns None where the status is to be written, else in how many seconds the job is to be looked at again.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime

from arena_core.k8s.conditions import is_true as condition_true
from arena_core.k8s.time import text as timestamp
from arena_local.sdk.bundle import Obj
from arena_rayjob.local.dashboard import Answer
from arena_rayjob.local.deletion import due
from arena_rayjob.local.names import CLUSTER, HTTP, INTERACTIVE, JOBS, K8S_JOB, MANAGER, SIDECAR, SUBMITTER, host, suffix
from arena_rayjob.local.run import Run

#: Asks the dashboard (with a body: submits where there is no such job); None while the answer has not come.
Ask = Callable[[Run, Obj, bool], Answer | None]
TERMINAL = ("SUCCEEDED", "FAILED", "STOPPED")
#: Seconds: until the operator looks again; after which it gives up on what does not come.
POLL, UNREADABLE, CLOSING, SUBMITTED = 3.0, 300.0, 300.0, 30.0


def new(run: Run) -> None:
    """Give the job its id and the name of its cluster, before anything is made."""
    status = run.status
    if run.mode != INTERACTIVE and not status.get("jobId"):
        status["jobId"] = run.spec.get("jobId") or f"{run.name}-{suffix()}"
    if not status.get("rayClusterName"):
        status["rayClusterName"] = (run.spec.get("clusterSelector") or {}).get(CLUSTER) or f"{run.name}-{suffix()}"
    status |= {"jobDeploymentStatus": "Initializing", "startTime": timestamp(run.api.now())}


def initializing(run: Run) -> float | None:
    """Make the cluster; when all of it is ready, have the command submitted."""
    if suspending(run) or late(run, before=True):
        return None
    cluster = run.cluster_or_make()
    if not run.status.get("dashboardURL"):
        if (cluster.get("status") or {}).get("state") != "ready":
            run.status["rayClusterStatus"] = copy.deepcopy(cluster.get("status") or run.status["rayClusterStatus"])
            return None
        ports = {port["name"]: port["port"] for port in _ports(run, cluster)}
        if "dashboard" not in ports:
            return POLL
        run.status["dashboardURL"] = f"{host(cluster)}:{ports['dashboard']}"
    if run.mode == INTERACTIVE:
        run.status["jobDeploymentStatus"] = "Waiting"
        return None
    if run.mode == K8S_JOB:
        run.submit(cluster)
    run.status["jobDeploymentStatus"] = "Running"
    return None


def _ports(run: Run, cluster: Obj) -> list[Obj]:
    found = run.api.find("services", run.namespace, host(cluster).partition(".")[0])
    return list((found or {}).get("spec", {}).get("ports") or ())


def waiting(run: Run) -> float | None:
    """Wait until the user names what they have submitted."""
    if late(run, before=True, active=False):
        return None
    if not run.spec.get("jobId"):
        return POLL
    run.status |= {"jobId": run.spec["jobId"], "jobDeploymentStatus": "Running"}
    return None


def running(run: Run, ask: Ask) -> float | None:
    """Follow the command, and its submitter."""
    if suspending(run) or late(run) or _never_closed(run) or _unreadable(run):
        return None
    cluster = run.cluster_or_make()
    run.service(cluster)
    ended = ""
    if run.mode in (K8S_JOB, SIDECAR):
        failed, ended = _submitter(run, cluster)
        if failed or _submitted_in_vain(run, ended):
            return None
    answer = ask(run, cluster, run.mode == HTTP)
    if answer is None:
        return 0.1
    if answer.missing:
        if run.mode == HTTP:
            return None if run.status.pop("jobStatusCheckFailureStartTime", None) else POLL
        if ended:
            _fail(run, "AppFailed", "Submitter completed but Ray job not found in RayCluster.")
            return None
        return POLL
    if answer.error:
        if run.status.get("jobStatusCheckFailureStartTime"):
            return POLL
        run.status["jobStatusCheckFailureStartTime"] = timestamp(run.api.now())
        return None
    run.status.pop("jobStatusCheckFailureStartTime", None)
    _take(run, cluster, answer.info, closed=run.mode in (HTTP, INTERACTIVE) or bool(ended))
    return None


def _take(run: Run, cluster: Obj, info: Obj, *, closed: bool) -> None:
    """Write what Ray says of the command."""
    status, ray = run.status, str(info.get("status") or "")
    status["rayClusterStatus"] = copy.deepcopy(cluster.get("status") or status["rayClusterStatus"])
    status.pop("reason", None)
    if ray in TERMINAL and closed:
        status["jobDeploymentStatus"] = "Failed" if ray == "FAILED" else "Complete"
        if ray == "FAILED":
            status["reason"] = "AppFailed"
    status |= {"jobStatus": ray, "message": str(info.get("message") or "")}
    for key, field in (("startTime", "start_time"), ("endTime", "end_time")):
        if isinstance(at := info.get(field), int | float) and at:
            status["rayJobInfo"] = {**status["rayJobInfo"], key: timestamp(datetime.fromtimestamp(at / 1000, UTC))}


def releasing(run: Run) -> float | None:
    """Delete everything, of a suspended job or of one that is run again."""
    gone = [run.delete_cluster(), run.delete_submitter()]
    if not all(gone):
        return POLL
    run.reset()
    if run.status["jobDeploymentStatus"] == "Suspending":
        run.status["jobDeploymentStatus"] = "Suspended"
    else:
        del run.status["jobDeploymentStatus"]
    return None


def suspended(run: Run) -> float | None:
    """Stay suspended, or begin anew."""
    if run.spec.get("suspend"):
        return -1
    for key in ("jobStatus", "jobDeploymentStatus"):
        run.status.pop(key, None)
    return None


def finished(run: Run) -> float:
    """Delete what is to go after the end, when its time has come."""
    end = str(run.status.get("endTime") or "")
    for seconds, policy in due(run.spec, run.status) if end else ():
        if not run.passed(end, seconds):
            return run.until(end, seconds)
        if policy == "DeleteCluster":
            run.delete_cluster()
        elif policy == "DeleteWorkers":
            run.suspend_workers()
        elif policy == "DeleteSelf":
            run.api.delete("rayjobs.ray.io", run.namespace, run.name, manager=MANAGER)
            return -1
    return -1


def suspending(run: Run) -> bool:
    """Begin a suspension that is asked for."""
    if run.spec.get("suspend"):
        run.status["jobDeploymentStatus"] = "Suspending"
    return bool(run.spec.get("suspend"))


def late(run: Run, *, before: bool = False, active: bool = True) -> bool:
    """Fail a job that has run, or (``before``) been prepared, for too long."""
    for field, reason, counts in (
        ("activeDeadlineSeconds", "DeadlineExceeded", active),
        ("preRunningDeadlineSeconds", "PreRunningDeadlineExceeded", before),
    ):
        seconds = run.spec.get(field)
        if counts and seconds is not None and run.passed(str(run.status.get("startTime") or ""), float(seconds)):
            since = f"{run.status['startTime'].replace('T', ' ').replace('Z', '')} +0000 UTC"
            title = field[0].upper() + field[1:]
            _fail(run, reason, f"The RayJob has passed the {field}. StartTime: {since}. {title}: {int(seconds)}")
            return True
    return False


def deadlines(run: Run) -> list[float]:
    """Return the seconds that are left until the deadlines of the present state."""
    state, since = run.status.get("jobDeploymentStatus"), str(run.status.get("startTime") or "")
    fields = {"Initializing": ("activeDeadlineSeconds", "preRunningDeadlineSeconds"), "Running": ("activeDeadlineSeconds",)}
    fields["Waiting"] = ("preRunningDeadlineSeconds",)
    named = fields.get(str(state), ())
    return [run.until(since, float(run.spec[field])) for field in named if since and run.spec.get(field) is not None]


def _fail(run: Run, reason: str, message: str) -> None:
    run.status |= {"jobDeploymentStatus": "Failed", "reason": reason, "message": message}


def _submitter(run: Run, cluster: Obj) -> tuple[bool, str]:
    """Return whether the submitter has failed, and the job with it, and when it has ended."""
    if run.mode == SIDECAR:
        return _sidecar(run, run.head(cluster))
    job = run.api.find(JOBS, run.namespace, run.name) or {}
    conditions = (job.get("status") or {}).get("conditions") or ()
    found = next((c for c in conditions if c.get("type") in ("Complete", "Failed") and c.get("status") == "True"), None)
    if found is None:
        return False, ""
    if condition_true(job, "Failed"):
        why = f"Job submission has failed. Reason: {found.get('reason')}. Message: {found.get('message')}"
        _submission_failed(run, why)
        return True, str(found.get("lastTransitionTime") or "")
    return False, str(found.get("lastTransitionTime") or "")


def _sidecar(run: Run, head: Obj | None) -> tuple[bool, str]:
    if head is None:
        _fail(run, "AppFailed", "Ray head pod not found.")
        return True, ""
    rows = (head.get("status") or {}).get("containerStatuses") or ()
    ended: Obj = next(((row.get("state") or {}).get("terminated") or {} for row in rows if row.get("name") == SUBMITTER), {})
    if ended.get("exitCode"):
        why = f"Ray head pod container {SUBMITTER} terminated with exit code {ended['exitCode']}: {ended.get('reason', '')}"
        _submission_failed(run, why)
        return True, ""
    return False, str(ended.get("finishedAt") or "")


def _submission_failed(run: Run, why: str) -> None:
    if run.status.get("jobStatus") == "FAILED":
        run.status |= {"jobDeploymentStatus": "Failed", "reason": "AppFailed"}
    else:
        _fail(run, "SubmissionFailed", why)


def _submitted_in_vain(run: Run, ended: str) -> bool:
    """Fail a job whose submitter has gone long ago while Ray has not ended it."""
    if not run.passed(ended, SUBMITTED):
        return False
    at = ended.replace("T", " ").removesuffix("Z")
    run.status["jobStatus"] = "FAILED"
    why = f"The RayJob submitter finished at {at} but the ray job did not reach terminal state within {SUBMITTED:.0f}s"
    _fail(run, "JobDeploymentStatusTransitionGracePeriodExceeded", why)
    return True


def _never_closed(run: Run) -> bool:
    """End a job whose command has ended long ago."""
    ray = run.status.get("jobStatus")
    if ray not in TERMINAL or not run.passed(str(run.status["rayJobInfo"].get("endTime") or ""), CLOSING):
        return False
    why = "JobDeploymentStatus does not transition to Complete or Failed within the grace period after JobStatus reaches a terminal state."
    _fail(run, "JobDeploymentStatusTransitionGracePeriodExceeded", why)
    run.status["jobDeploymentStatus"] = "Failed" if ray == "FAILED" else "Complete"
    return True


def _unreadable(run: Run) -> bool:
    """Fail a job of which the dashboard has told nothing for long."""
    since = str(run.status.get("jobStatusCheckFailureStartTime") or "")
    if not run.passed(since, UNREADABLE):
        return False
    at = since.replace("T", " ").removesuffix("Z")
    why = f"Job status checks have been failing since {at}; exceeded timeout of {UNREADABLE:.0f}s"
    _fail(run, "JobStatusCheckTimeoutExceeded", why)
    return True
