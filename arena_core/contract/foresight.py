"""What ``what-if`` tells whoever answers it (entry-point group ``arena.foresight``), and what it hears."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena_core.contract.building import Manifest
from arena_core.records import field, record
from arena_core.typed import Literal

#: ``now``: it starts at once; ``preempts``: it does, and others have to give way; ``waits``: others end first; ``never``: also on the
#: empty cluster it would not start; ``unknown``: too little could be read to tell.
Verdict = Literal["now", "preempts", "waits", "never", "unknown"]


@record
class Outlook:
    """What a cluster holds at one moment, as far as it could be read.

    ``objects`` are lists by ``plural.group``; a kind that could not be read, or is not served, has none. ``lasts`` says by uid how many
    seconds a job runs from its start, where that is known; ``within`` leads from the uid of a job to that of the job that made it.
    ``distributions`` are those of the job types that are submitted. With ``job`` (a uid) it is
    a job among the objects that is asked about, and none is submitted. ``now`` is the cluster's time
    (RFC 3339) where it is known; it is never earlier than what was made last. Of the kinds in ``partly`` only
    the objects of the namespace could be read.
    """

    namespace: str
    objects: Mapping[str, Sequence[Manifest]] = field(default_factory=dict)
    lasts: Mapping[str, float] = field(default_factory=dict)
    within: Mapping[str, str] = field(default_factory=dict)
    distributions: tuple[str, ...] = ()
    job: str = ""
    now: str = ""
    partly: tuple[str, ...] = ()


@record
class Forecast:
    """What is to be expected of a job.

    ``before`` are the jobs that start first, as ``NAMESPACE/NAME``; ``seconds`` until it starts (a guess), None where that is not known;
    ``preempts`` who has to give way; ``reasons`` the words of the schedulers; ``smaller`` the index of the largest of the alternatives
    that would start at once, None for none; ``endless`` how many jobs run of which nobody knows when they end.
    """

    verdict: Verdict
    seconds: float | None = None
    before: tuple[str, ...] = ()
    preempts: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    smaller: int | None = None
    endless: int = 0
    notes: tuple[str, ...] = ()
