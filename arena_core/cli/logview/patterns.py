"""Regular expressions, tried in a process of their own: one that never comes to an end ends with it, and the page goes on."""

from __future__ import annotations

import atexit
import os
import select
import struct
import subprocess
import sys
import threading
import time
from array import array
from collections.abc import Sequence

from arena_core.contract.errors import UsageError

#: Seconds that an expression may take for some lines, of which a hundred thousand usually take a tenth of that.
PATIENCE = 3.0
#: Reads (pattern, lines), writes which of the lines match. The first letter says whether the pattern is of bytes, the second about case.
_WORK = """\
import re, struct, sys
from array import array
take, give = sys.stdin.buffer, sys.stdout.buffer
while len(head := take.read(16)) == 16:
    pattern, lines = (take.read(size) for size in struct.unpack("<QQ", head))
    flags = 0 if pattern[1:2] == b"c" else re.IGNORECASE
    if pattern[:1] == b"b":
        fits = re.compile(pattern[2:], flags).search
    else:
        find = re.compile(pattern[2:].decode(), flags).search
        fits = lambda line: find(line.decode("utf-8", "replace"))
    found = array("Q", [at for at, line in enumerate(lines.split(b"\\n")) if fits(line)]).tobytes()
    give.write(struct.pack("<Q", len(found)) + found)
    give.flush()
"""


class Patterns:
    """The process, started when it is first needed and again after it had to be ended. Safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def picks(self, pattern: str, lines: Sequence[bytes], *, cased: bool, patience: float = PATIENCE) -> array[int]:
        """Return which of the lines match; raises ``UsageError`` where that takes too long."""
        if not lines:
            return array("Q")
        kind = ("b" if pattern.isascii() else "t") + ("c" if cased else "i")
        first, rest = f"{kind}{pattern}".encode(), b"\n".join(lines)
        with self._lock:
            process = self._running()
            try:
                assert process.stdin is not None
                process.stdin.write(struct.pack("<QQ", len(first), len(rest)) + first + rest)
                until = time.monotonic() + patience
                (size,) = struct.unpack("<Q", self._read(process, 8, until))
                return array("Q", self._read(process, size, until))
            except (OSError, TimeoutError) as error:
                self._end()
                raise UsageError(
                    f"{pattern[:80]!r} takes too long on these lines", "a simpler expression, or a text, is quicker"
                ) from error

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            command = [sys.executable, "-I", "-S", "-c", _WORK]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, start_new_session=True)
        return self._process

    def _read(self, process: subprocess.Popen[bytes], size: int, until: float) -> bytes:
        assert process.stdout is not None
        found = b""
        while len(found) < size:
            ready, _, _ = select.select([process.stdout], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise TimeoutError
            piece = os.read(process.stdout.fileno(), size - len(found))
            if not piece:
                raise ConnectionError("the process has ended")
            found += piece
        return found

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()


#: One for all searches of a page.
PATTERNS = Patterns()
atexit.register(PATTERNS.close)
