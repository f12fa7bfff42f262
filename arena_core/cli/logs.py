"""``--loglevel``: what the rooms below log through the standard library, shown on stderr."""

from __future__ import annotations

import io
import logging
import re
import sys
from typing import TextIO

from arena_core.cli.foreign import plain
from arena_core.cli.terminal import colour_wanted
from arena_core.discreet import discreet

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}


class _Discreet(io.TextIOBase):
    """Writes without secrets and control characters of foreign text; colours are the renderer's own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write what is harmless."""
        parts = re.split(r"(\x1b\[[0-9;]*m)", text)
        return self._stream.write("".join(part if n % 2 else discreet(plain(part)) for n, part in enumerate(parts)))

    def flush(self) -> None:
        """Flush the stream below."""
        self._stream.flush()


def configure(level: str) -> None:
    """Show records of this level and above. Rendering is structlog's; it is imported only here, when somebody asks for logs."""
    import structlog

    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="%H:%M:%S.%f"),
    ]
    handler = logging.StreamHandler(_Discreet(sys.stderr))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.dev.ConsoleRenderer(colors=colour_wanted(sys.stderr)),
            ],
        )
    )
    root = logging.getLogger("arena_core")
    root.handlers[:] = [handler]
    root.setLevel(LEVELS[level])
