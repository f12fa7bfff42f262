"""The files of the page as they are installed: a fixed set, by name."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

from arena_core.cli.logview.server import Reply, Route

TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
}


def routes() -> dict[str, Route]:
    """Return what answers each file; the page itself is at the empty path."""
    found: dict[str, Route] = {}
    for name, file in _files(files("arena_core.cli.logview") / "static"):
        kind = TYPES.get(name.rpartition(".")[2])
        if kind:
            reply = Reply(kind, file.read_bytes())
            found["" if name == "index.html" else name] = lambda query, reply=reply: reply  # type: ignore[misc]
    return found


def _files(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, Traversable]]:
    for one in folder.iterdir():
        if one.is_dir():
            yield from _files(one, f"{prefix}{one.name}/")
        else:
            yield f"{prefix}{one.name}", one
