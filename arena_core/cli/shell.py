"""The terminal side of ``attach``: standard input to the instance, its output to ours."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from arena_core.cli.terminal import note
from arena_core.contract.errors import ClusterUnreachable

if TYPE_CHECKING:
    from arena_core.kube.streams import ExecSession

STDOUT = 1
NO_END = (
    "note: standard input has ended, but this cluster is too old to be told (it lacks v5.channel.k8s.io): "
    "a command that reads to the end keeps waiting; Ctrl-C ends it"
)


def interact(session: ExecSession, *, tty: bool, stdin: bool = True) -> int:
    """Carry bytes both ways until the command has ended; returns its exit code. Without ``stdin`` nothing of ours is read."""
    stopped = threading.Event()
    with _raw(tty), _resizing(session, tty):
        if stdin:
            threading.Thread(target=_feed, args=(session, stopped), daemon=True).start()
        try:
            while (piece := session.read()) is not None:
                channel, data = piece
                out = sys.stdout.buffer if channel == STDOUT else sys.stderr.buffer
                out.write(data)
                out.flush()
        finally:
            stopped.set()
            session.close()
    code = session.exit_code
    if code is None:
        raise ClusterUnreachable(
            f"the connection to the instance was lost{f': {session.broken}' if session.broken else ''}; how the command ended is not known"
        )
    if session.not_started:
        note(f"error: {session.message or 'the command did not start, and the cluster does not say why'}")
    return code


def _feed(session: ExecSession, stopped: threading.Event) -> None:
    """Standard input to the command; looks up now and then, so that no key is swallowed after its end."""
    # Standard input may be closed, or no file at all: then there is nothing to send.
    with contextlib.suppress(OSError, ValueError, AttributeError):
        source = sys.stdin.fileno()
        while not stopped.is_set():
            ready, _, _ = select.select([source], [], [], 0.1)
            if not ready:
                continue
            data = os.read(source, 65536)
            if not data:
                session.close_stdin()
                if not session.can_close_stdin:
                    note(NO_END)
                return
            session.write(data)


@contextlib.contextmanager
def _raw(tty: bool) -> Iterator[None]:
    """The terminal in raw mode, so that Ctrl-C reaches the command; put back however it ends."""
    if not tty:
        yield
        return
    import termios
    import tty as modes

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    modes.setraw(descriptor)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


@contextlib.contextmanager
def _resizing(session: ExecSession, tty: bool) -> Iterator[None]:
    """Tell the instance the size of the window, now and when it changes."""
    if not tty:
        yield
        return
    import signal

    def tell(*_: object) -> None:
        size = shutil.get_terminal_size()
        with contextlib.suppress(OSError):
            session.resize(size.columns, size.lines)

    before = signal.signal(signal.SIGWINCH, tell)
    tell()
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)
