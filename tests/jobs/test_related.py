"""A job type is asked for related objects again with what it found, three times at most. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import Find, JobView, Resource
from arena_core.registry import Registry
from arena_core.testing import dummy
from arena_core.usecases.facts import in_rounds

JOB = Resource("batch", "v1", "Job", "jobs")


def chain(depth: int) -> dict[str, Any]:
    """Return objects by uid, each owned by the one before: "0" by the job."""
    names = ["job", *map(str, range(depth))]
    return {own: thing(own, owner) for owner, own in itertools.pairwise(names)}


def thing(uid: str, owner: str = "") -> Any:
    owners = [{"uid": owner, "name": owner, "kind": "Job", "apiVersion": "batch/v1", "controller": True}] if owner else []
    return {"kind": "Job", "apiVersion": "batch/v1", "metadata": {"name": uid, "uid": uid, "ownerReferences": owners}}


def handle_with(related: Any) -> Any:
    module = ModuleType("arena_chain")
    module.ARENA_CONTRACT = 2  # type: ignore[attr-defined]
    for hook in (dummy.arena_job_type, dummy.arena_job_status, dummy.arena_build_manifests):
        setattr(module, hook.__name__, hook)
    module.arena_related = hookimpl(related)  # type: ignore[attr-defined]
    return Registry(environ={}).add(module)


def by_owner(view: JobView) -> Iterator[Find]:
    for owner in (view.manifest, *(view.related or ())):
        yield Find(JOB, owner_uid=owner["metadata"]["uid"])


by_owner.__name__ = "arena_related"


def test_what_was_found_leads_to_more_and_nothing_is_fetched_twice() -> None:
    objects, asked = chain(2), []

    def fetch(wanted: Find) -> list[Any]:
        asked.append(wanted.owner_uid)
        return [o for o in objects.values() if o["metadata"]["ownerReferences"][0]["uid"] == wanted.owner_uid]

    found = in_rounds(handle_with(by_owner), thing("job"), fetch, [])
    assert [o["metadata"]["uid"] for o in found] == ["0", "1"]
    assert asked == ["job", "0", "1"]


def test_three_rounds_at_most() -> None:
    objects, asked = chain(9), []

    def fetch(wanted: Find) -> list[Any]:
        asked.append(wanted.owner_uid)
        return [o for o in objects.values() if o["metadata"]["ownerReferences"][0]["uid"] == wanted.owner_uid]

    assert len(in_rounds(handle_with(by_owner), thing("job"), fetch, [])) == 3
    assert asked == ["job", "0", "1"]


def test_what_belongs_to_another_job_is_not_handed_back() -> None:
    given: list[Any] = []

    def arena_related(view: JobView) -> list[Find]:
        given.append(view.related)
        return [Find(JOB, "x")]

    assert in_rounds(handle_with(arena_related), thing("job"), lambda find: [thing("x", "other")], []) == []
    assert given == [(), ()]


def test_a_hook_that_fails_is_named_among_what_is_unread() -> None:
    def arena_related(view: JobView) -> list[Find]:
        raise RuntimeError("boom")

    unread: list[str] = []
    assert in_rounds(handle_with(arena_related), thing("job"), lambda find: [], unread) == []
    assert "boom" in unread[0] and "dummy" in unread[0]
