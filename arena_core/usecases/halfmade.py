"""A submission that was killed half-way (``kill -9``, a lost machine): the job is there, what it needs is not. Pure."""

from __future__ import annotations

import re

from arena_core.contract.types import Cause, Rank
from arena_core.lazily import pattern
from arena_core.records import replace
from arena_core.usecases.marks import SUBMIT_ID
from arena_core.usecases.views import Job

_MISSING = pattern(r'(?:configmap|secret) "([^"]+)" not found', re.IGNORECASE)


def recognised(job: Job, cause: Cause) -> Cause:
    """Return the cause; where it is that something is missing which our own submission makes after the job, with the way out."""
    found = _MISSING.search(cause.message) if "not found" in cause.message.lower() else None
    if found is None or SUBMIT_ID not in job.annotations or not found[1].startswith(f"{job.name}-"):
        return cause
    message = f"{cause.message}; the submission was interrupted before it had made it"
    return replace(cause, message=message, hint=f"`arena delete {job.name}`, then submit it again", rank=Rank.HELD, reason="HalfMade")
