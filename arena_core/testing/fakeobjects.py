"""The answers of a small API server that keeps objects: for ``FakeApi``, where a test needs no real one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from arena_core.contract.types import Manifest
from arena_core.k8s import dig, selectors
from arena_core.testing.fakeapi import Reply, Request, refusal

JSON = {"Content-Type": "application/json"}


class FakeObjects:
    """``put`` objects under the path of their collection; ``forbidden`` are beginnings of paths, ``pages`` answers to whole paths."""

    def __init__(self) -> None:
        self.collections: dict[str, dict[str, Manifest]] = {}
        self.forbidden: set[str] = set()
        #: Pod → the bytes of its log.
        self.logs: dict[str, bytes] = {}
        #: Path → what makes (code, object) of the query.
        self.pages: dict[str, Callable[[dict[str, str]], tuple[int, Any]]] = {}

    def put(self, collection: str, *objects: Manifest) -> None:
        """Keep objects in a collection, by their names."""
        self.collections.setdefault(collection, {}).update({obj["metadata"]["name"]: obj for obj in objects})

    def answer(self, request: Request) -> Reply:
        """Return the answer to one request."""
        path = request.path
        if any(path.startswith(begin) for begin in self.forbidden):
            what = path.rpartition("/")[2]
            text = f'{what} is forbidden: User "me" cannot list resource "x" in API group "" at the cluster scope'
            return refusal(403, "Forbidden", text)
        if path in self.pages:
            return Reply(*self.pages[path](request.query), JSON)
        if path.endswith("/log"):
            return Reply(200, self.logs.get(path.split("/")[-2], b""), {"Content-Type": "text/plain"})
        if path in self.collections:
            return self._created(request) if request.method == "POST" else self._listed(request)
        return self._named(request)

    def _created(self, request: Request) -> Reply:
        made = request.body
        made["metadata"].setdefault("uid", f"u-{made['metadata']['name']}")
        self.put(request.path, made)
        return Reply(201, made, JSON)

    def _listed(self, request: Request) -> Reply:
        named = request.query.get("fieldSelector", "").removeprefix("metadata.name=")
        wanted = selectors.parse(request.query.get("labelSelector", ""))
        kept = self.collections[request.path].values()
        items = [o for o in kept if named in ("", o["metadata"]["name"]) and selectors.matches(wanted, dig.labels(o))]
        return Reply(200, {"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": items}, JSON)

    def _named(self, request: Request) -> Reply:
        collection, _, name = request.path.rpartition("/")
        if collection not in self.collections:
            return Reply(404, "404 page not found\n", {"Content-Type": "text/plain"})
        if name not in self.collections[collection]:
            kind = collection.rpartition("/")[2]
            return refusal(404, "NotFound", f'{kind} "{name}" not found', {"name": name, "kind": kind})
        if request.method != "DELETE":
            return Reply(200, self.collections[collection][name], JSON)
        gone = self.collections[collection].pop(name)
        details = {"name": name, "uid": gone["metadata"].get("uid", "")}
        return Reply(200, {"kind": "Status", "status": "Success", "details": details}, JSON)
