"""Records behave as frozen dataclasses with slots do: each rule is held against a real one of the same fields."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import subprocess
import sys
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.records import field, names_of, record, replace


@record
class Ours:
    first: int
    second: str = "s"
    many: dict[str, int] = field(default_factory=dict)
    secret: str = field(default="", repr=False)
    kind: ClassVar[str] = "k"

    @property
    def both(self) -> str:
        return f"{self.first}{self.second}"


@dataclasses.dataclass(frozen=True, slots=True)
class Plain:
    first: int
    second: str = "s"
    many: dict[str, int] = dataclasses.field(default_factory=dict)
    secret: str = dataclasses.field(default="", repr=False)


@record(slots=False)
class Open:
    name: str
    rest: tuple[int, ...] = ()


@record
class Longer(Ours):
    third: int = 3


class Child(Open):
    extra: Any = None


given_values = st.fixed_dictionaries(
    {"first": st.integers()}, optional={"second": st.text(), "many": st.dictionaries(st.text(), st.integers()), "secret": st.text()}
)


@given(given_values, given_values)
def test_a_record_is_what_a_dataclass_is(one: dict[str, Any], other: dict[str, Any]) -> None:
    ours, plain = Ours(**one), Plain(**one)
    assert repr(ours).removeprefix("Ours") == repr(plain).removeprefix("Plain")
    assert (ours == Ours(**other)) is (plain == Plain(**other))
    assert dataclasses.asdict(ours) == dataclasses.asdict(plain)
    assert [f.name for f in dataclasses.fields(ours)] == [f.name for f in dataclasses.fields(plain)]
    assert dataclasses.replace(ours, first=7) == replace(ours, first=7) == Ours(**{**one, "first": 7})
    assert pickle.loads(pickle.dumps(ours)) == copy.copy(ours) == copy.deepcopy(ours) == ours
    assert ours.kind == "k" and ours.both == f"{plain.first}{plain.second}"


@pytest.mark.parametrize("words", [{}, {"first": 1, "oops": 2}, {"second": "x"}])
def test_wrong_arguments_are_a_type_error(words: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="__init__"):
        Ours(**words)
    with pytest.raises(TypeError):
        Plain(**words)


@pytest.mark.parametrize("made", [Ours(1), Open("x"), Longer(1)])
def test_a_record_is_frozen(made: Any) -> None:
    name = type(made).__match_args__[0]
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, name, 2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        delattr(made, name)


def test_equal_records_have_one_hash_and_other_classes_are_never_equal() -> None:
    assert hash(Open("a", (1,))) == hash(Open("a", (1,)))
    assert len({Open("a"), Open("a"), Open("b")}) == 2
    assert Open("a") != Child("a") and Open("a") != ("a", ())
    with pytest.raises(TypeError, match="unhashable"):
        hash(Ours(1))


def test_every_record_has_a_mapping_of_its_own() -> None:
    assert Ours(1).many is not Ours(1).many


def test_slots_or_not() -> None:
    assert not hasattr(Ours(1), "__dict__") and Open("x").__dict__ == {"name": "x", "rest": ()}


def test_inheritance_adds_fields_behind() -> None:
    assert names_of(Longer) == ("first", "second", "many", "secret", "third")
    assert Longer(1, third=4).third == 4 and Longer(1).second == "s"
    assert names_of(Child) == ("name", "rest") and Child("x").name == "x"


def test_the_signature_is_there_before_the_first_record_is_made() -> None:
    @record
    class Fresh:
        a: int
        b: str = "x"

    assert str(inspect.signature(Fresh)) == "(a: 'int', b: 'str' = 'x') -> None"
    assert dataclasses.is_dataclass(Fresh)
    match Fresh(1):
        case Fresh(a, b):
            assert (a, b) == (1, "x")


def test_defining_records_imports_no_compiler() -> None:
    code = "import sys, arena_core.contract.types as t; t.Problem('m'); print({'dataclasses', 'inspect', 'ast'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "set()"
