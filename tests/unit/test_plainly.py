"""Plain values are read as pydantic reads them, by every argument model that is installed, or they are left to pydantic."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, field_validator, model_validator

from arena_core.args import flag, flag_specs, parse
from arena_core.args.groups import ArgsGroup
from arena_core.args.plainly import read, write
from arena_core.families.args import SubmitArgs
from arena_core.registry import Registry

TEXTS = ["", "x", "a.b", "2Gi", "500m", "1h30m", "90", "-5", "Never", "None", "git", "/x", "a b", "user/img:v1", "Bad Image", "auto", "all"]
PAIRS = ["A=b", "A=", "=b", "A", "k=v:NoSchedule", "all", "claim:/x", "/h:/p", "/h", "amd.com/gpu=1", "b=c", "no file:/x"]
INTEGERS = [0, 1, 7, -1, "3", "007", "-2", " 4", "٣", "1_0", "x", 2.0, True, "9" * 20, None]


@cache
def models() -> dict[str, type[ArgsGroup]]:
    found: dict[str, type[ArgsGroup]] = {}
    for handle in Registry().each():
        model = handle.args_model
        found[handle.job_type.name] = model
        found |= {f"{handle.job_type.name}/{name}": variant for name, variant in model.variants().items()}
    return found


def value_of(kind: str, choices: tuple[str, ...]) -> st.SearchStrategy[Any]:
    if kind == "bool":
        return st.sampled_from([True, False, "true", 1, "x"])
    if kind == "int":
        return st.sampled_from(INTEGERS)
    if kind == "many":
        return st.one_of(st.lists(st.sampled_from(PAIRS), max_size=3), st.sampled_from([(), {}, {"A": "b"}, {"A": 1}, "A=b", None, [1]]))
    if kind == "words":
        return st.sampled_from(["true x", ["python", "t.py"], (), [""], ["a\0"], 5])
    return st.one_of(st.sampled_from([*TEXTS, *choices]), st.sampled_from([5, None, True, b"x"]))


@pytest.mark.parametrize("name", sorted(models()))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_every_model_is_read_as_pydantic_reads_it(name: str, data: st.DataObject) -> None:
    model = models()[name]
    specs = flag_specs(model)
    raw: dict[str, Any] = {"name": "x", "image": "i", "command": "true x"}
    raw = {field: value for field, value in raw.items() if field in model.model_fields}
    for spec in data.draw(st.lists(st.sampled_from(specs), max_size=4, unique_by=lambda spec: spec.field)):
        raw[spec.field] = data.draw(value_of(spec.kind, spec.choices), label=spec.field)
    found = read(model, raw)
    if found is None:
        return
    expected = model.model_validate(raw)
    assert found == expected and found.model_fields_set == expected.model_fields_set
    assert {field: type(value) for field, value in found} == {field: type(value) for field, value in expected}
    written = write(found)
    assert written is None or written == expected.model_dump(mode="json", exclude_unset=True)


@pytest.mark.parametrize("name", sorted(models()))
def test_what_is_plain_needs_no_validator(name: str) -> None:
    model = models()[name]
    raw = {
        "name": "x",
        "image": "i",
        "command": ["python", "t.py"],
        "env": ["A=b"],
        "gpus": "2",
        "labels": ["a=b"],
        "data": ["c:/d"],
        # Of servers; a version that is not given is made of the time, by pydantic.
        "port": "80",
        "version": "v1",
        # Of what makes jobs at times.
        "schedule": "0 3 * * *",
    }
    if name.startswith("rayjob") or "rayjob" in name:
        raw.pop("gpus")
    found = read(model, {field: value for field, value in raw.items() if field in model.model_fields})
    assert found is not None and found.name == "x"  # type: ignore[attr-defined]
    assert getattr(found, "env", {"A": "b"}) == {"A": "b"}
    assert write(found) == found.model_dump(mode="json", exclude_unset=True)


def test_parse_makes_no_validator_for_what_is_right() -> None:
    class Own(SubmitArgs):
        """Nobody has built this one."""

    assert parse(Own, {"name": "x", "image": "i", "command": "true"}).image == "i"
    assert type(Own.__pydantic_validator__).__name__ == "MockValSer"


class _Odd:
    class Alias(ArgsGroup):
        a: int = Field(1, alias="b")

    class Wrapped(ArgsGroup):
        a: str = flag("", help="a")

        @field_validator("a", mode="wrap")
        @classmethod
        def _wrap(cls, value: Any, handler: Any) -> Any:
            return handler(value) + "!"

    class Informed(ArgsGroup):
        a: str = flag("", help="a")

        @field_validator("a")
        @classmethod
        def _informed(cls, value: str, info: Any) -> str:
            return value + str(info.field_name)

    class Before(ArgsGroup):
        a: str = flag("", help="a")

        @model_validator(mode="before")
        @classmethod
        def _before(cls, data: Any) -> Any:
            return {**data, "a": "changed"}

    class Strict(ArgsGroup):
        a: str = flag("", help="a", pattern="x+")

    class Stripped(ArgsGroup, str_strip_whitespace=True):
        a: str = flag("", help="a")

    class Post(ArgsGroup):
        a: str = flag("", help="a")

        def model_post_init(self, context: Any) -> None:
            object.__setattr__(self, "a", "after")

    class Union(ArgsGroup):
        a: int | str = flag("", help="a")

    class Nested(ArgsGroup):
        a: list[int] = flag([], help="a")


@pytest.mark.parametrize("model", [cls for name, cls in vars(_Odd).items() if not name.startswith("_")])
def test_what_is_not_known_is_left_to_pydantic(model: type[ArgsGroup]) -> None:
    assert read(model, {"a": "x"}) is None


class Known(ArgsGroup):
    a: Annotated[int, BeforeValidator(lambda v: int(v, 16)), AfterValidator(lambda v: v + 1)] = flag(0, help="a", ge=3)
    b: Literal["x", "y"] = flag("x", help="b")

    @field_validator("a", mode="before")
    @classmethod
    def _first(cls, value: Any) -> Any:
        return value.removeprefix("#") if isinstance(value, str) else value

    @field_validator("a")
    @classmethod
    def _last(cls, value: int) -> int:
        return value * 10


@given(st.text("#0123abcxyz", max_size=4), st.sampled_from(["x", "y", "z"]))
def test_the_order_of_functions_is_pydantics(a: str, b: str) -> None:
    raw = {"a": a, "b": b}
    try:
        expected = Known.model_validate(raw)
    except ValidationError:
        assert read(Known, raw) is None
    else:
        assert read(Known, raw) == expected
