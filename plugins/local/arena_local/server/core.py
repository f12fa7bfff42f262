"""What the parts of the server see of the whole: objects, kinds, commits. ``ApiServer`` is put together from them and fills it in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from arena_local.context import Options
from arena_local.sdk.bundle import Admission, Api, Convert, FieldEffects
from arena_local.server.causes import Cause
from arena_local.server.registry import Registry, Resource
from arena_local.store import Change, Entry, Store

Obj = dict[str, Any]


class Host(Protocol):
    """What the rules of a kind may ask of the server."""

    def now(self) -> datetime:
        """Return the time."""
        ...

    def entry(self, storage_id: str, namespace: str, name: str) -> Entry | None:
        """Return a stored object."""
        ...

    def entries(self, storage_id: str, namespace: str = "") -> list[Entry]:
        """Return the stored objects of a kind."""
        ...


class Core(Host, Api, Protocol):
    """What the parts of the server ask of the whole."""

    store: Store
    options: Options
    registry: Registry
    webhooks: dict[str, list[Admission]]
    conversions: dict[str, Convert]
    effects: dict[str, FieldEffects]
    host_name: str
    seen_events: dict[tuple[str, ...], str]
    expired_at: datetime

    def to_storage(self, resource: Resource, obj: Obj) -> Obj:
        """Return the object in the version in which it is stored."""
        ...

    def from_storage(self, resource: Resource, obj: Obj) -> Obj:
        """Return a stored object in the version of a path."""
        ...

    def converted(self, resource: Resource, obj: Obj) -> Obj:
        """Return an object of another version of a CRD as one of this version: converted, pruned, with this version's defaults."""
        ...

    def commit(self, changes: Sequence[Change]) -> list[Entry]:
        """Commit; a disk that refuses becomes a 500."""
        ...

    def later(self, task: Callable[[], None], *, delay: float = 0.0) -> None:
        """Run a task after the current call: in the event loop where there is one, else when the outermost task is done."""
        ...

    def resource(self, resource: str) -> Resource:
        """Return a served resource by id; raises 404."""
        ...

    def ensure(self, obj: Obj, *, manager: str) -> Obj:
        """Create what is not there yet."""
        ...

    def scale_causes(self, resource: Resource, obj: Obj) -> list[Cause]:
        """Return what keeps the scale subresource from reading an object."""
        ...
