"""The argument model of the job type ``cron``."""

from __future__ import annotations

from arena_core.args import ArgsGroup
from arena_core.contract.types import Jobs
from arena_cron import model as models
from arena_cron.args import BatchCronArgs


def model(jobs: Jobs) -> type[ArgsGroup]:
    """Return it: the flags of the jobs' type, and those of the cron."""
    return models.model(BatchCronArgs, jobs)
