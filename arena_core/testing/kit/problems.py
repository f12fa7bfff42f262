"""What is refused before anything is sent: the hooks run, and what they find names flags that there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from arena_core.args import flag_specs
from arena_core.contract.errors import InvalidArguments, PluginError
from arena_core.contract.types import Manifest, Note, Problem, Resource
from arena_core.testing.kit.base import Kit
from arena_core.testing.kit.outcomes import candidates


class FakeLookup:
    """A cluster that answers every question alike: all is there, nothing is, or nothing may be read."""

    def __init__(self, there: bool | None) -> None:
        self.there = there

    def get(self, resource: Resource, name: str, namespace: str = "") -> Manifest | None:
        """Return an object of that name, or None."""
        meta = {"name": name, "namespace": namespace, "uid": "u"}
        return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": meta, "spec": {}} if self.there else None

    def list(self, resource: Resource, namespace: str = "") -> Sequence[Manifest] | None:
        """Return one object, none, or None."""
        one = self.get(resource, "one", namespace)
        return None if self.there is None else [one] if one else []

    def exists(self, resource: Resource, name: str, namespace: str = "") -> bool | None:
        """Return the one answer."""
        return self.there

    def serves(self, resource: Resource) -> bool | None:
        """Return the one answer."""
        return self.there

    def served_fields(self, resource: Resource) -> Mapping[str, Any] | None:
        """Return nothing: the schema cannot be read."""
        return None


class ProblemChecks(Kit):
    """Validation and preflight."""

    def test_the_given_arguments_are_valid(self) -> None:
        """What the author calls valid is refused by nothing."""
        for raw in self.raws():
            try:
                problems = self.handle.validate(self.parsed(raw))
            except (InvalidArguments, PluginError) as error:
                pytest.fail(f"{raw}: {error.message}")
            assert not problems, f"{raw}: {[p.message for p in problems]}"

    def test_preflight_runs(self) -> None:
        """On whatever cluster: one that has everything, one that has nothing, one where nothing may be read."""
        for raw in self.raws():
            args = self.parsed(raw)
            for there in (True, False, None):
                try:
                    found = self.handle.preflight(args, FakeLookup(there))
                except PluginError as error:
                    pytest.fail(error.message)
                refused = [said.message for said in found if isinstance(said, Problem)]
                assert there is not None or not refused, f"refused, though nothing could be read: {refused}"

    def test_problems_name_fields_that_there_are(self) -> None:
        """A problem's ``field`` is a field of the argument model, or empty; so the flag can be named."""
        fields = {"", *self.model.model_fields}
        for said in self._said():
            assert said.field in fields, f"{said.field!r} is no field of the argument model: {said.message}"
            assert said.message.strip(), "a problem without words"

    def _said(self) -> Iterator[Problem | Note]:
        for raw in (*self.raws(), *self._odd()):
            try:
                args = self.parsed(raw)
            except InvalidArguments as error:
                yield from error.problems
                continue
            try:
                yield from self.handle.validate(args)
                yield from self.handle.notes(args)
                for there in (True, False, None):
                    yield from self.handle.preflight(args, FakeLookup(there))
            except PluginError:
                continue  # told by the tests of these hooks

    def _odd(self) -> Iterator[dict[str, Any]]:
        """Yield arguments in which every flag has some value, first together and then without those that were refused."""
        fields = self.model.model_fields
        tries = {s.field: list(candidates(s, fields[s.field].get_default(call_default_factory=True))) for s in flag_specs(self.model)}
        for number in range(4):
            raw = {**self.minimal, **{field: values[number % len(values)] for field, values in tries.items() if field not in self.minimal}}
            for _ in range(4):
                yield dict(raw)
                try:
                    self.parsed(raw)
                except InvalidArguments as error:
                    wrong = {problem.field for problem in error.problems}
                    raw = {key: value for key, value in raw.items() if key not in wrong or key in self.minimal}
