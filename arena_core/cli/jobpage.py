"""One job as a page: the block at the top, its instances, what it is, and what was asked for besides."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from arena_core.cli import about, views
from arena_core.cli.foreign import plain
from arena_core.cli.render import ruled, table
from arena_core.cli.terminal import PHASES, colour_wanted, paint
from arena_core.discreet import discreet
from arena_core.k8s import duration, time
from arena_core.typed import TYPE_CHECKING
from arena_core.usecases.incidents import last_seen

if TYPE_CHECKING:
    from arena_core.contract.types import Manifest
    from arena_core.usecases.about import About
    from arena_core.usecases.endpoints import Reachable
    from arena_core.usecases.views import Job


def head(job: Job, more: Sequence[tuple[str, str]] = ()) -> str:
    """The block at the top, with further names and values at its end."""
    rows = [(f"{name}:", value) for name, value in (*views.header_lines(job), *more)]
    width = max(13, *(len(name) + 2 for name, _ in rows))
    wanted = colour_wanted(sys.stdout)
    lines = [f"{name:<{width}}{paint(plain(value), PHASES.get(value, ''), wanted=wanted)}".rstrip() for name, value in rows]
    return discreet("\n".join(lines))


def instances(job: Job, *, headers: bool = True) -> str:
    """The table of instances."""
    rows = views.instance_table(job, headers=headers)
    shown = table(ruled(rows) if headers else rows, indent="  ", colour=colour_wanted(sys.stdout))
    return f"Instances:\n{shown}"


def gpus(job: Job) -> str:
    """The GPUs of the instances; nothing for a job without."""
    if not job.requested_gpus or job.status.phase == "SUCCEEDED":
        return ""
    rows = ruled([views.GPU_HEADER, *(views.gpu_row(i) for i in job.status.instances)])
    total = f"Allocated/Requested GPUs of Job: {job.allocated_gpus}/{job.requested_gpus}"
    return f"GPUs:\n{table(rows, indent='  ')}\n\n  {total}"


def roles(found: About) -> str:
    """What the job is: image, command, resources, names of variables."""
    return about.lines(found)


def tensorboard(found: Reachable | None) -> str:
    """The TensorBoard's address in Arena's words, or why it has none."""
    if found and found.detail:
        return plain(f"Tensorboard:\n  {found.detail}")
    return plain(f"Tensorboard:\n  Your tensorboard will be available on: \n  {found.address}") if found and found.address else ""


def endpoints(found: Sequence[Reachable]) -> str:
    """What the job serves."""
    return "Endpoints:\n" + table(ruled([views.ENDPOINT_HEADER, *map(views.endpoint_row, found)]), indent="  ") if found else ""


def event_row(event: Manifest) -> tuple[str, str, str, str]:
    """One line of the table of events."""
    involved = event.get("involvedObject")
    concerned = involved if isinstance(involved, dict) else {}
    return (
        f"{str(concerned.get('kind', '')).lower()}/{concerned.get('name', '')}",
        str(event.get("type", "")),
        duration.compact(time.seconds_between(last_seen(event))),
        f"[{event.get('reason', '')}] {event.get('message', '')}",
    )


EVENT_HEADER = ("SOURCE", "TYPE", "AGE", "MESSAGE")


def events(found: Sequence[Manifest]) -> str:
    """The events of the job and its instances."""
    if not found:
        return "Events:\n  No events for resources"
    rows = ruled([EVENT_HEADER, *map(event_row, found)])
    return "Events:\n" + table(rows, indent="  ", colour=colour_wanted(sys.stdout))
