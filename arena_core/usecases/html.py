"""Jobs in a notebook: small tables, everything that comes from the cluster escaped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from arena_core.contract.html import paragraph, status_html, table

if TYPE_CHECKING:
    from arena_core.usecases.views import Job


def list_html(jobs: Sequence[Job], notes: Sequence[str]) -> str:
    """Return the table of a list of jobs, and its notes."""
    rows = [[job.name, job.namespace, job.job_type, job.status.phase, job.status.start, job.requested_gpus or ""] for job in jobs]
    head = ("name", "namespace", "type", "status", "started", "GPUs")
    return table(head, rows) + "".join(paragraph(note) for note in notes)


def job_html(job: Job) -> str:
    """Return a job's name, its status with the reason, and its instances."""
    title = paragraph(f"{job.job_type} {job.name} in namespace {job.namespace}")
    causes = "".join(paragraph(f"{cause.message}; {cause.hint}" if cause.hint else cause.message) for cause in job.causes or ())
    return title + status_html(job.status) + causes
