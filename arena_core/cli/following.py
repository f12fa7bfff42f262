"""``submit --follow``: the logs of a new job until it has ended, then how it ended."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from arena_core.cli.command import Context
from arena_core.cli.printing import LinePrinter
from arena_core.cli.run import within
from arena_core.cli.terminal import note
from arena_core.cli.waiting import wait_for
from arena_core.contract.errors import TimedOut

if TYPE_CHECKING:
    from arena_core.usecases.views import LogLine

    #: Listens to the lines of a log while they pass.
    Around = Callable[[Iterator[LogLine]], AbstractContextManager[Iterator[LogLine]]]


def follow_to_the_end(context: Context, name: str, *, job_type: str, timeout: float | None, around: Around = contextlib.nullcontext) -> int:
    """Print the logs of all instances, then give the exit code that tells how the job ended. ``around`` listens to the lines.

    Logs come first and in full: the end of the job is asked for when nothing more is written.
    """
    printer = LinePrinter(prefixed=True)
    lines = context.client.logs(
        name,
        job_type=job_type,
        all_instances=True,
        follow=True,
        joined=True,
        on_wait=lambda why: note(f"waiting: {why}"),
        on_note=note,
        on_idle=printer.flush,
        on_labels=printer.expect,
    )
    if timeout is None:
        with around(lines) as heard:
            printer.print(heard)
        return wait_for(context, name, "finished", job_type, None, logs_shown=True)
    failures: list[BaseException] = []
    printing = threading.Thread(target=within(lambda: _print(printer, lines, around, failures)), daemon=True)
    started = time.monotonic()
    printing.start()
    printing.join(timeout)
    if printing.is_alive():
        printer.flush()
        raise TimedOut(f"{name} has not finished after {timeout:g} s; it keeps running", f"`arena logs -f {name}` follows it again")
    if failures:
        raise failures[0]
    return wait_for(context, name, "finished", job_type, max(0.0, timeout - (time.monotonic() - started)), logs_shown=True)


def _print(printer: LinePrinter, lines: Iterator[LogLine], around: Around, failures: list[BaseException]) -> None:
    """Print in a thread; what goes wrong is the business of the one who waits."""
    try:
        with around(lines) as heard:
            printer.print(heard)
    except BaseException as exc:
        failures.append(exc)
