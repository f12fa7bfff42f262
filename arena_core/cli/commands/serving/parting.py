"""``arena serve traffic-split``: requests to a server are parted among its versions."""

from __future__ import annotations

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import check_names
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.output import output_flag, write
from arena_core.cli.terminal import note, say
from arena_core.contract.errors import UsageError
from arena_core.typed import Any

FLAGS = (
    Flag("name", "name of the server (or the first word)", metavar="NAME"),
    Flag(
        "version_weight",
        "a version and its percent of the requests; all of them are 100",
        short="v",
        metavar="VERSION:PERCENT",
        repeat=True,
    ),
    Flag("via", "who parts them: Istio, or the Gateway API (default what the cluster has)", choices=("istio", "gateway")),
    Flag("gateway", "the Gateway through which requests come in", metavar="NAME"),
    Flag("host", "name that the requests are for (Gateway API)", metavar="HOST", repeat=True),
    Flag("dry_run", "let the cluster check it (server), and change nothing", choices=("none", "server"), default="none"),
    output_flag("wide"),
    Flag("versions", "versions, with commas between them", metavar="LIST", hidden=True),
    Flag("weights", "their percents, with commas between them", metavar="LIST", hidden=True),
)

DETAILS = """\
With Istio a Service NAME, a DestinationRule and a VirtualService are made or changed, with the Gateway API an HTTPRoute. They go with the
last version of the server."""


def traffic_split(context: Context, parsed: Parsed) -> int:
    """Part the requests, and say which objects do it."""
    from arena_core.cli.submit.finish import full_name
    from arena_core.usecases.traffic.weights import weights_of

    name = parsed.text("name")
    words = [name] if name else parsed.args
    if len(words) != 1 or (name and parsed.args):
        raise UsageError("requests to which server? one name, with --name or as the first word", "`arena serve list` shows the servers")
    check_names(words, "server")
    weights = weights_of(_pairs(parsed))
    dry_run = parsed.text("dry_run", "none") == "server"
    via: Any = parsed.text("via")  # one of the flag's choices
    done = context.client.split_traffic(
        words[0], weights, via=via, gateway=parsed.text("gateway"), hosts=parsed.many("host"), dry_run=dry_run
    )
    if not write(parsed, [obj for obj, _ in done.objects]):
        for obj, what in done.objects:
            say(f"{full_name(obj)} {what}{' (server dry run)' if dry_run else ''}")
    told = ", ".join(f"{version} {weight}%" for version, weight in weights.items())
    note(f"requests to {words[0]} {'would be' if dry_run else 'are'} parted: {told}")
    return 0


def _pairs(parsed: Parsed) -> list[str]:
    """The pairs of --version-weight, or those of Arena's two old flags."""
    pairs = parsed.many("version_weight")
    versions, weights = (parsed.text(flag).split(",") if parsed.text(flag) else [] for flag in ("versions", "weights"))
    if pairs and (versions or weights):
        raise UsageError("versions and percents are given twice", "--version-weight says both")
    if len(versions) != len(weights):
        raise UsageError(f"there are {len(versions)} versions and {len(weights)} percents", "--version-weight VERSION:PERCENT says both")
    return [*pairs, *(f"{version}:{weight}" for version, weight in zip(versions, weights, strict=True))]


TRAFFIC = Command(
    "serve traffic-split",
    "part the requests to a server among its versions",
    traffic_split,
    takes="NAME -v VERSION:PERCENT [-v VERSION:PERCENT...]",
    details=DETAILS,
    prints="small.Object[]",
    flags=FLAGS,
    words="server",
)
