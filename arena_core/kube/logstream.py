"""One log as lines: for those who know the pod."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from arena_core.contract.types import Manifest
from arena_core.kube.logfollow import Follower, Run, run_of
from arena_core.kube.loglines import Lines
from arena_core.kube.logoptions import LogOptions
from arena_core.kube.logs import Incomplete, LogReader
from arena_core.kube.transport import Transport


def stream(transport: Transport, namespace: str, pod: str, options: LogOptions, find_pod: Callable[[], Manifest | None]) -> Iterator[bytes]:
    """Yield the lines of a log, each with its newline (the last one may lack it); a line over 64 KiB comes in pieces.

    ``find_pod`` reads the pod, or None when it is gone. What cannot be read to its end is an error.
    """
    gaps: list[str] = []
    reader = LogReader(transport, namespace, pod, options, on_gap=gaps.append)

    def look() -> Run | None:
        found = find_pod()
        return None if found is None else run_of(found, options.container)

    pieces = Follower(reader, look).pieces() if options.follow else reader.whole(lambda: find_pod() is not None)
    lines = Lines(options.timestamps)
    for data in pieces:
        for _, text in lines.feed(data):
            yield text
    for _, text in lines.flush():
        yield text
    if gaps:
        raise Incomplete(f"the log of {pod} is not complete: lines after {gaps[0]} are missing")
