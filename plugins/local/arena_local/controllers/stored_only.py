"""Kinds that are stored and served, but that nothing acts upon: whoever creates one is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from arena_local.bundle import Admission, Api, Obj

_KINDS = {
    "statefulsets.apps": "no pods are made of it; use a Deployment or a Job",
    "daemonsets.apps": "no pods are made of it; use a Deployment",
    "replicationcontrollers": "no pods are made of it; use a Deployment",
    "cronjobs.batch": "it is never started; create Jobs",
}


def admission() -> tuple[Admission, ...]:
    """Return hooks that answer the creation of such a kind with a warning."""

    def teller(resource: str, text: str) -> Callable[[Api, Obj, Obj | None, str], Iterable[str] | None]:
        return lambda api, obj, old, operation: [f"the local cluster stores {resource.partition('.')[0]} only: {text}"]

    return tuple(Admission("stored-only", resource, ("CREATE",), validate=teller(resource, text)) for resource, text in _KINDS.items())
