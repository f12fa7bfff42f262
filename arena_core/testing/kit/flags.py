"""The flags: described, distinct, readable from a job file, and none without an effect."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from arena_core.args import FlagSpec, flag_specs, json_schema, to_job_file
from arena_core.contract.errors import InvalidArguments
from arena_core.testing.kit.base import Kit
from arena_core.testing.kit.outcomes import COMPANIONS, candidates, outcome

#: Parts of schemas that were found sound: types have most of their fields in common, and the check of them all takes a second.
_SOUND: set[str] = set()


@functools.lru_cache(maxsize=8)
def _validator(kind: Any, name: str, model: Any) -> Any:
    """Return what checks job files of a type, its own schema checked first."""
    schema = json_schema(name, model)
    _check(kind, schema)
    return kind(schema)


def _check(kind: Any, schema: Mapping[str, Any]) -> None:
    """Check a schema as ``kind.check_schema`` does, but each field's once for all types: whether one is sound depends on no other."""
    for part in schema.get("$defs", {}).values():
        _check(kind, part)
    texts = {field: json.dumps(of, sort_keys=True) for field, of in schema.get("properties", {}).items()}
    new = {field: of for field, of in schema.get("properties", {}).items() if texts[field] not in _SOUND}
    kind.check_schema({**{word: of for word, of in schema.items() if word not in ("$defs", "properties")}, "properties": new})
    _SOUND.update(texts.values())


class FlagChecks(Kit):
    """What a person types."""

    def test_flags_are_described_and_distinct(self) -> None:
        """Every flag has a help text and a group; no two share a spelling."""
        specs = flag_specs(self.model)
        assert not (bare := [s.names[0] for s in specs if not s.help or not s.group]), f"without help or group: {bare}"
        names = [name for s in specs for name in (*s.names, *s.old, *([s.short] if s.short else []))]
        assert len(names) == len(set(names)), sorted(n for n in names if names.count(n) > 1)

    def test_schema_accepts_the_job_file(self) -> None:
        """The JSON Schema is sound, and the job file that says the same as the arguments fits it and reads back equal."""
        jsonschema = pytest.importorskip("jsonschema")
        name: str = self.handle.job_type.name
        model: Any = self.any_model
        validator = _validator(jsonschema.Draft202012Validator, name, model)
        for raw in self.raws():
            args = self.parsed(raw)
            file = json.loads(json.dumps(to_job_file(name, args)))
            validator.validate(file)
            assert self.parsed({key: value for key, value in file.items() if key != "type"}) == args

    def test_missing_arguments_are_problems(self) -> None:
        """No arguments at all: the required ones are named, the name among them."""
        with pytest.raises(InvalidArguments) as caught:
            self.parsed({})
        assert "name" in {problem.field for problem in caught.value.problems}

    def test_every_flag_has_an_effect(self) -> None:
        """Each flag changes what is built, or is refused, or a note says why it does nothing."""
        known: dict[str, Any] = {}  # most flags are tried beside the same arguments

        def made_of(raw: Mapping[str, Any]) -> Any:
            key = json.dumps(raw, sort_keys=True, default=str)
            return known[key] if key in known else known.setdefault(key, outcome(self.handle, raw))

        idle = [spec.names[0] for spec in flag_specs(self.model) if not self._matters(spec, made_of)]
        assert not idle, f"{', '.join(idle)}: no effect was found; if there is one, say in `effects` with which arguments"

    def _matters(self, spec: FlagSpec, made_of: Callable[[Mapping[str, Any]], Any]) -> bool:
        """Whether some value is built otherwise than none, or every one is refused by a rule."""
        refused = made = False
        for without, given in self._tries(spec):
            before, after = made_of(without), made_of(given)
            if after is None or before == after:
                made = made or (after is not None and after[0] == "made")
            elif after[0] == "made":
                return True
            else:
                refused = True
        return refused and not made

    def _tries(self, spec: FlagSpec) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
        """Yield pairs of arguments, without the flag and with it: those that the author names first."""
        default = self.model.model_fields[spec.field].get_default(call_default_factory=True)
        for beside in (self.effects.get(spec.field), COMPANIONS.get(spec.field)):
            if beside and set(beside) <= set(self.model.model_fields):
                given = {**self.minimal, **beside}
                yield {key: value for key, value in given.items() if key != spec.field}, given
        for base in self.raws():
            if spec.field in base and not spec.required:
                yield {key: value for key, value in base.items() if key != spec.field}, base
            yield from ((base, {**base, spec.field: value}) for value in candidates(spec, default))
