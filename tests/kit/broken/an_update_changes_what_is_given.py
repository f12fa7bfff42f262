"""What is not given must stay: Arena's own update scales to nothing without --replicas."""

from __future__ import annotations

import copy

from arena_core.contract.hookspecs import hookimpl
from tests.kit.thing import *  # noqa: F403 - the healthy hooks, where none is put in their place


@hookimpl
def arena_update(job, args):
    """Return the job with another size, asked for or not."""
    changed = copy.deepcopy(job)
    changed["spec"]["parallelism"] = args.workers or 0
    return changed
