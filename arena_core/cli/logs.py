"""``--loglevel``: what the rooms below log through the standard library, shown on stderr."""

from __future__ import annotations

import logging
import sys

from arena_core.cli.terminal import colour_wanted

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}


def configure(level: str) -> None:
    """Show records of this level and above. Rendering is structlog's; it is imported only here, when somebody asks for logs."""
    import structlog

    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="%H:%M:%S.%f"),
    ]
    handler = logging.StreamHandler(sys.stderr)
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
