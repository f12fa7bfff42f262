"""The type inside a wrapper, beside every other type that is installed."""

from __future__ import annotations

import functools
from typing import Any, get_args

import pytest

from arena_core.args import parse
from arena_core.contract.errors import ArenaError, InvalidArguments
from arena_core.k8s import dig
from arena_core.k8s.copies import clone
from arena_core.registry.handle import JobTypeHandle
from arena_core.testing.kit.base import Kit, template_of
from arena_core.testing.seen import seen

#: Arguments that every type takes, but that a server has to listen somewhere.
PLAIN = {"name": "x", "image": "busybox", "command": "true"}


@functools.lru_cache(maxsize=256)
def plain(handle: JobTypeHandle) -> dict[str, Any]:
    """Return plain arguments of a type; what it wants besides has some value."""
    model = handle.args_model
    raw: dict[str, Any] = {**PLAIN, "port": 8000} if "port" in model.model_fields else dict(PLAIN)
    for _ in range(2):  # what stands between fields is looked at when each is there
        try:
            parse(model, raw)
        except InvalidArguments as error:
            wanted = {
                problem.field: model.model_fields[problem.field].annotation
                for problem in error.problems
                if problem.field in model.model_fields
            }
            raw = {**{field: next(iter(get_args(kind)), "x") for field, kind in wanted.items()}, **raw}
    return raw


class WrappingChecks(Kit):
    """What ``--inner-type TYPE`` of a wrapper needs."""

    def wrappers(self) -> list[JobTypeHandle]:
        """Return the installed types that can carry others."""
        name = self.handle.job_type.name
        return [each for each in self.registry.each() if each.job_type.name != name and "inner_type" in each.args_model.model_fields]

    def test_it_runs_inside_every_wrapper(self) -> None:
        """Put into another it is the same job, its pods are found, and a status can be told."""
        if self.handle.job_type.wrapping is None:
            pytest.skip("the type says that it cannot be wrapped")
        if not self.wrappers():
            pytest.skip("no type that wraps others is installed")
        alone = self.job()
        own = self.handle.pod_sets(alone)
        for wrapper in self.wrappers():
            if any(template_of(alone, one.path) is None for one in own):
                pytest.skip("a set of pods leads nowhere, see test_pod_sets_lead_to_pod_templates")
            job = _wrapped(wrapper, self.handle.job_type.name, self.minimal)
            found = [one for one in wrapper.pod_sets(job) if list(dig.items(template_of(job, one.path), "spec", "containers"))]
            assert len(found) == len(own), f"{wrapper.job_type.name} finds {len(found)} sets of pods, the type alone {len(own)}"
            assert wrapper.status(seen(job)).reason != "PluginFailed"

    def test_it_leaves_other_types_alone(self) -> None:
        """Its own job is its own; of other types' jobs it claims none, and each of them can still be wrapped."""
        name = self.handle.job_type.name
        mine = self.registry.for_object(self.job())
        assert mine is not None and mine.job_type.name == name, f"its own job would be taken for a {mine and mine.job_type.name}"
        for other in [each for each in self.registry.each() if each.job_type.name != name]:
            if other.job_type.workload == "schedule":  # what it takes depends on what it makes
                continue
            job = clone(_job_of(other))
            claimed = self.handle.job_type.resource.matches(job) and self.handle.claims(job)
            assert not claimed, f"it claims the jobs of {other.job_type.name}: let `matches` say which of the kind are its own"
            if other.job_type.wrapping is not None:
                for wrapper in self.wrappers():
                    _plainly_wrapped(wrapper, other)


@functools.lru_cache(maxsize=256)
def _job_of(handle: JobTypeHandle) -> Any:
    """Return a plain job of a type."""
    return handle.build_manifests(parse(handle.args_model, plain(handle)))[0]


@functools.lru_cache(maxsize=256)
def _plainly_wrapped(wrapper: JobTypeHandle, inner: JobTypeHandle) -> None:
    """Put a plain job into a wrapper: once for all types of a registry, which are all beside each other in it."""
    _wrapped(wrapper, inner.job_type.name, plain(inner))


def _wrapped(wrapper: JobTypeHandle, inner: str, raw: Any) -> Any:
    try:
        return wrapper.build_manifests(parse(wrapper.args_model, {**raw, "inner_type": inner}))[0]
    except ArenaError as error:
        pytest.fail(f"{inner} in {wrapper.job_type.name}: {error.message}")
