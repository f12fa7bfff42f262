"""Words to people: results on stdout, everything else on stderr, colours only where they can be seen."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Sequence

from arena_core.cli.again import again
from arena_core.cli.foreign import plain
from arena_core.cli.run import current
from arena_core.contract.errors import UsageError
from arena_core.discreet import discreet
from arena_core.typed import TextIO

#: Colours of the prefixes of instances, in turn.
PALETTE = ("36", "33", "32", "35", "34", "96", "93", "92", "95", "94")
#: Colour of a phase in tables.
PHASES = {"RUNNING": "32", "READY": "32", "SUCCEEDED": "32", "FAILED": "31", "PENDING": "33", "QUEUING": "33", "SUSPENDED": "33"}


def prepare() -> None:
    """Make the standard streams usable whatever the shell and the locale have made of them."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by the shell (`>&-`): a socket must not take its place
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A locale of plain ASCII says nothing about the terminal; files and pipes want UTF-8 anyway.
            ascii_only = codecs.lookup(stream.encoding).name == "ascii"
            stream.reconfigure(encoding="utf-8" if ascii_only else None, errors="backslashreplace")


def readable(words: Sequence[str]) -> list[str]:
    """The command line as text: in a locale without UTF-8 Python leaves bytes in it that it cannot read."""
    return [word if word.isascii() else _readable(word) for word in words]


def _readable(word: str) -> str:
    if not any("\udc80" <= letter <= "\udcff" for letter in word):
        return word
    try:
        return os.fsencode(word).decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{word.encode('ascii', 'backslashreplace').decode()!r} is not text in UTF-8") from None


def say(text: str, *, painted: bool = False) -> None:
    """Write a result to stdout; ``painted`` text goes out as it is: its foreign parts have been filtered already, or it is read back."""
    text = text if painted else discreet(plain(text))
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def status(text: str) -> None:
    """Draw a line on stderr in place of the last one; an empty text takes it away. A note is written above it."""
    run = current()
    if not text and not run.drawn:
        return
    try:
        columns = os.get_terminal_size(sys.stderr.fileno()).columns
        run.drawn = bool(text)
        sys.stderr.write(f"\r\x1b[K{discreet(plain(text))[: max(1, columns - 1)]}")
        sys.stderr.flush()
    except (OSError, ValueError):
        return


def note(text: str, label: str = "") -> None:
    """Tell the user something that is not the result: stderr, so that pipes stay clean. Where it cannot be written it is lost.

    ``label`` goes before it as it is, with colours.
    """
    try:
        sys.stdout.flush()
    except OSError:
        pass
    try:
        # A line that is drawn gives way in the same write.
        run = current()
        gone = "\r\x1b[K" if run.drawn else ""
        run.drawn = False
        sys.stderr.write(gone + label + discreet(plain(again(text))) + "\n")
        sys.stderr.flush()
    except OSError:
        drop(sys.stderr)


def drop(stream: TextIO) -> None:
    """Let what is still to be written go nowhere: Python tries again at its end, complains, and changes the exit code."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):
        pass


def screen(columns: int, lines: int) -> tuple[int, int]:
    """Return how large the terminal is, as ``shutil.get_terminal_size`` says, whose module brings archives of every kind."""
    said = [int(text) if text.isascii() and text.isdigit() else 0 for text in (os.environ.get(n, "") for n in ("COLUMNS", "LINES"))]
    try:
        seen = os.get_terminal_size(sys.__stdout__.fileno()) if sys.__stdout__ else (0, 0)
    except (OSError, ValueError):
        seen = (0, 0)
    return said[0] or seen[0] or columns, said[1] or seen[1] or lines


def colour_wanted(stream: TextIO) -> bool:
    """Whether to colour: a terminal that can, and nobody said NO_COLOR (https://no-color.org)."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and stream.isatty()


def paint(text: str, code: str, *, wanted: bool) -> str:
    """``text`` in the colour ``code``, if colours are wanted."""
    return f"\x1b[{code}m{text}\x1b[0m" if wanted and code else text


def browse(address: str) -> None:
    """Open the address, which has been printed, in the browser of whoever sits here; where none can be started, say so."""
    import webbrowser

    try:
        opened = webbrowser.open(address)
    except webbrowser.Error:
        opened = False
    if not opened:
        note("note: there is no browser here that can be started; open the address above")
