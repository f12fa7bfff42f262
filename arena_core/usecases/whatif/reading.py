"""Reads what decides when a job starts, as far as the user's rights go. Lists only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from arena_core.contract.errors import ArenaError, KindNotInstalled, NamespaceNotFound
from arena_core.contract.types import Manifest, Resource
from arena_core.kube.resources import CLAIMS, NAMESPACES, NODES, PODS
from arena_core.records import record
from arena_core.registry.queues import deciding_kinds
from arena_core.usecases.session import Session, one_of_each
from arena_core.usecases.unread import is_partial, phrase

QUOTA = Resource("", "v1", "ResourceQuota", "resourcequotas")
LIMITS = Resource("", "v1", "LimitRange", "limitranges")

#: Of every cluster; of all namespaces where that is allowed.
_EVERYWHERE = (NODES, PODS, NAMESPACES)
#: What counts only in the namespace of the job.
_HERE = (QUOTA, LIMITS, CLAIMS)


@record
class Seen:
    """The lists by ``plural.group``, what could not be read (phrases), and what was read of one namespace alone."""

    objects: Mapping[str, Sequence[Manifest]]
    unread: tuple[str, ...]
    partly: tuple[str, ...]

    def __contains__(self, resource: Resource) -> bool:
        return resource.key in self.objects


def read(session: Session, namespace: str) -> tuple[Seen, Sequence[Manifest]]:
    """Return what was read, and the jobs of all installed types: they tell how long they last."""
    served = session.cluster.served()
    wanted = [(kind, "") for kind in (*_EVERYWHERE, *(k for k in deciding_kinds() if served.has(k) is not False))] + [
        (kind, namespace) for kind in _HERE
    ]
    kinds = [handle.job_type.resource for handle in one_of_each(session.job_types()[0])]
    jobs = [kind for kind in kinds if served.has(kind) is not False]
    asked = [*wanted, *((kind, "") for kind in jobs)]
    answers = session.cluster.gather([partial(_list, session, kind, where, namespace) for kind, where in asked])
    objects: dict[str, Sequence[Manifest]] = {}
    unread: list[str] = []
    partly: list[str] = []
    found: list[Manifest] = []
    for number, answer in enumerate(answers):
        kind = asked[number][0]
        if isinstance(answer, ArenaError):
            if not is_partial(answer) and not isinstance(answer, NamespaceNotFound):
                raise answer
            if not isinstance(answer, KindNotInstalled):
                unread.append(phrase(kind, answer))
            continue
        items, whole = answer
        if not whole:
            partly.append(kind.key)
        if number < len(wanted):
            objects[kind.key] = items
        else:
            found += items
    return Seen(objects, tuple(unread), tuple(partly)), found


def _list(session: Session, kind: Resource, where: str, own: str) -> tuple[Sequence[Manifest], bool]:
    """Return the objects of a kind and whether they are those of all namespaces, where they were asked for."""
    try:
        return session.cluster.list(kind, where).items, True
    except KindNotInstalled:
        raise
    except ArenaError as error:
        if where or not kind.namespaced or not is_partial(error):
            raise
        return session.cluster.list(kind, own).items, False
