"""``python -m arena_local.daemon --state DIR``: the local cluster in the foreground."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def main() -> int:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m arena_local.daemon", description="Runs the local cluster until it is told to stop.")
    parser.add_argument("--state", type=Path, required=True, help="folder of the cluster's state")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (127.0.0.1); the last one or a free one by default")
    parser.add_argument("--verbose", action="store_true", help="log more")
    parser.add_argument("--report", type=int, default=-1, help="descriptor that hears why it could not start")
    parser.add_argument("--owner", type=int, default=-1, help="descriptor that ends with whoever has started it for himself")
    given = parser.parse_args()
    from arena_local.daemon.serve import run
    from arena_local.daemon.state import State

    return run(State(given.state), given.port, verbose=given.verbose, report=given.report, owner=given.owner)


if __name__ == "__main__":
    sys.exit(main())
