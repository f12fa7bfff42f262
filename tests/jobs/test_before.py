"""What must be there before the job: made first, the job's own afterwards, and gone where the job could not be made."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from arena_core.contract.errors import AlreadyExists, PluginError
from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import Manifest, Manifests
from arena_core.kube.resources import resource_of
from arena_core.registry import Registry
from arena_core.testing import dummy

ACCOUNT = resource_of("v1", "ServiceAccount")


def account(name: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": f"{name}-driver"}}


def module(build: Any = None) -> ModuleType:
    made = ModuleType("driver_type")
    made.ARENA_CONTRACT = 2  # type: ignore[attr-defined]

    @hookimpl
    def arena_job_type() -> Any:
        return replace(dummy.arena_job_type(), name="driven", display="", shorthand="", matches=lambda job: False)

    @hookimpl
    def arena_build_manifests(args: Any) -> Manifests:
        job, *others = dummy.arena_build_manifests(args, None)
        settings = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"{args.name}-settings"}}
        return Manifests(job, before=(account(args.name),), beside=(settings, *others))

    for hook in (arena_job_type, build or arena_build_manifests, dummy.arena_job_status, dummy.arena_pod_sets):
        setattr(made, hook.__name__, hook)
    return made


@pytest.fixture
def driven(arena: Any) -> Any:
    arena.jobs.add(module())
    return arena


def there(arena: Any, name: str) -> Manifest | None:
    found: Manifest | None = arena.direct.cluster.find(ACCOUNT, arena.namespace, f"{name}-driver")
    return found


def test_it_is_made_first_and_belongs_to_the_job(driven: Any, make: Any) -> None:
    driven.calls()
    done = driven.submit("driven", make("x", "sleep 300"))
    made = [call.rpartition("/")[2] for call in driven.calls() if call.startswith("POST") and "selfsubject" not in call]
    assert made.index("serviceaccounts") < made.index("jobs") < made.index("configmaps")
    assert done.manifests[0]["kind"] == "Job" and {m["kind"] for m in done.manifests} == {"Job", "ServiceAccount", "ConfigMap"}
    owner = there(driven, "x")["metadata"]["ownerReferences"][0]  # type: ignore[index]
    assert owner["uid"] == done.manifests[0]["metadata"]["uid"]
    driven.delete("x", wait=True)


def test_where_the_job_cannot_be_made_nothing_is_left(driven: Any, make: Any) -> None:
    driven.submit("dummy", make("taken", "sleep 300"))
    with pytest.raises(AlreadyExists):
        driven.submit("driven", make("taken", "true"))
    assert there(driven, "taken") is None
    driven.delete("taken")


def test_what_a_killed_submission_has_left_is_no_obstacle_and_what_is_others_is(driven: Any, make: Any) -> None:
    from arena_core.contract.types import BEFORE
    from arena_core.usecases.marks import SUBMIT_ID

    left = account("again")
    left["metadata"]["annotations"] = {BEFORE: "true", SUBMIT_ID: "of-before"}
    driven.direct.cluster.create(ACCOUNT, driven.namespace, left)
    driven.submit("driven", make("again", "true"))
    assert there(driven, "again")["metadata"]["annotations"][SUBMIT_ID] != "of-before"  # type: ignore[index]
    driven.direct.cluster.create(ACCOUNT, driven.namespace, account("other"))
    with pytest.raises(AlreadyExists, match="belongs to something else"):
        driven.submit("driven", make("other", "true"))
    assert there(driven, "other") is not None


@pytest.mark.parametrize("wrong", [Manifests({}, before=["text"]), Manifests("job"), Manifests({"kind": "Job"}, beside=(5,))])  # type: ignore[arg-type]
def test_what_is_no_manifest_is_the_plugins_fault(wrong: Any) -> None:
    @hookimpl
    def arena_build_manifests(args: Any) -> Any:
        return wrong

    registry = Registry(environ={})
    handle = registry.add(module(arena_build_manifests))
    with pytest.raises(PluginError, match=r"plugin 'driven'.* arena_build_manifests"):
        handle.build_manifests(None)
