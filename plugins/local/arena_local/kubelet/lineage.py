"""Whose a pod is: its controller, that one's owner, and so on; and whether a job has finished."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arena_core.k8s import owners
from arena_local.sdk.bundle import Api, Obj

#: A chain of owners is never longer: what refers to itself in a circle ends here.
_DEPTH = 8
_DONE = ("Succeeded", "Failed", "Complete", "Completed", "Finished")
_DONE_PHASES = (*_DONE, "Terminated", "Aborted")


def lineage(api: Api, pod: Obj) -> list[Obj]:
    """Return the references of the pod's owners, the nearest first; one that is gone already is the last."""
    chain: list[Obj] = []
    obj: Obj | None = pod
    while obj is not None and len(chain) < _DEPTH:
        ref = owners.controller_of(obj) or next(owners.references(obj), None)
        if ref is None:
            break
        namespace = pod["metadata"]["namespace"]
        chain.append({key: ref.get(key, "") for key in ("apiVersion", "kind", "name", "uid")} | {"namespace": namespace})
        obj = _find(api, chain[-1])
    return chain


def _find(api: Any, ref: Obj) -> Obj | None:
    resource = api.registry.by_kind(ref["apiVersion"], ref["kind"])
    if resource is None:
        return None
    found: Obj | None = api.find(resource.storage_id, ref["namespace"] if resource.namespaced else "", ref["name"])
    return found if found is not None and found["metadata"]["uid"] == ref["uid"] else None


def alive(api: Api, chain: Sequence[Obj]) -> bool:
    """Whether the outermost owner of a chain is there."""
    return bool(chain) and _find(api, chain[-1]) is not None


def finished(obj: Obj) -> bool:
    """Whether a job has ended, by the habits of the kinds: a condition, or a phase."""
    status = obj.get("status") or {}
    if any(c.get("type") in _DONE and c.get("status") == "True" for c in status.get("conditions") or ()):
        return True
    state = status.get("state")
    return status.get("phase") in _DONE_PHASES or (isinstance(state, dict) and state.get("phase") in _DONE_PHASES)
