"""``top job`` as tables: one line a job, or one line for each GPU of each instance of one job."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from arena_core.cli import views
from arena_core.cli.amounts import NONE, cores, of, percent, size
from arena_core.cli.fitting import fitted, room
from arena_core.cli.foreign import one_line
from arena_core.cli.render import ruled, table
from arena_core.cli.terminal import colour_wanted
from arena_core.k8s import duration, time
from arena_core.usecases.top.gpus import Gpu
from arena_core.usecases.top.of_jobs import InstanceUse, JobBoard, JobUse
from arena_core.usecases.views import gpus

HEADER = ("NAME", "STATUS", "TRAINER", "AGE", "GPU(Requested)", "GPU(Allocated)", "NODE")
LEAST = ("NODE", "GPU_MEMORY(Used/Total)", "TRAINER", "AGE", "MEMORY", "CPU", "GPU(DutyCycle)")
INSTANCES = ("NAME", "STATUS", "GPU(Request)", "NODE", "GPU(DeviceIndex)", "GPU(DutyCycle)", "GPU_MEMORY(Used/Total)", "CPU", "MEMORY")


def summary(board: JobBoard, *, namespaced: bool, headers: bool = True, most: int | None = None) -> tuple[str, list[str]]:
    """Return the table of all jobs (or the first ``most``) with Arena's total below it, and the columns that did not fit."""
    seen = board.jobs[:most]
    idle = any(use.idle() for use in seen)
    header = [*(["NAMESPACE"] if namespaced else []), *HEADER, "GPU(DutyCycle)", "GPU_MEMORY(Used/Total)", "CPU", "MEMORY"]
    rows = [[*header, *(["IDLE"] if idle else [])]]
    rows += [_row(use, namespaced=namespaced, idle=idle) for use in seen]
    shown, gone = fitted(rows, LEAST, room())
    held = sum(use.job.allocated_gpus for use in board.jobs)
    asked = sum(use.job.requested_gpus for use in board.jobs if not use.job.status.phase.finished)
    total = f"\n\nTotal Allocated/Requested GPUs of Training Jobs: {held}/{asked}"
    more = f"\n... {len(board.jobs) - len(seen)} more jobs" if len(seen) < len(board.jobs) else ""
    return table(shown if headers else shown[1:], colour=colour_wanted(sys.stdout)) + more + total, gone


def _row(use: JobUse, *, namespaced: bool, idle: bool) -> list[str]:
    job = use.job
    chief = job.status.chief
    return [
        *([job.namespace] if namespaced else []),
        job.name,
        views.status_word(job.status),
        job.job_type.upper(),
        duration.compact(time.seconds_between(job.created)),
        str(job.requested_gpus),
        str(job.allocated_gpus),
        (chief.node_ip if chief else "") or NONE,
        percent(use.duty),
        _memory(use.gpus),
        cores(use.used.cpu if use.used else None),
        size(use.used.memory if use.used else None),
        *([_idle(use)] if idle else []),
    ]


def _idle(use: JobUse) -> str:
    count, all_of_them = use.idle(), sum(1 for one in use.instances if one.gpus)
    return "" if not count else "idle" if count == all_of_them else f"{count} of {all_of_them}"


def _memory(found: Sequence[Gpu]) -> str:
    used = [gpu.used for gpu in found if gpu.used is not None]
    total = [gpu.total for gpu in found if gpu.total is not None]
    return of(size(sum(used)) if used else NONE, size(sum(total)) if total else NONE)


def one(use: JobUse) -> tuple[str, list[str]]:
    """Return the lines of one job: the block at the top, a row for each GPU of each instance, and Arena's total."""
    idle = any(one.idle() for one in use.instances)
    rows = [[*INSTANCES, *(["IDLE"] if idle else [])]]
    for instance in use.instances:
        rows += _instance(instance, idle=idle)
    shown, gone = fitted(rows, ("NODE", "GPU(DeviceIndex)", "GPU_MEMORY(Used/Total)", "MEMORY", "CPU"), room(less=2))
    head = "\n".join(one_line(f"{name + ':':<13}{value}") for name, value in views.header_lines(use.job))
    total = f"GPUs:\n  Allocated/Requested GPUs of Job: {use.job.allocated_gpus}/{use.job.requested_gpus}"
    return f"{head}\n\nInstances:\n{table(ruled(shown), indent='  ')}\n\n{total}", gone


def _instance(use: InstanceUse, *, idle: bool) -> list[list[str]]:
    instance = use.instance
    cpu = [cores(use.used.cpu if use.used else None), size(use.used.memory if use.used else None)]
    known = [instance.name, instance.status, str(gpus(instance.requests)), instance.node or NONE]
    mark = ["idle" if use.idle() else ""] if idle else []
    found: list[list[str]] = []
    for gpu in use.gpus:
        first = not found
        names = known if first else [""] * len(known)
        figures = [gpu.id, percent(gpu.duty), of(size(gpu.used), size(gpu.total))]
        found.append([*names, *figures, *(cpu if first else ["", ""]), *(mark if first else [""] * len(mark))])
    return found or [[*known, NONE, NONE, NONE, *cpu, *mark]]
