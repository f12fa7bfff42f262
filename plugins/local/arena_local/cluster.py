"""The entry point of group ``arena.clusters``: a running local cluster for whoever has none configured."""

from __future__ import annotations

import sys

from arena_core.errors import ClusterUnreachable


def unusable(error: Exception) -> ClusterUnreachable:
    """Return the error for a state folder that cannot be written."""
    return ClusterUnreachable(f"the local cluster has no place: {error}", hint="set ARENA_HOME to a folder that you may write")


def ensure() -> tuple[str, str]:
    """Start the local cluster if it does not run; returns the path of its kubeconfig and the context."""
    if sys.platform == "win32":
        raise ClusterUnreachable("the local cluster runs on Linux and macOS only", hint="name a kubeconfig with --config or KUBECONFIG")
    from arena_local.daemon.control import StartFailed, start
    from arena_local.daemon.state import CONTEXT, State, Unusable, default_state

    state = State(default_state())
    try:
        start(state)
    except StartFailed as error:
        raise ClusterUnreachable(f"the local cluster could not be started: {error}", hint=f"its log is {state.log}") from None
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
