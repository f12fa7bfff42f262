"""A local cluster without any job type: what the recorded server was (no operator, no webhook). ``plain_server.py FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

from arena_local import kueue
from arena_local.bundle import Bundle
from arena_local.daemon import assemble, serve
from arena_local.daemon.state import State

if __name__ == "__main__":
    assemble.load_bundles = list
    kueue.bundle = lambda *_: Bundle("none")
    sys.exit(serve.run(State(Path(sys.argv[1])), 0))
