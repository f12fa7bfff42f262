"""Why an AppWrapper does not run: the link in the chain that knows, from the queue down to the pods. Pure and total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena_appwrapper import inside
from arena_core.contract.types import NOT_TAKEN_UP, Cause, Instance, JobHandle, JobStatus, JobView, Phase, Rank, Removal
from arena_core.families import kueue, queueing
from arena_core.k8s import dig
from arena_core.lazily import pattern
from arena_core.podwords import cause_of
from arena_core.typed import Any

PREFIX = "workload.codeflare.dev.appwrapper/"
_SOME_ENDED = pattern(r"\b[1-9][0-9]* pods succeeded")
_KEEP = "--deletion-on-failure-grace-period keeps the pods of a failed AppWrapper for a while"


def removal(exact: str) -> Removal | None:
    """Return what has removed the pods of a failed AppWrapper."""
    return Removal("the pods of a failed AppWrapper are deleted", _KEEP) if exact == "Failed" else None


def setting(job: Any, name: str, default: str) -> str:
    """Return the AppWrapper's own setting of the operator (an annotation), or the operator's default."""
    return dig.text(job, "metadata", "annotations", PREFIX + name) or default


def retries(job: Any) -> str:
    """Return ``1 of 3``: how often the operator has started it again, of at most how often."""
    return f"{dig.number(job, 'status', 'resettingCount')} of {setting(job, 'retryLimit', '3')}"


def why(job: Any, exact: str, found: Sequence[Instance], pods: Sequence[Any], related: Sequence[Any]) -> tuple[str, str]:
    """Return (reason, message) of the link in the chain that knows best."""
    unhealthy = dig.condition(job, "Unhealthy")
    sick = (dig.text(unhealthy, "reason"), dig.text(unhealthy, "message")) if unhealthy.get("status") == "True" else None
    if exact == "Succeeded":
        return "Succeeded", dig.text(dig.condition(job, "QuotaReserved"), "message")
    if exact == "Failed":
        return sick or ("Failed", "")
    if exact == "Resetting" and sick:
        return sick[0], f"retry {retries(job)}: {sick[1] or sick[0]}"
    if exact == "Terminating":
        return "Terminating", "it is being deleted"
    if exact in ("", "Suspended", "Suspending"):
        return _held(job, exact, related)
    if failed := failing(job, found):
        return failed
    if exact == "Running" and sick:
        return sick
    return _pods_wait(found, pods, related) or (("Resuming", "its objects are being created") if exact == "Resuming" else ("", ""))


def _held(job: Any, exact: str, related: Sequence[Any]) -> tuple[str, str]:
    workload = kueue.workload(related)
    ending = "; its pods are ending" if exact == "Suspending" else ""
    if dig.dig(workload, "spec", "active") is False:
        return "Deactivated", "its Workload was deactivated" + ending
    for kind in ("Evicted", "QuotaReserved"):
        found = dig.condition(workload, kind)
        if (found.get("status") == "True") == (kind == "Evicted") and found.get("message"):
            return dig.text(found, "reason"), dig.text(found, "message") + ending
    queue = dig.labels(job).get(kueue.QUEUE, "")
    if exact == "Suspending":
        return "Suspending", "it was suspended" + ending
    if dig.flag(job, "spec", "suspend"):
        return "Suspended", f"it waits in queue {queue}" if queue else "spec.suspend is true"
    return "New", "the AppWrapper operator has not taken it up yet"


def failing(job: Any, found: Sequence[Instance]) -> tuple[str, str] | None:
    """Return what is known of a run whose pods have failed before the operator has judged it, or None."""
    failed = sorted((i for i in found if i.phase == "Failed"), key=lambda i: i.finished or "~")
    if not failed:
        return None
    first = failed[0]
    code = f", exit code {first.exit_code}" if first.exit_code else f" ({first.reason or first.status})"
    how = f" ({first.reason})" if first.exit_code and first.reason not in ("", "Error") else ""
    count = f"{len(failed)} of {len(found)} instances failed, {first.name} first{code}{how}"
    grace = setting(job, "failureGracePeriodDuration", "1m")
    return "FailedPods", f"{count}; the operator looks again within 60 s and waits for {grace}, retry {retries(job)} so far"


def _pods_wait(found: Sequence[Instance], pods: Sequence[Any], related: Sequence[Any]) -> tuple[str, str] | None:
    for obj in related:
        unschedulable = dig.condition(obj, "Unschedulable")
        if dig.text(obj, "kind") == "PodGroup" and unschedulable.get("status") == "True":
            return dig.text(unschedulable, "reason"), dig.text(unschedulable, "message")
    by_name = {dig.text(pod, "metadata", "name"): pod for pod in pods}
    said = [cause for i in found if i.phase == "Pending" and (cause := cause_of(by_name.get(i.name), i))]
    first = min(said, key=lambda c: c.rank, default=None)
    return (first.reason, first.message) if first else None


def explain(view: JobView, seen: JobStatus, inner: JobHandle | None) -> list[Cause]:
    """Say in plain words why the job is not running, from the outside in; pods and events speak for themselves."""
    job, related = view.manifest, view.related or ()
    where = f"appwrapper/{dig.text(job, 'metadata', 'name')}"
    if seen.phase is Phase.SUCCEEDED:
        return []
    causes = [*_own(job, seen, related, where), *_components(job, where)]
    actual = inside.actual(related, inner)
    if inner and actual is not None and seen.phase in (Phase.PENDING, Phase.RUNNING):
        causes += inner.explain(JobView(actual, view.pods, tuple(o for o in related if o is not actual)))
    told: dict[str, Cause] = {}
    for cause in causes:
        if cause.message not in told or (cause.hint and not told[cause.message].hint):
            told[cause.message] = cause
    return list(told.values())


def _own(job: Any, seen: JobStatus, related: Sequence[Any], where: str) -> list[Cause]:
    if seen.phase is Phase.QUEUING:
        held = queueing.cause(job, related)
        ending = seen.exact == "Suspending"
        more = [Cause("its pods are ending", "", where, Rank.WAITS, "Suspending")] if ending else []
        return [*([held] if held else []), *more]
    if seen.exact == "New":
        return [Cause(seen.message, "is the AppWrapper operator running?", where, Rank.INFO, NOT_TAKEN_UP)]
    if seen.exact in ("Suspended", "Suspending"):
        hint = f"`arena resume {dig.text(job, 'metadata', 'name')}` lets it run"
        return [Cause(seen.message, hint, where, Rank.HELD, seen.reason)]
    if seen.exact == "Resetting":
        return [Cause(seen.message, _next_run(job), where, Rank.WAITS, seen.reason)]
    if seen.exact == "Failed":
        return [_failed(job, seen, where)]
    if seen.reason == "FailedPods":
        return [Cause(seen.message, "", where, Rank.FAILED, seen.reason)]
    unhealthy = dig.condition(job, "Unhealthy")
    if seen.exact == "Running" and unhealthy.get("status") == "True" and seen.message:
        return [Cause(seen.message, "", where, Rank.FAILED, seen.reason)]
    if seen.exact == "Running" and seen.phase is Phase.PENDING and seen.message and not seen.instances:
        return [Cause(seen.message, "", where, Rank.WAITS, seen.reason)]
    if seen.exact == "Resuming":
        return [Cause("its objects are being created", "", where, Rank.INFO, "Resuming")]
    return []


def _next_run(job: Any) -> str:
    since = dig.text(dig.condition(job, "Unhealthy"), "lastTransitionTime")
    pause = setting(job, "retryPausePeriodDuration", "90s")
    return f"the next run starts by itself when its pods are gone and {pause} have passed{f' since {since}' if since else ''}"


def _failed(job: Any, seen: JobStatus, where: str) -> Cause:
    """Say why the operator has given up, with what fits this cause: pods that never were cannot be kept."""
    reason, message = seen.reason, seen.message
    kept = bool(seen.instances)
    if reason == "CreateFailed":
        missing = "no matches for kind" in message
        kind = message.partition('no matches for kind "')[2].partition('"')[0]
        text = f"{kind} is not installed on this cluster: {message}" if missing and kind else f"its objects could not be created: {message}"
        return Cause(text, "", where, Rank.NEVER if missing else Rank.REFUSED, reason)
    if reason == "MissingComponent":
        return Cause(f"what it had created was deleted by somebody else: {message}", "", where, Rank.FAILED, reason)
    if reason == "InsufficientPodsReady" and _SOME_ENDED.search(message):
        text = f"pods of it are gone, which an AppWrapper counts as a failure ({message}); the job inside may have ended well"
        return Cause(text, "", where, Rank.INFO, reason)
    if reason == "InsufficientPodsReady":
        return Cause(f"its pods were not all ready in time: {message}", "--warmup-grace-period gives them longer", where, Rank.INFO, reason)
    sentence = f"the operator has given up ({reason}{': ' + message if message else ''}); {_tries(job)}"
    return Cause(sentence, "" if kept else _KEEP, where, Rank.INFO, reason)


def _tries(job: Any) -> str:
    """Say how often it was tried, or why it was not tried again."""
    made, limit = dig.number(job, "status", "resettingCount"), setting(job, "retryLimit", "3")
    for name, meaning in (
        ("terminalExitCodes", "exit codes that are final"),
        ("retryableExitCodes", "the only exit codes that are retried"),
    ):
        codes = setting(job, name, "")
        if codes and str(made) != limit:
            return f"it was not tried again: {codes} {'is' if ',' not in codes else 'are'} {meaning}"
    return f"retries made: {made} of {limit}"


def _components(job: Any, where: str) -> list[Cause]:
    """Name the objects that the operator has no right to create; a kind that is not there is told by the whole job's reason."""
    message = dig.text(dig.condition(job, "Unhealthy"), "message")
    found: list[Cause] = []
    for part in dig.items(job, "status", "componentStatus"):
        for condition in dig.items(part, "conditions"):
            if condition.get("reason") == "ComponentCreationErrored" and "no matches for kind" not in _text(condition, message):
                what = f"{dig.text(part, 'kind')} {dig.text(part, 'name')} could not be created"
                said = dig.text(condition, "message")
                hint = (
                    "the operator lacks the right to: docs/cluster-setup.md has the rights"
                    if "forbidden" in _text(condition, message)
                    else ""
                )
                found.append(Cause(what + (f": {said}" if said else ""), hint, where, Rank.REFUSED, "ComponentCreationErrored"))
    return found


def _text(condition: Mapping[str, Any], message: str) -> str:
    return f"{dig.text(condition, 'message')} {message}"
