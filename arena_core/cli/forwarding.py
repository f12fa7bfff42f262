"""Forwarded ports that stay until Ctrl-C."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from arena_core.cli.flags import Parsed
from arena_core.cli.output import write
from arena_core.cli.terminal import note, say

if TYPE_CHECKING:
    from arena_core.cli.shapes import small
    from arena_core.usecases.forward import Forward


def address_of(forward: Forward) -> str:
    """Return where the forwarded port is: a URL where its scheme is known."""
    host = f"127.0.0.1:{forward.port}"
    return f"{forward.to.scheme}://{host}{forward.to.path}" if forward.to.scheme else host


def as_data(one: Forward) -> small.Forward:
    """Return a forwarded port for JSON and YAML."""
    return {"name": one.to.name, "address": address_of(one), "localPort": one.port, "pod": one.to.pod, "port": one.to.port}


def tell(parsed: Parsed, forwards: Sequence[Forward]) -> None:
    """Print the addresses, each in a line or as data, and how it ends."""
    if not write(parsed, [as_data(one) for one in forwards]):
        for one in forwards:
            say(f"{address_of(one)}  ->  {one.to.name} ({one.to.pod}:{one.to.port})")
    sys.stdout.flush()
    note("Ctrl-C ends it")


def stay(forwards: Sequence[Forward]) -> int:
    """Wait for Ctrl-C, which is the ordinary end."""
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
    finally:
        for one in forwards:
            one.close()
    return 0


def trouble(text: str) -> None:
    """Tell of a connection that failed; the others go on."""
    note(f"note: {text}")
