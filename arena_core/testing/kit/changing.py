"""What may be changed while a job runs: it is suspended where it says, and scaled as it says."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from arena_core.contract.errors import PluginError
from arena_core.contract.types import Manifest, Phase, Scale
from arena_core.k8s import path as k8s_path
from arena_core.testing.comparing import strict_schema
from arena_core.testing.kit.bundle import BundleChecks
from arena_core.testing.kit.values import for_any_job
from arena_core.testing.seen import seen


class ChangingChecks(BundleChecks):
    """Suspend and scale."""

    def test_it_is_suspended_where_it_says(self) -> None:
        """The kind has the field of ``suspend_path``, and a job in which it is set is not told as running.

        In place of a field there may be a ``suspend_request``: its kind is served, and some sample is told as suspended.
        """
        path = self.handle.job_type.suspend_path
        assert not (path and self.handle.job_type.suspend_request), "suspend_path and suspend_request: a job is suspended in one way"
        if self.handle.job_type.suspend_request is not None:
            self._check_suspend_request(self.handle.job_type.suspend_request)
            return
        if not path:
            pytest.skip("jobs of the type cannot be suspended")
        job = changed(self.job(), path, True)
        before, after = (self.handle.status(seen(one)).phase for one in (self.job(), job))
        assert before.runs or not after.runs, f"a new job is {before}, with {path} it is {after}"
        if self.served_as_plain():
            suspended = [view for _, view in self.views() if k8s_path.get(view.manifest, path) is True]
            assert suspended, f"`samples` shows no job in which {path} is true"
            return
        jsonschema = pytest.importorskip("jsonschema")
        validator = jsonschema.Draft202012Validator(strict_schema(self.crd(), self.handle.job_type.resource.version))
        known = {error.message for error in validator.iter_errors(self.job())}
        wrong = [error.message[:200] for error in validator.iter_errors(job) if error.message not in known]
        assert not wrong, f"the kind has no {path}: {'; '.join(wrong)}"

    def _check_suspend_request(self, request: Callable[[Manifest, bool], Manifest]) -> None:
        told = [self.handle.status(view).phase for _, view in self.views()]
        assert Phase.SUSPENDED in told, "`samples` shows no job that its status tells as SUSPENDED: none can be resumed"
        made = [request(self.job(), value) for value in (True, False)]
        assert made[0] != made[1], "suspending and resuming ask for the same"
        for one in made:
            crd = self.crd_of(str(one.get("apiVersion")), str(one.get("kind")))
            jsonschema = pytest.importorskip("jsonschema")
            validator = jsonschema.Draft202012Validator(strict_schema(crd, str(one["apiVersion"]).rpartition("/")[2]))
            wrong = [f"{one['kind']}: {error.message[:200]}" for error in validator.iter_errors(one)]
            assert not wrong, "; ".join(wrong)

    def test_it_is_scaled_as_it_says(self) -> None:
        """Where ``scale`` says that a number of pods stands there is one within its bounds, and another one there makes other pods.

        Of a job without such a place ``scale_check`` says why.
        """
        for raw in self.raws():
            job = self.job(raw)
            roles = self.handle.job_type.scale(job)
            for role in roles:
                self._check_scale(job, role)
            assert roles or self.handle.job_type.scale_check(job), "nothing can be scaled, and scale_check does not say why"

    def _check_scale(self, job: Manifest, role: Scale) -> None:
        number, place = k8s_path.get(job, role.path), f"{role.role} at {role.path}"
        assert type(number) is int, f"{place}: {number!r} is no number"
        assert role.minimum <= number, f"{place}: {number} is out of bounds"
        assert role.maximum is None or number <= role.maximum, f"{place}: {number} is out of bounds"
        other = _another(role, number)
        if other is None:
            return
        more = self._pods_of(changed(job, role.path, other)) - self._pods_of(job)
        assert more, f"{place}: {other} instead of {number} changes no pod set"
        assert (more > 0) == (other > number), f"{place}: {other} instead of {number} makes {more} pods more"

    def _pods_of(self, job: Manifest) -> int:
        return sum(found.replicas for found in self.pod_sets(job))

    def test_suspend_and_scale_are_total(self) -> None:
        """Whatever object comes, they say something, and never raise."""
        job_type = self.handle.job_type

        def check(job: Any, pods: list[Any], related: list[Any]) -> None:
            for one in (job, *pods, *related):  # also what is no object
                try:
                    job_type.suspend_check(one)
                    if job_type.suspend_request is not None:
                        job_type.suspend_request(one, True)
                        job_type.suspend_request(one, False)
                    job_type.scale(one)
                    job_type.scale_check(one)
                except PluginError as error:
                    pytest.fail(error.message)

        for_any_job(tuple(self.keys), self.examples, check)


def changed(job: Manifest, path: str, value: Any) -> Manifest:
    """Return a copy of the job with another value at a path."""
    made = copy.deepcopy(job)
    *way, last = k8s_path.steps(path)
    place: Any = made
    for step in way:
        place = place.setdefault(step, {}) if isinstance(step, str) else place[step]
    place[last] = value
    return made


def _another(role: Scale, number: int) -> int | None:
    """Return a number within the bounds that is not the one given, or None."""
    if role.maximum is None or number < role.maximum:
        return number + 1
    return number - 1 if number > role.minimum else None
