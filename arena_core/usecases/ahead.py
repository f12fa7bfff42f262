"""What is asked before anything is sent, in one round: the questions are found out first, then asked together.

A job type's preflight asks one thing after the other, each a way to the server and back. So it is run once over a cluster that
knows nothing, which notes what it asks; when it is run in earnest the answers are there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from arena_core.contract.errors import ArenaError
from arena_core.contract.types import JobHandle, Manifest, Resource
from arena_core.kube.cluster import Cluster
from arena_core.kube.resources import NAMESPACES
from arena_core.typed import Any, TypeVar
from arena_core.usecases.asking import patience
from arena_core.usecases.identity import Identity, identify
from arena_core.usecases.instead import stand_in
from arena_core.usecases.lookup import ClusterLookup
from arena_core.usecases.session import Session

T = TypeVar("T")
Question = Callable[[], object]


class _Noting:
    """A ``Lookup`` that knows nothing and notes what it is asked."""

    def __init__(self, lookup: ClusterLookup) -> None:
        self._lookup = lookup
        self.asked: dict[tuple[object, ...], Question] = {}

    def get(self, resource: Resource, name: str, namespace: str = "") -> Manifest | None:
        """Note that an object is asked for."""
        self.asked["get", resource.key, name, namespace] = lambda: self._lookup.get(resource, name, namespace)
        return None

    def exists(self, resource: Resource, name: str, namespace: str = "") -> bool | None:
        """Note that an object is asked for."""
        self.get(resource, name, namespace)
        return None

    def list(self, resource: Resource, namespace: str = "") -> Sequence[Manifest] | None:
        """Note that all objects of a kind are asked for."""
        self.asked["list", resource.key, namespace] = lambda: self._lookup.list(resource, namespace)
        return None

    def serves(self, resource: Resource) -> bool | None:
        """Note that a kind is asked for."""
        self.asked["serves", resource.key] = lambda: self._lookup.serves(resource)
        return None

    def served_fields(self, resource: Resource) -> Mapping[str, Any] | None:
        """Say nothing: a schema is large, and asked for when it is needed."""
        return None


def ask(session: Session, handle: JobHandle, args: Any, lookup: ClusterLookup, namespace: str) -> Identity:
    """Ask all that a submission wants to know; returns who submits. What could not be read is asked again where it is needed."""
    who: list[Identity] = []
    further = [lambda: who.append(identify(session.cluster)), lambda: namespace_of(lookup, namespace)]
    together(session.cluster, [*_of_preflight(session, handle, args, lookup), *further])
    return who[0]


def ask_again(session: Session, handle: JobHandle, args: Any, lookup: ClusterLookup) -> None:
    """Ask what another job type wants to know that takes the place of the first one."""
    together(session.cluster, [*_of_preflight(session, handle, args, lookup)])


def together(cluster: Cluster, calls: Sequence[Callable[[], T]]) -> Sequence[T]:
    """Do what does not depend on each other: in turn where the server is near, else side by side; raises the first error."""
    return cluster.gather_soon(calls, patience(cluster))


def _of_preflight(session: Session, handle: JobHandle, args: Any, lookup: ClusterLookup) -> Iterator[Question]:
    own = _questions(handle, args, lookup)
    if handle.job_type.resource.older:
        yield session.cluster.served
    yield from own.values()
    yield from _of_stand_in(session, handle, args, lookup, own)


def _questions(handle: JobHandle, args: Any, lookup: ClusterLookup) -> Mapping[tuple[object, ...], Question]:
    noting = _Noting(lookup)
    if handle.job_type.otherwise:
        noting.serves(handle.job_type.resource)
    try:
        handle.preflight(args, noting)
    except ArenaError:
        pass  # it is told when it is run in earnest
    return noting.asked


def _of_stand_in(
    session: Session, handle: JobHandle, args: Any, lookup: ClusterLookup, own: Mapping[tuple[object, ...], Question]
) -> Iterator[Question]:
    """What the type wants to know that may take the place of this one: not asked where an answer has said by then that it will not."""
    try:
        found = stand_in(session, handle, args)
    except ArenaError:
        return  # it is told where that type is needed
    if found is None:
        return
    other, model = found
    further: dict[tuple[object, ...], Question] = {("serves",): lambda: lookup.serves(other.job_type.resource)}
    if other.job_type.resource.older:
        further["served",] = session.cluster.served
    for key, question in (further | {**_questions(other, model, lookup)}).items():
        if key not in own:
            yield lambda question=question: None if lookup.known(handle.job_type.resource) else question()  # type: ignore[misc]


def namespace_of(lookup: ClusterLookup, namespace: str) -> Manifest | None:
    """Return the namespace, or None for whoever may not read it."""
    try:
        return lookup.get(NAMESPACES, namespace)
    except ArenaError:
        return None
