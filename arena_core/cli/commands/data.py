"""``arena data list``, ``put`` and ``get``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arena_core.cli.choosing import part_of
from arena_core.cli.command import Command, Context, Group
from arena_core.cli.commands.moving import GET, PUT
from arena_core.cli.commands.shared import ALL_NAMESPACES, NO_HEADERS, print_fitted
from arena_core.cli.connect import nothing_yet
from arena_core.cli.flags import Parsed
from arena_core.cli.output import output_flag, wants_data, write
from arena_core.cli.terminal import note, say
from arena_core.contract.errors import UsageError
from arena_core.k8s import duration, time

if TYPE_CHECKING:
    from arena_core.cli.shapes import small
    from arena_core.usecases.volumes import Volume

COLUMNS = ("NAME", "ACCESSMODE", "SIZE", "STATUS", "DESCRIPTION", "OWNER", "AGE")
LEAST = ("OWNER", "DESCRIPTION", "ACCESSMODE")


def _open(words: list[str], head: Parsed) -> tuple[Command, list[str]]:
    missing = UsageError("what of the data? `arena data list`, `put` or `get`", "`arena data --help` says more")

    def strange(word: str) -> UsageError:
        return UsageError(f"arena data {word}: expected list, put or get", "volumes themselves are made with kubectl")

    return part_of(words, {"list": LIST, "ls": LIST, "put": PUT, "get": GET}, overview, missing, strange)


def overview() -> Command:
    """`arena data` without a further word."""
    return Command(
        "data",
        "list the volumes that jobs can mount with --data, and copy files from and to them",
        lambda *_: 2,
        usage="arena data list [flags]\n  arena data put CLAIM PATH [TO] [flags]\n  arena data get CLAIM PATH [TO] [flags]",
    )


def _list(context: Context, parsed: Parsed) -> int:
    everywhere, output = parsed.on("all_namespaces"), parsed.text("output", "wide")
    found = [] if nothing_yet(context.settings) else context.client.volumes(all_namespaces=everywhere)
    if wants_data(parsed):
        write(parsed, [as_data(one) for one in found])
    elif output == "name":
        for one in found:
            say(f"persistentvolumeclaim/{one.name}")
    else:
        header = ("NAMESPACE", *COLUMNS) if everywhere else COLUMNS
        print_fitted(parsed, [header, *(_row(one, everywhere) for one in found)], LEAST)
    if not found:
        note("there are no volume claims here: `kubectl create -f claim.yaml` makes one, and --data NAME:/path mounts it")
    return 0


def _row(one: Volume, everywhere: bool) -> tuple[str, ...]:
    age = duration.human(time.seconds_between(one.created)) if one.created else ""
    cells = (one.name, ",".join(one.access_modes), one.size, one.phase or "Unknown", one.description, one.owner, age)
    return (one.namespace, *cells) if everywhere else cells


def as_data(one: Volume) -> small.Volume:
    """Return a volume as ``-o json`` prints it."""
    return {
        "name": one.name,
        "namespace": one.namespace,
        "status": one.phase,
        "accessModes": list(one.access_modes),
        "size": one.size,
        "storageClass": one.storage_class,
        "description": one.description,
        "owner": one.owner,
        "creationTimestamp": one.created,
    }


LIST = Command(
    "data list",
    "list the volume claims of a namespace: what --data can mount",
    _list,
    prints="small.Volume[]",
    flags=(ALL_NAMESPACES, output_flag("wide", "name"), NO_HEADERS),
)
COMMAND = Group(_open, overview, (LIST, PUT, GET))
