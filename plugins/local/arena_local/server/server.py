"""The API server without HTTP: what controllers, scheduler and kubelet call, and what the HTTP layer is a thin face of."""

from __future__ import annotations

import asyncio
import logging
import platform
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from arena_core.k8s.copies import clone
from arena_local.context import Listener, Options
from arena_local.sdk.bundle import Admission, ApiError, Bundle, Convert, FieldEffects
from arena_local.sdk.clock import Clock
from arena_local.server import deletes, patches, structural, writes
from arena_local.server.bootstrap import first_objects
from arena_local.server.causes import Cause
from arena_local.server.crds import CrdKeeper
from arena_local.server.errors import Refusal, not_found
from arena_local.server.events import expire_events, record_event
from arena_local.server.eventviews import to_core, to_new
from arena_local.server.gc import Collector
from arena_local.server.intake import intake_status
from arena_local.server.kinds import strategy_of
from arena_local.server.namespaces import NamespaceKeeper
from arena_local.server.options import DeleteOptions, WriteOptions
from arena_local.server.registry import Registry, Resource
from arena_local.server.scale import scale_causes
from arena_local.store import Change, Entry, Event, Store, StoreError

NEW_EVENTS = "events.k8s.io"
log = logging.getLogger(__name__)
Obj = dict[str, Any]


