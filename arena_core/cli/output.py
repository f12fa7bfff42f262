"""Data for programs: JSON, YAML and JSON Lines, written in one place.

What a command prints in these formats is a contract: ``Command.prints`` names the shape (``arena_core.cli.shapes``), from which
``arena schema --output COMMAND`` makes a JSON Schema. YAML holds the same data; JSON Lines are the elements of a list, one a line.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.foreign import json_safe
from arena_core.cli.render import dump_json, dump_yaml
from arena_core.cli.terminal import say
from arena_core.contract.errors import UsageError
from arena_core.typed import Any, TypeVar

FORMATS = ("json", "yaml", "jsonl")
F = TypeVar("F", bound=Callable[..., Any])


def output_flag(*others: str, text: str = "output format", group: str = "Flags") -> Flag:
    """Return ``-o``: data in every format, and the others that the command has, the first of which is the default."""
    choices = tuple(dict.fromkeys((others[0], *FORMATS, *others[1:])))
    return Flag("output", text, short="o", group=group, choices=choices, default=others[0])


def wants_data(parsed: Parsed) -> bool:
    """Whether a program reads what is printed."""
    return parsed.text("output") in FORMATS


def write(parsed: Parsed, data: Any) -> bool:
    """Print the data in the format that was asked for; False where none was, and nothing is printed."""
    return write_as(parsed.text("output"), data)


def write_as(form: str, data: Any) -> bool:
    """Print the data in a format; False for one that is none of ours."""
    if form == "json":
        dump_json(data)
    elif form == "yaml":
        dump_yaml(data)
    elif form == "jsonl":
        for one in data if isinstance(data, list) else [data]:
            write_line(one)
    return form in FORMATS


def write_line(data: Any) -> None:
    """Print one element as a line of JSON."""
    say(line(data), painted=True)


def write_now(data: Any) -> None:
    """Print a line of JSON that somebody waits for."""
    write_line(data)
    sys.stdout.flush()


def line(data: Any, *, separators: tuple[str, str] = (", ", ": ")) -> str:
    """Return data as a line of JSON."""
    import json

    return json_safe(json.dumps(data, ensure_ascii=False, default=str, separators=separators))


def can_be_watched(parsed: Parsed) -> bool:
    """Whether changes are to be shown as lines of JSON; raises ``UsageError`` for a format that is one document."""
    form = parsed.text("output")
    if form in ("json", "yaml", "name"):
        raise UsageError(f"-o {form} is one document: it cannot be watched", "-o jsonl prints a line of JSON for each change")
    return form == "jsonl"


def prints(shape: Any) -> Callable[[F], F]:
    """Say what a command of a plugin's typer application prints with ``-o json``: a TypedDict, a NamedTuple, or a list of such."""

    def named(function: F) -> F:
        function.__prints__ = shape  # type: ignore[attr-defined]
        return function

    return named
