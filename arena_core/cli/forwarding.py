"""Forwarded ports that stay until Ctrl-C."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from arena_core.cli.terminal import note, say

if TYPE_CHECKING:
    from arena_core.usecases.forward import Forward


def address_of(forward: Forward) -> str:
    """Return where the forwarded port is: a URL where its scheme is known."""
    host = f"127.0.0.1:{forward.port}"
    return f"{forward.to.scheme}://{host}{forward.to.path}" if forward.to.scheme else host


def tell(forwards: Sequence[Forward]) -> None:
    """Print the addresses, each in a line, and how it ends."""
    for one in forwards:
        say(f"{address_of(one)}  ->  {one.to.name} ({one.to.pod}:{one.to.port})")
    import sys

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
