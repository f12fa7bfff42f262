"""Which lines of logs are shown, and how: patterns, ranks, JSON."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence

from arena_core.cli.flags import Parsed
from arena_core.cli.output import line as json_line
from arena_core.cli.render import yaml_text
from arena_core.cli.terminal import colour_wanted
from arena_core.contract.errors import UsageError
from arena_core.typed import TYPE_CHECKING
from arena_core.usecases.views import LogLine

if TYPE_CHECKING:
    from arena_core.cli.shapes import small

_MARK, _PLAIN = b"\x1b[1;7m", b"\x1b[27;22m"
#: More ranks than any job has.
_MOST = 100_000


def ranks(text: str) -> list[range]:
    """Read ``0,7-9``; raises ``UsageError``."""
    found = []
    for part in text.split(","):
        pair = re.fullmatch(r"\s*(\d{1,6})(?:-(\d{1,6}))?\s*", part)
        if pair is None or int(pair[1]) > int(pair[2] or pair[1]) or int(pair[2] or 0) > _MOST:
            raise UsageError(f"--rank: {part.strip()!r} is not a rank", "for example 0, or 0,7-9")
        found.append(range(int(pair[1]), int(pair[2] or pair[1]) + 1))
    return found


def chosen(text: str, instances: Sequence[str]) -> frozenset[str]:
    """Return the names of the instances with these ranks: they count through the instances as `arena get` lists them."""
    wanted = ranks(text)
    found = frozenset(name for n, name in enumerate(instances) if any(n in one for one in wanted))
    if not found:
        last = len(instances) - 1
        raise UsageError(
            f"--rank {text}: no instance has such a rank", f"ranks: 0 to {last}" if instances else "there are no instances yet"
        )
    return found


def patterns(parsed: Parsed, flag: str) -> list[re.Pattern[bytes]]:
    """Return the patterns of a flag; raises ``UsageError`` for one that is none."""
    found = []
    for text in parsed.many(flag):
        try:
            found.append(re.compile(text.encode()))
        except re.error as error:
            raise UsageError(
                f"--{flag}: {text!r} is not a regular expression: {error}", "put a backslash before ( [ * + ? . to mean them"
            ) from None
    return found


def picked(parsed: Parsed) -> Callable[[Iterable[LogLine]], Iterator[LogLine]]:
    """Return what lets through the lines that the flags mean, with what is to be highlighted marked; patterns are checked at once."""
    include, exclude, mark = (patterns(parsed, flag) for flag in ("include", "exclude", "highlight"))
    marked = colour_wanted(sys.stdout)

    def keep(lines: Iterable[LogLine]) -> Iterator[LogLine]:
        for line in lines:
            text = line.data.rstrip(b"\r\n")
            if (include and not any(p.search(text) for p in include)) or any(p.search(text) for p in exclude):
                continue
            yield line._replace(data=_highlighted(line.data, mark)) if mark and marked else line

    return keep


def _highlighted(data: bytes, mark: Sequence[re.Pattern[bytes]]) -> bytes:
    for pattern in mark:
        data = pattern.sub(lambda m: _MARK + m[0] + _PLAIN if m[0].strip() else m[0], data)
    return data


def print_data(parsed: Parsed, lines: Iterable[LogLine], job: str = "") -> None:
    """Write each line as an object of its own; without a job the prefix names it: ``mnist/worker-0``."""

    def row(line: LogLine) -> small.LogLine:
        name, _, instance = line.instance.rpartition("/")
        return {
            "job": job or name,
            "instance": instance,
            "pod": line.source.pod,
            "container": line.source.container,
            "time": line.stamp.decode("ascii", "replace"),
            "text": line.text,
        }

    print_rows(parsed, map(row, lines))


def print_rows(parsed: Parsed, rows: Iterable[small.LogLine]) -> None:
    """Write each row as an object of its own: a log may be long, and may not have ended."""
    yaml = parsed.text("output") == "yaml"
    for row in rows:
        sys.stdout.write(f"---\n{yaml_text(row)}" if yaml else json_line(row) + "\n")
    sys.stdout.flush()
