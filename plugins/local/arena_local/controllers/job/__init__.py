"""batch/v1 Job: the controller, and the one that deletes finished Jobs after their time to live."""

from __future__ import annotations

from arena_local.controllers.job.controller import JobController
from arena_local.controllers.job.ttl import TtlController

__all__ = ["JobController", "TtlController"]
