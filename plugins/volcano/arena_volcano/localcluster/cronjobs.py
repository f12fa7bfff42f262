"""Volcano's CronJob: its controller is made after that of Kubernetes, and its webhook checks all but the template."""

from __future__ import annotations

from arena_core.k8s import time
from arena_core.k8s.cron import Schedule, zone_of
from arena_local.sdk.bundle import Api, Denied, Obj
from arena_local.sdk.crons import CronController, CronKind
from arena_volcano.localcluster.keys import BATCH_API, JOBS

CRON_JOBS = "cronjobs.batch.volcano.sh"
#: A child's name is longer by a dash and the minutes since 1970.
LONGEST = 52


def outcome(job: Obj) -> str:
    """Return how a Volcano Job has ended; one that is aborted counts as active for ever, and one that was terminated is never deleted."""
    phase = str(((job.get("status") or {}).get("state") or {}).get("phase") or "")
    return {"Completed": "Complete", "Failed": "Failed", "Terminated": "Terminated"}.get(phase, "")


def ended(job: Obj) -> str:
    """Return when it has."""
    return str(
        ((job.get("status") or {}).get("state") or {}).get("lastTransitionTime")
        or time.text(time.read(job["metadata"]["creationTimestamp"]))
    )


KIND = CronKind(
    resource=CRON_JOBS,
    child=JOBS,
    child_kind="Job",
    api_version=BATCH_API,
    component="cronjob-controller",
    annotation="volcano.sh/cronjob-scheduled-timestamp",
    outcome=outcome,
    ended=ended,
    words={
        "JobAlreadyActive": "ForbidConcurrent",
        "UnparseableSchedule": "InvalidSchedule",
        "UnknownTimeZone": "InvalidSchedule",
        "MissingJob": "OrphanedJob",
        "UnexpectedJob": "ForeignJob",
    },
)


def controller(api: Api) -> CronController:
    """Return the controller."""
    return CronController(api, KIND)


def default(api: Api, obj: Obj, old: Obj | None, operation: str) -> None:
    """Fill in policy and limits."""
    for key, value in (("concurrencyPolicy", "Allow"), ("successfulJobsHistoryLimit", 3), ("failedJobsHistoryLimit", 1)):
        obj["spec"].setdefault(key, value)


def validate(api: Api, obj: Obj, old: Obj | None, operation: str) -> None:
    """Refuse a name that is too long for its jobs, and what is no schedule or time zone."""
    spec, name = obj["spec"], obj["metadata"].get("name", "")
    if len(name) > LONGEST:
        raise Denied(f'metadata.name: Invalid value: "{name}": must be no more than {LONGEST} characters')
    text, zone = spec.get("schedule") or "", spec.get("timeZone")
    if "TZ" in text:
        raise Denied(f'spec.schedule: Invalid value: "{text}": cannot use TZ or CRON_TZ in schedule, use timeZone field instead')
    try:
        Schedule(text)
        if zone is not None:
            if not zone or zone.lower() == "local":
                raise ValueError(f'timeZone must be an explicit time zone, not "{zone}"')
            zone_of(zone)
    except ValueError as error:
        raise Denied(f"spec: Invalid value: {error}") from error
