"""What a job type of workload ``schedule`` says of its jobs: when they make others, and which they have made."""

from __future__ import annotations

from arena_core.records import record


@record
class Run:
    """One job that a schedule has made. ``status`` is a phase, or the operator's own word where the job is gone already.

    Times are RFC 3339 or empty.
    """

    name: str
    status: str
    kind: str = ""
    created: str = ""
    finished: str = ""


@record
class Schedule:
    """When jobs are made: a cron expression, in a time zone (empty: that of whoever makes them).

    ``concurrency`` is Allow, Forbid or Replace, ``deadline`` the time after which no more are made, ``keeps`` how many that have ended
    are kept (None: nobody says), ``last`` when one was due for the last time. ``runs`` are in order of their making.
    """

    text: str
    job_type: str = ""
    time_zone: str = ""
    suspended: bool = False
    concurrency: str = "Allow"
    deadline: str = ""
    keeps: int | None = None
    last: str = ""
    runs: tuple[Run, ...] = ()
