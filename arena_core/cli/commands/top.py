"""``arena top node|job``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from arena_core.cli.command import Command, Context, Group
from arena_core.cli.commands.shared import ALL_NAMESPACES, NO_HEADERS, QUIET, TYPE, note_unread, one_name, output_flag
from arena_core.cli.connect import nothing_yet
from arena_core.cli.flags import GLOBAL_FLAGS, Flag, Parsed
from arena_core.cli.parse import Parser
from arena_core.cli.prometheus import prometheus_of
from arena_core.cli.terminal import note, say
from arena_core.contract.errors import NotFound, UsageError

if TYPE_CHECKING:
    from arena_core.usecases.top.of_jobs import JobUse

#: Seconds between two looks: what is measured does not change faster.
EVERY = 2.0
WATCH = Flag("watch", "draw it again every 2 seconds, until Ctrl-C", short="w", boolean=True)
REFRESH = Flag("refresh", "the same as --watch, as in Arena", short="r", boolean=True)
MODES = {"n": "normal", "none": "normal", "e": "exclusive", "t": "topology", "s": "share"}


def _open(words: list[str], head: Parsed) -> tuple[Command, list[str]]:
    """Choose `top node` or `top job` by the first word."""
    first = Parser([*JOB.flags, *NODE.flags, *GLOBAL_FLAGS], stop=True).parse(words)
    if not first.args:
        if first.help:
            return overview(), ["--help"]
        raise UsageError("top of what? `arena top node` or `arena top job`", "`arena top --help` says more")
    known = {"node": NODE, "nodes": NODE, "no": NODE, "job": JOB, "jobs": JOB}
    if first.args[0] not in known:
        raise UsageError(f"arena top {first.args[0]}: expected `arena top node` or `arena top job`", f"`arena top job {first.args[0]}`?")
    before = words[: len(words) - len(first.args)]
    return known[first.args[0]], [*before, *first.args[1:]]


def overview() -> Command:
    """`arena top` without a further word."""
    return Command(
        path="top",
        summary="show what nodes and jobs ask for, hold and use",
        usage="arena top node [NODE...] [flags]\n  arena top job [JOB] [flags]",
        details=DETAILS,
        run=lambda context, parsed: 2,
        flags=(),
        words="top",
    )


DETAILS = """\
GPUs are measured by a Prometheus that scrapes a GPU exporter, cpu and memory by metrics.k8s.io; without them those columns are N/A. \
Prometheus is looked for in the cluster; prometheus_address in the configuration, or $PROMETHEUS_ADDRESS, names another."""


def _nodes(context: Context, parsed: Parsed) -> int:
    from arena_core.cli.top import data, nodes

    _refuse_watching_data(parsed)
    if nothing_yet(context.settings):
        from arena_core.usecases.top.of_nodes import NodeBoard

        if parsed.text("output") in ("json", "yaml"):
            say(_dumped(parsed, data.of_nodes(NodeBoard())), painted=True)
        note("no cluster is configured and there is no local one yet, so there are no nodes; `arena local up` starts one")
        return 0
    wanted = _mode(parsed)

    def look() -> tuple[str, list[str], tuple[str, ...]]:
        board = context.client.top_nodes(parsed.args, **prometheus_of(context))
        if wanted:
            board = board._replace(nodes=tuple(node for node in board.nodes if node.mode == wanted))
            if not board.nodes:
                raise NotFound(f"there is no node of the mode {wanted}", "`arena top node` shows all nodes")
        if parsed.text("output") in ("json", "yaml"):
            return _dumped(parsed, data.of_nodes(board)), [], board.notes
        text, gone = (nodes.details(board), []) if parsed.on("details") else nodes.summary(board)
        return text, gone, board.notes

    return _shown(parsed, look)


def _jobs(context: Context, parsed: Parsed) -> int:
    from arena_core.cli.top import data, jobs

    _refuse_watching_data(parsed)
    name = one_name(parsed, command="top job") if parsed.args else None
    if name is None and parsed.on("refresh"):
        raise UsageError("--refresh needs the name of a job", "`arena top job -w` watches all of them")
    if name is None and parsed.text("instance"):
        raise UsageError("--instance needs the name of its job", "`arena top job JOB -i worker-0`")
    if nothing_yet(context.settings):
        if parsed.text("output") in ("json", "yaml"):
            say(_dumped(parsed, []), painted=True)
        note("no cluster is configured and there is no local one yet, so there are no jobs; `arena submit` and `arena local up` start one")
        return 0

    def look() -> tuple[str, list[str], tuple[str, ...]]:
        everywhere = parsed.on("all_namespaces")
        board = context.client.top_jobs(name, job_type=parsed.text("type"), all_namespaces=everywhere, **prometheus_of(context))
        if wanted := parsed.text("instance"):
            board = board._replace(jobs=tuple(_only(use, wanted) for use in board.jobs))
        if parsed.text("output") in ("json", "yaml"):
            return _dumped(parsed, [data.of_job(use) for use in board.jobs]), [], board.notes
        if name is not None:
            text, gone = jobs.one(board.jobs[0])
        else:
            text, gone = jobs.summary(board, namespaced=everywhere, headers=not parsed.on("no_headers"))
        return text, gone, board.notes

    return _shown(parsed, look)


def _only(use: JobUse, wanted: str) -> JobUse:
    from arena_core.records import replace

    kept = tuple(one for one in use.instances if wanted in (one.instance.name, one.instance.short_name))
    if not kept:
        raise NotFound(f"{use.job.name} has no instance {wanted}", f"`arena get {use.job.name}` shows its instances")
    return replace(use, instances=kept)


def _mode(parsed: Parsed) -> str:
    given = parsed.text("gpu_mode")
    return MODES.get(given, given)


def _refuse_watching_data(parsed: Parsed) -> None:
    if (parsed.on("watch") or parsed.on("refresh")) and parsed.text("output") in ("json", "yaml"):
        raise UsageError(f"-o {parsed.text('output')} is one document: it cannot be watched", "leave out --watch")


def _dumped(parsed: Parsed, found: object) -> str:
    from arena_core.cli.render import json_text, yaml_text

    return json_text(found) if parsed.text("output") == "json" else yaml_text(found)


def _shown(parsed: Parsed, look: Callable[[], tuple[str, list[str], tuple[str, ...]]]) -> int:
    """Print once, or draw again and again; notes go to stderr, or below what is drawn."""
    if parsed.on("watch") or parsed.on("refresh"):
        from arena_core.cli.live import repeat

        def draw() -> str:
            text, _, notes = look()
            return "\n".join([text, *(f"note: {one}" for one in notes if not parsed.on("quiet"))])

        repeat(draw, EVERY)
    text, gone, notes = look()
    say(text, painted=True)
    for one in notes:
        note_unread(parsed, one)
    if gone:
        note_unread(parsed, f"too narrow for {', '.join(gone)}; a wider terminal or a pipe shows them")
    return 0


NODE = Command(
    path="top node",
    summary="show what nodes have, who holds it and what is used",
    usage="arena top node [NODE...] [flags]",
    details=DETAILS,
    run=_nodes,
    flags=(
        Flag("details", "a block for each node: its pods with their jobs, taints, conditions, GPUs", short="d", boolean=True),
        Flag(
            "gpu_mode",
            "only nodes of this mode",
            short="m",
            choices=("normal", "exclusive", "topology", "share", "none", "n", "e", "t", "s"),
            metavar="MODE",
        ),
        output_flag("wide", "json", "yaml"),
        WATCH,
        REFRESH,
        Flag("metric", "accepted as in Arena: figures are shown wherever there are some", boolean=True, hidden=True),
        QUIET,
    ),
    words="nodes",
)
JOB = Command(
    path="top job",
    summary="show what jobs ask for, hold and use: all of them, or one with its instances",
    usage="arena top job [JOB] [flags]",
    details=DETAILS + " A job is idle if its GPUs were used less than 5 % all the time for 15 minutes.",
    run=_jobs,
    flags=(
        ALL_NAMESPACES,
        TYPE,
        Flag("instance", "only this instance of the job", short="i", metavar="NAME", complete="instance"),
        output_flag("wide", "json", "yaml"),
        WATCH,
        REFRESH,
        NO_HEADERS,
        QUIET,
    ),
    words="job",
)
COMMAND = Group(_open, overview, (NODE, JOB))
