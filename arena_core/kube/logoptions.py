"""What part of a log is asked for."""

from __future__ import annotations

from arena_core.records import record
from arena_core.typed import Any


@record
class LogOptions:
    """What part of a log is asked for, as in the API. ``tail`` below 0 means everything."""

    container: str = ""
    follow: bool = False
    previous: bool = False
    timestamps: bool = False
    tail: int = -1
    since_seconds: int = 0
    since_time: str = ""

    def query(self) -> dict[str, Any]:
        """Return the query of the request."""
        return {
            "container": self.container,
            "follow": self.follow,
            "previous": self.previous,
            "timestamps": self.timestamps,
            "tailLines": self.tail if self.tail >= 0 else None,
            "sinceSeconds": self.since_seconds or None,
            "sinceTime": self.since_time,
        }
