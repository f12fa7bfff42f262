"""Flags that several commands share."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.cli.fitting import Rows, fitted, room, too_narrow
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.render import print_table
from arena_core.cli.terminal import note
from arena_core.contract.errors import UsageError
from arena_core.k8s import names as syntax

LONGEST_NAME = 253

TYPE = Flag("type", "job type (name, shorthand or alias, in any case)", short="T", metavar="TYPE", complete="type")
INSTANCE = Flag("instance", "name of one instance, in full or short (worker-0)", short="i", metavar="NAME", complete="instance", once=True)
CONTAINER = Flag("container", "one container of the instance", short="c", metavar="NAME", complete="container")
ALL_NAMESPACES = Flag("all_namespaces", "look in all namespaces", short="A", boolean=True, old=("allNamespaces",))
SELECTOR = Flag("selector", "only jobs with these labels (a=b,c!=d,e)", short="l", metavar="LABELS")
NO_HEADERS = Flag("no_headers", "print no header", boolean=True)
QUIET = Flag("quiet", "no notes on stderr about what cannot be read", short="q", boolean=True)
TIMEOUT = Flag("timeout", "give up after this time (90s, 10m, 1h30m)", metavar="DURATION")


def note_unread(parsed: Parsed, text: str) -> None:
    """Say in one line what could not be read, unless that is not wanted."""
    if text and not parsed.on("quiet"):
        note(f"note: {text}")


def print_fitted(parsed: Parsed, rows: Rows, least: Sequence[str]) -> None:
    """Print a table whose first row is its header; ``least`` gives way on a narrow terminal, which a note says."""
    shown, gone = fitted(rows, least, room())
    if shown := shown[1:] if parsed.on("no_headers") else shown:
        print_table(shown)
    if gone:
        note_unread(parsed, too_narrow(gone))


def selector_of(parsed: Parsed) -> str:
    """The selector, refused where it selects nothing in particular: that is, everything."""
    text = parsed.text("selector")
    if "selector" in parsed.values and not text.replace(",", "").strip():
        raise UsageError("-l: the selector is empty, which selects every job", "is a variable of your script unset?")
    return text


def one_name(parsed: Parsed, what: str = "job", command: str = "get") -> str:
    """The one word that names a job."""
    if not parsed.args:
        hint = "`arena list` shows the jobs" if what == "job" else "`arena submit --help` lists them"
        raise UsageError(f"which {what}? `arena {command} NAME`", hint)
    check_names(parsed.args, what)
    if len(parsed.args) > 1:
        raise UsageError(f"one {what} at a time: what is {parsed.args[1]!r}?", f"`arena {command} {parsed.args[0]}`")
    return parsed.args[0]


def check_names(names: Sequence[str], what: str = "job") -> None:
    """Refuse a name that no object can have: an empty one, as an unset variable of a script leaves it, would mean all of them."""
    for name in names:
        if not name.strip():
            raise UsageError(f"the name of the {what} is empty", "is a variable of your script unset?")
        last = name.rpartition("/")[2]
        if syntax.subdomain(last):
            shown = name if len(name) <= LONGEST_NAME else name[:60] + "…"
            raise UsageError(f"{shown!r} cannot be the name of a {what}", "a name consists of lower-case letters, digits, '-' and '.'")
