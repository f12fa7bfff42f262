"""The Training Operator 1.9.4 for the local cluster: what its kinds share. A job type's ``local.py`` adds what is its own."""

from __future__ import annotations

from arena_local.training.controller import TrainingController
from arena_local.training.kind import Kind, Replica, Run
from arena_local.training.quota import quota_job
from arena_local.training.webhook import FieldErrors, validate_common

__all__ = ["FieldErrors", "Kind", "Replica", "Run", "TrainingController", "quota_job", "validate_common"]
