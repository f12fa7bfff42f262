"""The table of a sweep: parameters, states and last figures of its jobs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from arena_core.cli.command import Context
from arena_core.cli.fitting import folded, room
from arena_core.cli.flags import Parsed
from arena_core.cli.output import wants_data, write
from arena_core.cli.render import print_table
from arena_core.contract.errors import NotFound
from arena_core.k8s import duration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arena_core.cli.shapes import history as shapes
    from arena_core.usecases.views import Job

FAILED = 20


def show(context: Context, parsed: Parsed, name: str, job_type: str) -> int:
    """Print a row for each job with its parameters, its state and the last figures that it has written; 20 where one has failed."""
    from arena_core.usecases.marks import SWEEP

    jobs = sorted(context.client.list(job_type=job_type, selector=f"{SWEEP}={name}").jobs, key=lambda job: (len(job.name), job.name))
    if not jobs:
        raise NotFound(f"there is no job of a sweep {name}", "`arena submit TYPE --name NAME --sweep lr=0.1,0.01 ...` starts one")
    figures = context.client.figures(jobs)
    if wants_data(parsed):
        write(parsed, [_data(job, figures.get(job.uid, {})) for job in jobs])
    elif parsed.text("output", "wide") == "wide":
        _table(parsed, jobs, figures)
    return FAILED if any(job.status.phase == "FAILED" for job in jobs) else 0


def parameters_of(job: Job) -> dict[str, str]:
    """Return the parameters of a job of a sweep."""
    from arena_core.usecases.marks import SWEEP_PARAMETERS

    try:
        found = json.loads(job.annotations.get(SWEEP_PARAMETERS, "{}"))
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _table(parsed: Parsed, jobs: Sequence[Job], figures: Mapping[str, Mapping[str, float]]) -> None:
    from arena_core.cli import views

    given = list(dict.fromkeys(key for job in jobs for key in parameters_of(job)))
    seen = list(dict.fromkeys(key for job in jobs for key in figures.get(job.uid, {})))
    header = ("NAME", *(key.upper() for key in given), "STATUS", "DURATION", *(key.upper() for key in seen))
    rows = [
        (
            job.name,
            *(parameters_of(job).get(key, "-") for key in given),
            views.status_word(job.status),
            duration.compact(views.duration(job)),
            *(f"{figures[job.uid][key]:.6g}" if key in figures.get(job.uid, {}) else "-" for key in seen),
        )
        for job in jobs
    ]
    print_table(folded(rows if parsed.on("no_headers") else [header, *rows], room()))


def _data(job: Job, figures: Mapping[str, float]) -> shapes.SweepJob:
    return {
        "name": job.name,
        "namespace": job.namespace,
        "parameters": parameters_of(job),
        "status": str(job.status.phase),
        "reason": job.status.reason,
        "message": job.status.message,
        "metrics": dict(figures),
    }
