"""``arena top node|job``."""

from __future__ import annotations

from arena_core.cli.choosing import part_of
from arena_core.cli.command import Command, Context, Group
from arena_core.cli.commands.shared import ALL_NAMESPACES, NO_HEADERS, QUIET, TYPE, one_name
from arena_core.cli.connect import nothing_yet
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.output import can_be_watched, output_flag, wants_data, write
from arena_core.cli.prometheus import prometheus_of
from arena_core.cli.terminal import note
from arena_core.contract.errors import NotFound, UsageError
from arena_core.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arena_core.usecases.top.of_nodes import NodeBoard

#: Seconds after which it looks at a job again though nothing has changed: what is measured does not change faster.
EVERY = 2.0
WATCH = Flag("watch", "show changes as they come, and what is measured every 2 seconds, until Ctrl-C", short="w", boolean=True)
REFRESH = Flag("refresh", "the same as --watch, as in Arena", short="r", boolean=True)
MODES = {"n": "normal", "none": "normal", "e": "exclusive", "t": "topology", "s": "share"}


def _open(words: list[str], head: Parsed) -> tuple[Command, list[str]]:
    """Choose `top node` or `top job` by the first word."""
    missing = UsageError("top of what? `arena top node` or `arena top job`", "`arena top --help` says more")

    def strange(word: str) -> UsageError:
        return UsageError(f"arena top {word}: expected `arena top node` or `arena top job`", f"`arena top job {word}`?")

    return part_of(words, {"node": NODE, "nodes": NODE, "no": NODE, "job": JOB, "jobs": JOB}, overview, missing, strange)


def overview() -> Command:
    """`arena top` without a further word."""
    return Command(
        "top",
        "show what nodes and jobs ask for, hold and use",
        lambda context, parsed: 2,
        usage="arena top node [NODE...] [flags]\n  arena top job [JOB] [flags]",
        details=DETAILS,
        flags=(),
        words="top",
    )


DETAILS = """\
GPUs are measured by a Prometheus that scrapes a GPU exporter, cpu and memory by metrics.k8s.io; without them those columns are N/A. \
Prometheus is looked for in the cluster; prometheus_address in the configuration, or $PROMETHEUS_ADDRESS, names another."""


def _nodes(context: Context, parsed: Parsed) -> int:
    from arena_core.cli import live
    from arena_core.cli.top import data, nodes

    if _watches(parsed):
        can_be_watched(parsed)
    if nothing_yet(context.settings):
        from arena_core.usecases.top.of_nodes import NodeBoard

        write(parsed, data.of_nodes(NodeBoard()))
        note("no cluster is configured and there is no local one yet, so there are no nodes; `arena local up` starts one")
        return 0
    wanted = _mode(parsed)

    def look(board: NodeBoard) -> live.Look:
        if wanted:
            board = board._replace(nodes=tuple(node for node in board.nodes if node.mode == wanted))
            if not board.nodes:
                raise NotFound(f"there is no node of the mode {wanted}", "`arena top node` shows all nodes")
        if wants_data(parsed):
            return live.Look(board.notes, data=data.of_nodes(board))
        return live.Look(board.notes, *((nodes.details(board), []) if parsed.on("details") else nodes.summary(board)))

    if _watches(parsed):
        boards = context.client.watch_top_nodes(parsed.args, **prometheus_of(context))
        return live.draw(parsed, (look(board) for board in boards))
    return live.show_once(parsed, look(context.client.top_nodes(parsed.args, **prometheus_of(context))))


def _jobs(context: Context, parsed: Parsed) -> int:
    from arena_core.cli import live
    from arena_core.cli.top.looks import JobLooks

    if _watches(parsed):
        can_be_watched(parsed)
    name = one_name(parsed, command="top job") if parsed.args else None
    if name is None and parsed.on("refresh"):
        raise UsageError("--refresh needs the name of a job", "`arena top job -w` watches all of them")
    if name is None and parsed.text("instance"):
        raise UsageError("--instance needs the name of its job", "`arena top job JOB -i worker-0`")
    if nothing_yet(context.settings):
        write(parsed, [])
        note("no cluster is configured and there is no local one yet, so there are no jobs; `arena submit` and `arena local up` start one")
        return 0

    client, everywhere, look = context.client, parsed.on("all_namespaces"), JobLooks(parsed, one=name is not None)
    options: dict[str, Any] = {"job_type": parsed.text("type"), "all_namespaces": everywhere, **prometheus_of(context)}
    if not _watches(parsed):
        return live.show_once(parsed, look(client.top_jobs(name, **options)))
    if name is None:
        # Of thousands only those are drawn that can be seen.
        return live.draw(parsed, (look(board, live.rows_seen(3)) for board in client.watch_top_jobs(**options)))
    job = client.get(name, job_type=parsed.text("type"))
    options["job_type"] = job.job_type
    return live.watch(parsed, lambda: look(client.top_jobs(name, **options)), client.pulse(job, tick=EVERY))


def _mode(parsed: Parsed) -> str:
    given = parsed.text("gpu_mode")
    return MODES.get(given, given)


def _watches(parsed: Parsed) -> bool:
    return parsed.on("watch") or parsed.on("refresh")


NODE = Command(
    "top node",
    "show what nodes have, who holds it and what is used",
    _nodes,
    takes="[NODE...]",
    details=DETAILS,
    prints="nodes.Nodes",
    flags=(
        Flag("details", "a block for each node: its pods with their jobs, taints, conditions, GPUs", short="d", boolean=True),
        Flag(
            "gpu_mode",
            "only nodes of this mode",
            short="m",
            choices=("normal", "exclusive", "topology", "share", "none", "n", "e", "t", "s"),
            metavar="MODE",
        ),
        output_flag("wide"),
        WATCH,
        REFRESH,
        Flag("metric", "accepted as in Arena: figures are shown wherever there are some", boolean=True, hidden=True),
        QUIET,
    ),
    words="nodes",
)
JOB = Command(
    "top job",
    "show what jobs ask for, hold and use: all of them, or one with its instances",
    _jobs,
    takes="[JOB]",
    details=DETAILS + " A job is idle if its GPUs were used less than 5 % all the time for 15 minutes.",
    prints="jobs.JobUse[]",
    flags=(
        ALL_NAMESPACES,
        TYPE,
        Flag("instance", "only this instance of the job", short="i", metavar="NAME", complete="instance"),
        output_flag("wide"),
        WATCH,
        REFRESH,
        NO_HEADERS,
        QUIET,
    ),
    words="job",
)
COMMAND = Group(_open, overview, (NODE, JOB))
