"""When a followed log is over: only what was looked at may be called ended. Pure: a table of cases is its test."""

from __future__ import annotations

from arena_core.records import record

#: How many seconds a new pod, the end of the job, or a pod that outlives its job is waited for.
GRACE = 10.0
#: How many seconds the pods of a deleted job are followed, if nobody ends them.
ORPHANS = 60.0


@record
class Standing:
    """How things stand for whoever follows a log; times are those of a clock that only goes forward, None is "it has not"."""

    #: Pods have been listed; and once more after the job's end, when none is made any more.
    listed: bool = False
    relisted: bool = False
    #: Since when the job's object is gone, the job has ended, all pods that are meant have ended.
    gone: float | None = None
    finished: float | None = None
    quiet: float | None = None
    #: All that are meant have ended well, and no more will come.
    done: bool = False
    #: Some that are meant have not ended, and may not have begun.
    unstarted: bool = False
    #: How many logs are still read, and how many of these are of pods that have ended or are being removed: they have an end.
    reading: int = 0
    closing: int = 0
    #: What has been read is not all shown yet.
    waiting: bool = False


def over(how: Standing, now: float) -> bool:
    """Whether nothing more will come, or nothing that is waited for."""
    if how.waiting or not how.listed:
        return False
    if how.gone is not None:
        return not how.reading or now - (how.gone if how.finished is None else how.finished) > ORPHANS
    if how.finished is not None:
        if not how.relisted or how.closing:
            return False
        return not (how.reading or how.unstarted) or now - how.finished > GRACE
    if how.reading or how.quiet is None:
        return False
    return how.done or now - how.quiet > GRACE


def counting(how: Standing) -> bool:
    """Whether time alone may bring the end."""
    return how.finished is not None or how.gone is not None or how.quiet is not None
