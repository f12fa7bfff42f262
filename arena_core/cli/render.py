"""Tables, times and files as they are printed: Arena's columns, two blanks between them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from itertools import zip_longest

from arena_core.cli.foreign import is_odd, json_safe, one_line
from arena_core.cli.terminal import PHASES, colour_wanted, paint, say
from arena_core.k8s import time
from arena_core.typed import Any


def table(rows: Sequence[Sequence[object]], *, indent: str = "", colour: bool = False) -> str:
    """Rows with columns of equal width; no blanks at the end of lines. With ``colour`` words that are phases are painted."""
    texts = _cells(rows)
    widths = [max(map(len, column)) for column in zip_longest(*texts, fillvalue="")]
    if not colour and all(len(row) == len(widths) for row in texts):
        # One format for all rows: padding cell by cell would take a long list three times as long.
        form = "  ".join(f"%-{width}s" for width in widths)
        return "\n".join([(indent + form % tuple(row)).rstrip() for row in texts])
    lines = []
    for row in texts:
        padded = [*(text.ljust(width) for text, width in zip(row[:-1], widths, strict=False)), *row[-1:]]
        if colour:
            padded = [paint(p, PHASES.get(p.strip(), ""), wanted=True) for p in padded]
        lines.append((indent + "  ".join(padded)).rstrip())
    return "\n".join(lines)


def _cells(rows: Sequence[Sequence[object]]) -> list[list[str]]:
    """Return the cells, each as one line. Whether any of them is odd is seen at once for all."""
    texts = [[str(cell) for cell in row] for row in rows]
    whole = "".join(["".join(row) for row in texts])
    if whole.isascii() and whole.isprintable():
        return [[cell.rstrip() for cell in row] for row in texts]
    return [[one_line(cell) for cell in row] for row in texts]


def print_table(rows: Sequence[Sequence[object]], *, indent: str = "") -> None:
    """Print a table, in colour on a terminal."""
    say(table(rows, indent=indent, colour=colour_wanted(sys.stdout)), painted=True)


def ruled(rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """A header with a line of dashes under it, as Arena draws inner tables."""
    return [rows[0], ["-" * len(h) for h in rows[0]], *rows[1:]]


def dump_json(data: Any) -> None:
    """Print JSON as Arena does (4 blanks), with a newline at the end."""
    say(json_text(data), painted=True)


def json_text(data: Any) -> str:
    """Return JSON as Arena prints it."""
    import json

    return json_safe(json.dumps(data, indent=4, ensure_ascii=False, default=str))


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


def local_time(text: str) -> str:
    """A time for people, in their own zone and saying which (Arena leaves the zone out); empty where there is none."""
    found = time.parse(text)
    return found.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z") if found else ""


def join_nonempty(parts: Iterable[str], separator: str = ", ") -> str:
    """Join what is not empty."""
    return separator.join(p for p in parts if p)
