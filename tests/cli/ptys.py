"""A terminal of so many columns and rows, with a command in it: what was written when, and what stands on the screen."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

ARENA = Path(sys.executable).parent / "arena"
_PIECE = re.compile(r"\x1b\[(\d*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)|\x1b")


class Terminal:
    """``with Terminal(["list"], env) as terminal``; the command is killed at the end if it has not ended."""

    def __init__(self, words: Sequence[str], env: Mapping[str, str], columns: int = 100, rows: int = 30) -> None:
        self.written = ""
        self.columns = columns
        self._lines: list[str] = [""]
        self._row = 0
        self._column = 0
        own, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        env = {k: v for k, v in env.items() if k not in ("COLUMNS", "LINES", "NO_COLOR")} | {"TERM": "xterm"}
        self.process = subprocess.Popen(
            [ARENA, *words], stdin=other, stdout=other, stderr=other, env=env, start_new_session=True, preexec_fn=_in_front
        )
        os.close(other)
        self._own = own
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        os.close(self._own)

    def until(self, check: Callable[[], Any], timeout: float = 30.0) -> Any:
        """Read until something is true of what was written, and return it."""
        end = time.monotonic() + timeout
        while not (found := check()):
            assert time.monotonic() < end and self._read(end - time.monotonic()), f"it never came:\n{self.screen}"
        return found

    def seen(self, text: str, timeout: float = 30.0) -> None:
        """Read until a text is on the screen."""
        self.until(lambda: text in self.screen, timeout)

    def interrupt(self, timeout: float = 20.0) -> int:
        """Type Ctrl-C; returns the exit code."""
        os.write(self._own, b"\x03")
        return self.end(timeout)

    def end(self, timeout: float = 30.0) -> int:
        """Read to the end; returns the exit code."""
        end = time.monotonic() + timeout
        while self._read(max(0.0, end - time.monotonic())):
            assert time.monotonic() < end, f"it does not end:\n{self.screen}"
        return self.process.wait(timeout)

    @property
    def screen(self) -> str:
        """What stands there, from the first line that was ever written."""
        return "\n".join(line.rstrip() for line in self._lines)

    def _read(self, timeout: float) -> bool:
        if not select.select([self._own], [], [], timeout)[0]:
            return False
        try:
            data = os.read(self._own, 65536)
        except OSError:  # the command has ended
            return False
        text = self._decoder.decode(data)
        self.written += text
        self._draw(text)
        return bool(data)

    def _draw(self, text: str) -> None:
        for count, command, control, letters in _PIECE.findall(text):
            if command == "A":
                self._row = max(0, self._row - int(count or 1))
            elif command == "K":
                self._lines[self._row] = self._lines[self._row][: self._column]
            elif command == "J":
                self._lines[self._row] = self._lines[self._row][: self._column]
                del self._lines[self._row + 1 :]
            elif control == "\r":
                self._column = 0
            elif control == "\n":
                self._row += 1
                if self._row == len(self._lines):
                    self._lines.append("")
            elif letters:
                for at in range(len(letters)):
                    if self._column == self.columns:  # it wraps
                        self._row, self._column = self._row + 1, 0
                        if self._row == len(self._lines):
                            self._lines.append("")
                    line = self._lines[self._row].ljust(self._column)
                    self._lines[self._row] = line[: self._column] + letters[at] + line[self._column + 1 :]
                    self._column += 1


def _in_front() -> None:
    """Make the terminal the command's own, so that Ctrl-C reaches it, which a test's parents may have ignored."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
