"""Kubernetes events that the cluster's own parts record."""

from __future__ import annotations

from datetime import timedelta
from time import time_ns
from typing import TYPE_CHECKING, Any

from arena_core.k8s import time
from arena_local.sdk.bundle import ApiError
from arena_local.store import Change

if TYPE_CHECKING:
    from arena_local.server.core import Core

Obj = dict[str, Any]
#: Components that write events with ``eventTime`` and without a count (the events.k8s.io recorder).
_NEW_STYLE = frozenset({"default-scheduler"})


def record_event(server: Core, obj: Obj, type_: str, reason: str, message: str, *, component: str, field_path: str, action: str) -> None:
    """Create an event, or count up an equal one."""
    own = obj["metadata"]
    namespace = own.get("namespace") or "default"
    ref: Obj = {"kind": obj.get("kind", ""), "name": own["name"], "uid": own.get("uid", ""), "apiVersion": obj.get("apiVersion", "")}
    if own.get("namespace"):
        ref["namespace"] = own["namespace"]
    if own.get("resourceVersion"):
        ref["resourceVersion"] = own["resourceVersion"]
    if field_path:
        ref["fieldPath"] = field_path
    key = (namespace, ref["uid"], type_, reason, message, component, field_path)
    now = server.now()
    known = server.seen_events.get(key)
    if known and component not in _NEW_STYLE and server.store.get("events", namespace, known) is not None:
        _count_up(server, namespace, known, time.text(now))
        return
    name = f"{own['name'][:230]}.{time_ns() & 0xFFFFFFFFFFFFFFFF:016x}"
    event = _event(server, name, namespace, ref, type_, reason, message, component, action)
    try:
        server.create(event, manager=component)
    except ApiError as error:
        if error.code not in (403, 404, 409):
            raise
        return
    server.seen_events[key] = name
    if len(server.seen_events) > 4096:
        server.seen_events.pop(next(iter(server.seen_events)))


#: How long an event is kept, and how often the old ones are looked for.
_KEPT, _LOOKED = timedelta(hours=1), timedelta(minutes=1)


def expire_events(server: Core) -> None:
    """Remove the events that are older than an hour; does nothing when it was done a minute ago."""
    now = server.now()
    if now - server.expired_at < _LOOKED:
        return
    server.expired_at = now
    old = []
    for entry in server.store.entries("events"):
        last = entry.obj.get("lastTimestamp") or entry.obj["metadata"].get("creationTimestamp")
        seen = time.parse(last) if last else None
        if seen is not None and now - seen > _KEPT:
            old.append(Change("events", *entry.key, None))
    if old:
        server.later(lambda: _remove(server, old))


def _remove(server: Core, old: list[Change]) -> None:
    server.commit(old)


def _event(server: Core, name: str, namespace: str, ref: Obj, type_: str, reason: str, message: str, component: str, action: str) -> Obj:
    now = server.now()
    event: Obj = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": namespace},
        "involvedObject": ref,
        "reason": reason,
        "message": message[:1024],
        "type": type_,
    }
    if component in _NEW_STYLE:
        return event | {
            "source": {},
            "firstTimestamp": None,
            "lastTimestamp": None,
            "eventTime": time.micro_text(now),
            "action": action or "Scheduling",
            "reportingComponent": component,
            "reportingInstance": f"{component}-{server.host_name}",
        }
    source = {"component": component}
    if component == "kubelet":
        source["host"] = server.host_name
    return event | {
        "source": source,
        "firstTimestamp": time.text(now),
        "lastTimestamp": time.text(now),
        "count": 1,
        "eventTime": None,
        "reportingComponent": component,
        "reportingInstance": server.host_name if component == "kubelet" else "",
        **({"action": action} if action else {}),
    }


def _count_up(server: Core, namespace: str, name: str, now: str) -> None:
    known = server.get("events", namespace, name)
    server.patch(
        "events", namespace, name, {"count": known.get("count", 1) + 1, "lastTimestamp": now}, manager=known["source"]["component"]
    )
