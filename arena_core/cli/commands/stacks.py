"""``arena stacks JOB``."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import CONTAINER, INSTANCE, TYPE, one_name
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.foreign import one_line
from arena_core.cli.output import output_flag, wants_data, write
from arena_core.cli.terminal import note, say
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.cli.shapes import stacks as shapes
    from arena_core.usecases.stacks.model import Process, Stacks, Thread


def run(context: Context, parsed: Parsed) -> int:
    """Say where each rank of a running job is."""
    name = one_name(parsed, command="stacks")
    from arena_core.cli.patience import Patience

    job = context.client.get(name, job_type=parsed.text("type"))
    with Patience(lambda: f"asking the instances of {job.name}"):
        found = context.client.stacks(job, instance=parsed.text("instance"), container=parsed.text("container"), carry=parsed.on("carry"))
    if wants_data(parsed):
        write(parsed, _data(job.name, job.namespace, job.job_type, found))
    else:
        _show(job.name, found, full=parsed.on("full"))
    return 0 if found.groups else 1


def _show(name: str, found: Stacks, *, full: bool) -> None:
    from arena_core.cli.render import print_table
    from arena_core.usecases.stacks import words

    if found.groups:
        rows = [[f"{words.verb(g)} {words.place(g)}", words.names(g.members)] for g in found.groups]
        print_table([["WHERE", "WHO"], *rows])
    if text := words.collectives(found):
        say(one_line(f"by NCCL's count: {text}"))
    if text := words.behind(found):
        say(one_line(text))
    if full:
        for one in (*found.ranks, *found.helpers):
            _stack(one)
    reasons: dict[str, list[str]] = {}
    for missing in found.unread:
        reasons.setdefault(missing.reason, []).append(missing.instance)
    for reason, instances in reasons.items():
        more = f" and {len(instances) - 4} more" if len(instances) > 4 else ""
        note(one_line(f"not read: {', '.join(instances[:4])}{more}: {reason}"))
    if any("py-spy" in reason for reason in reasons):
        note(f"hint: `arena stacks {name} --carry` brings py-spy along for the moment; a job submitted with --debug-stacks needs none")


def _stack(one: Process) -> None:
    whose = f"process {one.pid}, which works for {one.of}" if one.of else one.label
    say("")
    how = f"read by {one.how}" if one.threads else f"not read: {one.trouble}"
    say(one_line(f"{whose} ({one.instance}, process {one.pid}, {how})"))
    for thread in one.threads:
        say(one_line(f"  {'main thread' if thread.main else f'thread {thread.name}'.strip()}"))
        for line in _lines(thread):
            say(line)


def _lines(thread: Thread) -> Sequence[str]:
    return [one_line(f"    {f.function} ({f.file}:{f.line or '?'})") for f in thread.frames]


def _data(name: str, namespace: str, trainer: str, found: Stacks) -> shapes.Stacks:
    from arena_core.usecases.stacks import words

    return {
        "name": name,
        "namespace": namespace,
        "trainer": trainer,
        "summary": words.sentence(found, most=1 << 30),
        "behind": list(found.behind),
        "groups": [
            {
                "function": g.what,
                "file": g.file,
                "line": g.line,
                "waitsForOthers": g.waits,
                "sleeps": g.sleeps,
                "members": [p.label for p in g.members],
            }
            for g in found.groups
        ],
        "processes": [_process(p) for p in (*found.ranks, *found.helpers)],
        "unread": [{"instance": u.instance, "reason": u.reason, "absent": u.absent} for u in found.unread],
    }


def _process(one: Process) -> shapes.Process:
    return {
        "instance": one.instance,
        "pod": one.pod,
        "pid": one.pid,
        "rank": one.rank,
        "worksFor": one.of,
        "readBy": one.how,
        "collective": {"name": at.name, "sequence": at.sequence, "state": at.state, "group": at.group} if (at := one.collective) else None,
        "threads": [
            {
                "name": t.name,
                "main": t.main,
                "frames": [{"function": f.function, "file": f.file, "line": f.line} for f in t.frames],
            }
            for t in one.threads
        ],
    }


COMMAND = Command(
    "stacks",
    "show where each rank of a running job is: its Python stacks",
    run,
    takes="JOB",
    details="Looks with py-spy where the image has it, else at what --debug-stacks of submit has prepared. The program goes on as it was.",
    prints="stacks.Stacks",
    flags=(
        INSTANCE,
        CONTAINER,
        Flag("carry", "bring this machine's py-spy along; it stays in the memory of the pod, and only for the moment", boolean=True),
        Flag("full", "whole stacks of all threads, too", boolean=True),
        TYPE,
        output_flag("wide"),
    ),
    words="job",
)
