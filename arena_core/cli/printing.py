"""Lines of logs on stdout: one instance as it is, several each with a coloured prefix."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from arena_core.cli.foreign import log_line
from arena_core.cli.terminal import PALETTE, colour_wanted, paint
from arena_core.lazily import pattern
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.usecases.views import LogLine

#: A progress bar returns to the beginning of the line, where the prefix is.
_RETURN = pattern(rb"\r(?=[^\r\n])")
#: The beginning of a terminal's command whose end has not come yet.
_CUT_ESCAPE = pattern(rb"\x1b(?:\[[0-?]*[ -/]*)?$")
_RANK = pattern(r"(?P<role>.*?)-?(?P<number>\d+)$")
_LEADERS = ("chief", "master", "launcher", "driver", "head")


class LinePrinter:
    """Writes lines as bytes, so that nothing a program prints is changed. On a terminal, unless ``raw``, a line may not steer it.

    Several lines of an instance may come at once. With prefixes, parts of lines from different instances do not mix: the other's line is
    ended first.
    """

    def __init__(self, *, prefixed: bool, raw: bool = False) -> None:
        self._out = sys.stdout.buffer
        self._prefixed = prefixed
        self._filtered = sys.stdout.isatty() and not raw
        self._colour = colour_wanted(sys.stdout)
        self._width = 0
        self._open = ""
        self._held: dict[str, bytes] = {}
        self._returned: set[str] = set()
        self._prefixes: dict[str, bytes] = {}
        sys.stdout.flush()

    def expect(self, labels: Sequence[str]) -> None:
        """Be told which instances there are, so that all prefixes have one width."""
        width = max(self._width, *(len(label) for label in labels), 0)
        if width != self._width:
            self._width, self._prefixes = width, {}

    def flush(self) -> None:
        """Show what has been written: nothing more is there for the moment."""
        self._out.flush()

    def print(self, lines: Iterable[LogLine]) -> None:
        """Write all lines."""
        try:
            for line in lines:
                self._line(line.source.label or line.source.pod, line.data)
        finally:
            for label in list(self._held):
                self._write(label, self._held.pop(label))
            if self._open and self._prefixed:
                self._out.write(b"\n")
            self._out.flush()

    def _line(self, label: str, text: bytes) -> None:
        text = self._held.pop(label, b"") + text
        whole = text.endswith(b"\n")
        if self._filtered and not whole and (cut := _CUT_ESCAPE.search(text, max(0, len(text) - 64))):
            text, self._held[label] = text[: cut.start()], text[cut.start() :]
        self._write(label, text)

    def _write(self, label: str, text: bytes) -> None:
        text = log_line(text) if self._filtered else text
        if self._prefixed and text:
            text = self._with_prefix(label, text)
        self._out.write(text)

    def _with_prefix(self, label: str, text: bytes) -> bytes:
        prefix = self._prefixes.get(label) or self._prefix(label)
        marked = _RETURN.sub(b"\r" + prefix, text) if b"\r" in text else text
        if text.find(b"\n", 0, -1) >= 0:
            marked = marked[:-1].replace(b"\n", b"\n" + prefix) + marked[-1:]
        if self._open != label:
            marked = (b"\n" if self._open else b"") + prefix + marked
        elif label in self._returned and not text.startswith((b"\r", b"\n")):
            marked = prefix + marked
        self._open = "" if text.endswith(b"\n") else label
        self._returned.discard(label)
        if text.endswith(b"\r"):
            self._returned.add(label)
        return marked

    def _prefix(self, label: str) -> bytes:
        made = paint(label.ljust(self._width), colour_of(label), wanted=self._colour).encode() + b" "
        self._prefixes[label] = made
        return made


def colour_of(label: str) -> str:
    """Return the colour of an instance's prefix: by its rank, so that it is the same each time."""
    found = _RANK.match(label)
    if found is None:
        return PALETTE[0]
    leads = found["role"] in _LEADERS
    return PALETTE[(int(found["number"][-9:]) + (not leads)) % len(PALETTE)]
