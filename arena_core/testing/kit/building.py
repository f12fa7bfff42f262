"""What is built: plain JSON, valid names however long, and nothing but the arguments goes into it."""

from __future__ import annotations

import bisect
import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from arena_core.args import parse
from arena_core.contract.errors import InvalidArguments
from arena_core.contract.types import Manifest
from arena_core.k8s import dig, names
from arena_core.testing.kit.base import Kit
from arena_core.testing.kit.purity import nothing_asked


class BuildingChecks(Kit):
    """From arguments to objects."""

    def test_manifests_are_json(self) -> None:
        """The first object is the job, under its name, to which a service may add; all are plain JSON with kinds and names of their own."""
        for raw in self.raws():
            manifests = self.manifests(raw)
            assert json.loads(json.dumps(manifests)) == manifests
            name = manifests[0]["metadata"]["name"]
            # Versions of a service stand side by side under one name.
            assert name == raw["name"] or (self.handle.job_type.workload == "service" and name.startswith(f"{raw['name']}-"))
            found = [(m["apiVersion"], m["kind"], m["metadata"]["name"]) for m in manifests]
            assert len(found) == len(set(found))

    def test_building_asks_nothing(self) -> None:
        """No clock, no file, no environment, no network, no chance: the objects come from the arguments alone."""
        for raw in self.raws():
            args = self.parsed(raw)
            self.handle.build_manifests(args)  # what is imported on the way is there now
            with nothing_asked() as asked:
                self.handle.build_manifests(args)
            assert not asked, f"building {', '.join(asked)}"

    def test_building_twice_gives_equal_objects(self) -> None:
        """The same arguments give equal objects that share nothing, and stay as they were."""
        for raw in self.raws():
            args = self.parsed(raw)
            before = copy.deepcopy(args)
            first = self.handle.build_manifests(args)
            kept = copy.deepcopy(first)
            for obj in first:
                _spoil(obj)
            assert self.handle.build_manifests(args) == kept
            assert args == before

    def test_names_are_valid_at_their_longest(self) -> None:
        """With the longest name that the type takes, every name and label of every object is one; a longer name is refused by its flag."""
        longest = bisect.bisect_left(range(1, 254), True, key=lambda length: bool(self._problems("a" * length)))
        assert longest, "no name is taken"
        for raw in self.raws():
            manifests = self.manifests({**raw, "name": "a" * longest})
            wrong = [text for obj in manifests for text in _invalid(obj)]
            for found, template in self.templates(manifests[0]):
                wrong += _invalid_labels(template, found.path)
            wrong += [f"label {k}={v}: {text}" for k, v in self.selector(manifests[0]).items() for text in names.label_value(v)]
            assert not wrong, f"a name of {longest} characters is taken, and then: {'; '.join(wrong)}"
        for name in ("a" * (longest + 1), "A", "a_b", "-a", "a-", ""):
            assert "name" in self._problems(name), f"the name {name!r} must be refused"

    def _problems(self, name: str) -> set[str]:
        """Return the fields to which a name is a problem."""
        try:
            args = self.parsed({**self.minimal, "name": name})
        except InvalidArguments as error:
            return {problem.field for problem in error.problems}
        return {problem.field for problem in self.handle.validate(args)}

    def test_an_update_changes_what_is_given(self) -> None:
        """A change of nothing leaves a live job as it is, and whatever is changed, the object that was given stays."""
        model = self.handle.update_model
        if model is None:
            pytest.skip("jobs of the type cannot be updated")
        for raw in self.raws():
            job = self.job(raw)
            before = copy.deepcopy(job)
            new = self.handle.update(job, parse(model, {}))
            assert new == before, "nothing was given, and the job is another"
            _spoil(new)
            assert job == before, "the object that was given has changed"

    def test_a_job_file_is_built_alike(self) -> None:
        """Values as JSON has them build what texts of flags build: numbers and switches written as text."""
        for raw in self.raws():
            texts = {key: str(value) if type(value) is int else value for key, value in raw.items()}
            try:
                assert self.manifests(texts) == self.manifests(raw)
            except InvalidArguments as error:
                pytest.fail(f"a number written as text is refused: {error.message}")


def _spoil(value: Any) -> None:
    """Change every mapping and list of an object in place."""
    for item in list(value.values() if isinstance(value, dict) else value):
        if isinstance(item, dict | list):
            _spoil(item)
    if isinstance(value, dict):
        value["spoilt"] = "yes"
    else:
        value.append("spoilt")


def _invalid(obj: Manifest) -> Iterator[str]:
    """Yield what the API server would not take of an object's name and labels."""
    name, check = obj["metadata"]["name"], names.label_1035 if obj["kind"] == "Service" else names.subdomain
    yield from (f"{obj['kind']} {name}: {text}" for text in check(name))
    yield from _invalid_labels(obj, f"{obj['kind']} {name}")


def _invalid_labels(obj: Any, where: str) -> list[str]:
    return [
        f"{where}: label {key}={value}: {text}"
        for key, value in dig.labels(obj).items()
        for text in (*names.qualified_name(key), *names.label_value(value))
    ]
