"""Tables, times and files as they are printed: Arena's columns, two blanks between them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from arena_core.cli.foreign import is_odd, json_safe, one_line
from arena_core.cli.terminal import PHASES, colour_wanted, paint, say


def table(rows: Sequence[Sequence[object]], *, indent: str = "", colour: bool = False) -> str:
    """Rows with columns of equal width; no blanks at the end of lines. With ``colour`` words that are phases are painted."""
    texts = [[one_line(str(c)) for c in row] for row in rows]
    widths = [max(len(row[i]) for row in texts if i < len(row)) for i in range(max((len(r) for r in texts), default=0))]
    lines = []
    for row in texts:
        padded = [text if i == len(row) - 1 else f"{text:<{widths[i]}}" for i, text in enumerate(row)]
        painted = [paint(p, PHASES.get(p.strip(), ""), wanted=colour) for p in padded]
        lines.append((indent + "  ".join(painted)).rstrip())
    return "\n".join(lines)


def print_table(rows: Sequence[Sequence[object]], *, indent: str = "") -> None:
    """Print a table, in colour on a terminal."""
    say(table(rows, indent=indent, colour=colour_wanted(sys.stdout)), painted=True)


def ruled(rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """A header with a line of dashes under it, as Arena draws inner tables."""
    return [rows[0], ["-" * len(h) for h in rows[0]], *rows[1:]]


def dump_json(data: Any) -> None:
    """Print JSON as Arena does (4 blanks), with a newline at the end."""
    say(json_safe(json.dumps(data, indent=4, ensure_ascii=False, default=str)), painted=True)


def dump_yaml(*documents: Any) -> None:
    """Print YAML, several documents with ``---`` between them."""
    say(yaml_text(*documents), painted=True)


def yaml_text(*documents: Any) -> str:
    """Documents as YAML in the order in which keys were put in; text of several lines as a block."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """No anchors: a manifest with ``*id001`` is hard to read and harder to edit."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(dumper: yaml.SafeDumper, data: str) -> yaml.ScalarNode:
        style = '"' if is_odd(data) else "|" if "\n" in data else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=style)

    Dumper.add_representer(str, text)
    texts = (yaml.dump(d, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=4096) for d in documents)
    return json_safe("---\n".join(texts))


def parse_time(text: str) -> datetime | None:
    """An RFC 3339 time of the API, or None."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def unix(text: str) -> int:
    """Seconds since 1970, or 0."""
    found = parse_time(text)
    return int(found.timestamp()) if found else 0


def seconds_between(start: str, end: str = "", now: datetime | None = None) -> int:
    """Whole seconds from start to end (now where it is empty); 0 where there is no start."""
    first = parse_time(start)
    if first is None:
        return 0
    last = parse_time(end) or now or datetime.now(UTC)
    return max(0, int((last - first).total_seconds()))


def compact(seconds: int) -> str:
    """A duration as Arena and kubectl shorten it: ``35s``, ``4m``, ``2h``, ``3d``."""
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 3600:
        return f"{seconds // 60}m"
    if seconds < 86400:
        return f"{seconds // 3600}h"
    return f"{seconds // 86400}d"


def local_time(text: str) -> str:
    """A time for people, in their own zone and saying which (Arena leaves the zone out); empty where there is none."""
    found = parse_time(text)
    return found.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z") if found else ""


def join_nonempty(parts: Iterable[str], separator: str = ", ") -> str:
    """Join what is not empty."""
    return separator.join(p for p in parts if p)
