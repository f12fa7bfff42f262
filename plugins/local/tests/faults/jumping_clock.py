"""A daemon whose clock is ahead of the machine's by the seconds that stand in a file. ``jumping_clock.py FOLDER FILE``."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from arena_local.daemon import serve
from arena_local.daemon.state import State
from arena_local.sdk import clock


class Jumping(datetime):
    """``datetime`` as the cluster's clock imports it."""

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return datetime.now(tz) + timedelta(seconds=float(Path(sys.argv[2]).read_text() or 0))


if __name__ == "__main__":
    clock.datetime = Jumping
    sys.exit(serve.run(State(Path(sys.argv[1])), 0))
