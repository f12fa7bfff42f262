"""The entry point of group ``arena.clusters``: a running local cluster for whoever has none configured."""

from __future__ import annotations

import sys

from arena_core.contract.errors import ClusterUnreachable
from arena_core.typed import TYPE_CHECKING
from arena_local.access import CONTEXT

if TYPE_CHECKING:
    from arena_local.daemon.control import StartFailed
    from arena_local.daemon.state import State

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2


def unusable(error: Exception) -> ClusterUnreachable:
    """Return the error for a state folder that cannot be written."""
    return ClusterUnreachable(f"the local cluster cannot store its state: {error}", hint="set ARENA_HOME to a folder that you can write to")


def not_started(state: State, error: StartFailed) -> ClusterUnreachable:
    """Return the error for a cluster that does not start, with the way out where one is known."""
    text = str(error)
    if "No space left" in text or "is full" in text:
        hint = f"free some space on the disk of {state.folder}, or set ARENA_HOME to a folder on another one"
    elif "database" in text or "state.db" in text:
        hint = "`arena local reset` removes everything that the local cluster stores and starts anew"
    elif "open files" in text:
        hint = "raise the limit of open files (`ulimit -n 1024`)"
    else:
        hint = f"its log is {state.log}"
    return ClusterUnreachable(f"the local cluster could not be started: {text}", hint=hint)


def ensure() -> tuple[str, str]:
    """Start the local cluster if it does not run; returns the path of its kubeconfig and the context."""
    if sys.platform == "win32":
        raise ClusterUnreachable("the local cluster runs on Linux and macOS only", hint="name a kubeconfig with --config or KUBECONFIG")
    from arena_local.daemon import found

    # Nearly always it runs: what starts it takes longer to import than a list takes.
    if running := found.kubeconfig():
        return running, CONTEXT
    from arena_local.daemon.control import StartFailed, start
    from arena_local.daemon.state import State, Unusable, default_state

    try:
        state = State(default_state())
        start(state)
    except StartFailed as error:
        raise not_started(state, error) from None
    except Unusable as error:
        raise unusable(error) from None
    return str(state.kubeconfig), CONTEXT


def revive() -> bool:
    """Start the local cluster again if it has crashed; one that was ended stays so. Returns whether it runs again."""
    from arena_local.daemon.state import State, default_state

    if not State(default_state()).crashed:
        return False
    ensure()
    return True
