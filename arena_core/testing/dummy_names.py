"""The kind, the labels and the container of the job type ``dummy``, which both of its modules know."""

from __future__ import annotations

from arena_core.contract.types import Resource

RESOURCE = Resource("batch", "v1", "Job", "jobs")
JOB_NAME = "batch.kubernetes.io/job-name"
INDEX = "batch.kubernetes.io/job-completion-index"
CONTAINER = "dummy"