class ApiServer:
    """Implements ``bundle.Api`` and ``context.ServerApi``. Synchronous: a write has been committed when it returns."""

    def __init__(self, store: Store, bundles: Sequence[Bundle] = (), options: Options | None = None) -> None:
        self.store = store
        self.options = options or Options()
        self.registry = Registry()
        self.bundles: list[Bundle] = []
        self.webhooks: dict[str, list[Admission]] = {}
        self.conversions: dict[str, Convert] = {}
        self.effects: dict[str, FieldEffects] = {}
        self.clock = Clock()
        self.host_name = platform.node().lower() or "local"
        self.seen_events: dict[tuple[str, ...], str] = {}
        self.expired_at = datetime.min.replace(tzinfo=UTC)
        self._later: list[Callable[[], None]] = []
        self.crds = CrdKeeper(self)
        self.crds.load()
        self.collector = Collector(self)
        self.namespaces = NamespaceKeeper(self)
        store.subscribe(self.crds.on_event)
        store.subscribe(self.namespaces.on_event)
        store.subscribe(self.collector.on_event)
        store.subscribe(self._on_event)
        first_objects(self)
        self.add_bundles(bundles)

    def twin(self, options: Options | None = None) -> ApiServer:
        """Return a server in memory that holds and serves what this one does, in a hundredth of the time that installing it all takes."""
        made = ApiServer(self.store.twin(), (), options or self.options)
        made.registry = self.registry.twin()
        made.bundles = list(self.bundles)
        made.webhooks = {resource: list(hooks) for resource, hooks in self.webhooks.items()}
        made.conversions, made.effects = dict(self.conversions), dict(self.effects)
        return made

    def add_bundles(self, bundles: Sequence[Bundle]) -> None:
        """Install the CRDs, admission and first objects of bundles."""
        for bundle in bundles:
            self.bundles.append(bundle)
            self.conversions.update(bundle.conversions)
            self.effects.update(bundle.effects())
            for crd in bundle.crds():
                self.crds.install(crd)
            for storage_id in bundle.conversions:
                self.crds.heal(storage_id)
            for hook in bundle.admission:
                self.webhooks.setdefault(hook.resource, []).append(hook)
        for bundle in bundles:
            for obj in bundle.objects():
                self.ensure(obj, manager=bundle.name)

    def add_admission(self, hooks: Sequence[Admission]) -> None:
        """Add webhooks that belong to no bundle."""
        for hook in hooks:
            self.webhooks.setdefault(hook.resource, []).append(hook)

    # -- what the rules of the kinds ask (core.Host) --

    def now(self) -> datetime:
        """Return the current time."""
        return self.clock()

    def setting(self, name: str, default: float) -> float:
        """Return a delay in seconds: the operator's own unless the user's settings shorten it."""
        return float(self.options.delays.get(name, default))

    def entry(self, storage_id: str, namespace: str, name: str) -> Entry | None:
        """Return a stored object."""
        return self.store.get(storage_id, namespace, name)

    def entries(self, storage_id: str, namespace: str = "") -> list[Entry]:
        """Return the stored objects of a kind."""
        return self.store.entries(storage_id, namespace)

    # -- versions --

    def to_storage(self, resource: Resource, obj: Obj) -> Obj:
        """Return the object in the version in which it is stored."""
        if resource.group == NEW_EVENTS:
            return to_core(obj)
        if resource.custom and resource.storage_version and resource.storage_version != resource.version:
            return self.converted(self.resource(resource.id), obj)
        return obj

    def from_storage(self, resource: Resource, obj: Obj) -> Obj:
        """Return a stored object in the version of a path."""
        if obj.get("apiVersion") == resource.api_version:
            return obj
        return to_new(obj) if resource.group == NEW_EVENTS else self.converted(resource, obj)

    def converted(self, resource: Resource, obj: Obj) -> Obj:
        """Return an object of another version of a CRD as one of this version: converted, pruned, with this version's defaults."""
        convert = self.conversions.get(resource.storage_id)
        if convert is None:
            return {**obj, "apiVersion": resource.api_version}
        new: Obj = clone(convert(obj, resource.api_version))
        structural.prune(resource.schema, new, [])
        structural.default(resource.schema, new)
        return new

    def scale_causes(self, resource: Resource, obj: Obj) -> list[Cause]:
        """Return what keeps the scale subresource from reading an object."""
        return scale_causes(resource, obj)

    def commit(self, changes: Sequence[Change]) -> list[Entry]:
        """Commit; a disk that refuses becomes a 500."""
        try:
            return self.store.commit(changes)
        except StoreError as error:
            log.error("the store refused a write: %s", error)  # noqa: TRY400
            raise Refusal(500, "InternalError", f"Internal error occurred: {error}", {"causes": [{"message": str(error)}]}) from error

    def later(self, task: Callable[[], None], *, delay: float = 0.0) -> None:
        """Run a task after the current call: in the event loop where there is one, else when the outermost task is done."""
        try:
            loop = asyncio.get_running_loop()
            if delay:
                self.clock.call_later(delay, self._guarded, task)
            else:
                loop.call_soon(self._guarded, task)
        except RuntimeError:
            self._later.append(task)
            if len(self._later) == 1:
                while self._later:
                    self._guarded(self._later[0])
                    self._later.pop(0)

    def _guarded(self, task: Callable[[], None]) -> None:
        if self.store.closed:
            return  # The cluster has ended; what was put off is seen again at the next start.
        try:
            task()
        except Exception:
            log.exception("a deferred task failed")

    def _on_event(self, event: Event) -> None:
        if event.resource == "events" and event.type == "ADDED":
            expire_events(self)

    # -- bundle.Api --

    def resource(self, resource: str) -> Resource:
        """Return a served resource by id; raises 404."""
        found = self.registry.by_id(resource)
        if found is None:
            raise Refusal(404, "NotFound", "the server could not find the requested resource", {})
        return found

    def of_object(self, obj: Mapping[str, Any]) -> Resource:
        """Return the resource of an object; raises 404."""
        found = self.registry.by_kind(obj.get("apiVersion", ""), obj.get("kind", ""))
        if found is None:
            message = f'no matches for kind "{obj.get("kind")}" in version "{obj.get("apiVersion")}"'
            raise Refusal(404, "NotFound", message, {})
        return found

    def find(self, resource: str, namespace: str, name: str) -> Obj | None:
        """Return the object, or None."""
        entry = self.store.get(resource, namespace, name)
        return entry.obj if entry else None

    def get(self, resource: str, namespace: str, name: str) -> Obj:
        """Return the object; raises 404."""
        entry = self.store.get(resource, namespace, name)
        if entry is None:
            plural, _, group = resource.partition(".")
            raise not_found(plural, group, name)
        return entry.obj

    def list(self, resource: str, namespace: str = "", labels: Mapping[str, str] | None = None) -> Sequence[Obj]:
        """Return the objects of a namespace ("" = all) that carry all of ``labels``."""
        if labels and namespace:
            return [entry.obj for entry in self.store.labelled(resource, namespace, labels)]
        found = [entry.obj for entry in self.store.entries(resource, namespace)]
        if not labels:
            return found
        wanted = labels.items()
        return [obj for obj in found if wanted <= (obj["metadata"].get("labels") or {}).items()]

    def owned(self, uid: str, resource: str = "") -> Sequence[Obj]:
        """Return the objects that have an ownerReference with this uid."""
        return [entry.obj for _, entry in self.store.owned(uid, resource)]

    def kinds(self) -> Sequence[str]:
        """Return the ids of the kinds that are stored."""
        return sorted({resource.storage_id for resource in self.registry.all() if "list" in resource.verbs})

    def served(self, resource: str) -> bool:
        """Return whether the kind is served."""
        return self.registry.by_id(resource) is not None

    def create(self, obj: Obj, *, manager: str) -> Obj:
        """Create; returns the stored object."""
        resource = self.of_object(obj)
        namespace = obj.get("metadata", {}).get("namespace", "default") if resource.namespaced else ""
        return writes.create(self, resource, namespace, obj, _inside(manager)).obj

    def ensure(self, obj: Obj, *, manager: str) -> Obj:
        """Create what is not there yet."""
        try:
            return self.create(obj, manager=manager)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            own = obj["metadata"]
            return self.get(self.of_object(obj).storage_id, own.get("namespace", ""), own["name"])

    def update(self, obj: Obj, *, manager: str) -> Obj:
        """Replace spec and metadata; a stale ``resourceVersion`` raises 409."""
        return self._replace(obj, manager, "")

    def update_status(self, obj: Obj, *, manager: str) -> Obj:
        """Replace the status; an unchanged one writes nothing."""
        return self._replace(obj, manager, "status" if self.of_object(obj).has_status else "")

    def _replace(self, obj: Obj, manager: str, subresource: str) -> Obj:
        resource, own = self.of_object(obj), obj["metadata"]
        options = _inside(manager)
        options.subresource = subresource
        namespace, name = own.get("namespace", ""), own["name"]
        if subresource == "status" and not resource.custom:  # the controllers' most frequent write: the spec is the stored one anyway
            return writes.replace_decoded(self, resource, namespace, name, intake_status(resource, obj), options)[0].obj
        return writes.replace(self, resource, namespace, name, obj, options)[0].obj

    def patch(self, resource: str, namespace: str, name: str, patch: Any, *, subresource: str = "", manager: str) -> Obj:
        """Apply a JSON merge patch."""
        options = _inside(manager)
        options.subresource = subresource
        return patches.patch(self, self.resource(resource), namespace, name, patches.MERGE, patch, options)[0].obj

    def delete(
        self,
        resource: str,
        namespace: str,
        name: str,
        *,
        uid: str = "",
        propagation: str = "Background",
        grace: int | None = None,
        manager: str = "",
    ) -> None:
        """Delete as the DELETE verb does; raises 404, and 409 where ``uid`` differs."""
        options = DeleteOptions(grace=grace, uid=uid, propagation=propagation)
        deletes.delete(self, self.resource(resource), namespace, name, options)

    def event(self, obj: Obj, type: str, reason: str, message: str, *, component: str, field_path: str = "", action: str = "") -> None:
        """Record a Kubernetes event on the object; equal ones are counted up."""
        record_event(self, obj, type, reason, message, component=component, field_path=field_path, action=action)

    # -- context.ServerApi --

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Be called after each commit, in order; returns the way to end it."""

        def forward(event: Event) -> None:
            listener(event.type, event.resource, event.entry.obj, event.old.obj if event.old else None)

        return self.store.subscribe(forward)

    def finalize_pod(self, namespace: str, name: str, uid: str) -> None:
        """Remove a pod whose processes are gone (the kubelet's delete with grace 0)."""
        try:
            deletes.delete(self, self.resource("pods"), namespace, name, DeleteOptions(grace=0, uid=uid, propagation="Background"))
        except ApiError as error:
            if error.code not in (404, 409):
                raise

    def deletion_returns_object(self, resource: Resource) -> bool:
        """Return whether DELETE of this kind answers the object."""
        return strategy_of(resource).delete_returns_object


def _inside(manager: str) -> WriteOptions:
    return WriteOptions(manager=manager or "unknown", field_validation="Ignore", heard=False)
