"""Plain values are read as pydantic reads them, by every argument model that is installed, or they are left to pydantic."""

from __future__ import annotations

import copy
from functools import cache
from typing import Annotated, Any, ClassVar, Literal

import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, computed_field, model_validator

from arena_core.args import (
    AfterValidator,
    BeforeValidator,
    EnvMap,
    PlainSerializer,
    field_validator,
    flag,
    flag_specs,
    parse,
    to_job_file,
)
from arena_core.args.groups import ArgsGroup
from arena_core.args.plainly import read, write
from arena_core.contract.errors import InvalidArguments
from arena_core.contract.types import Problem
from arena_core.families.args import SubmitArgs
from arena_core.registry import Registry
from tests.jobs.needs import NEEDS

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
@settings(max_examples=8, deadline=None)
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
        "port": "80",
        "schedule": "0 3 * * *",
    }
    raw |= NEEDS.get(name.rpartition("/")[2], {})
    if name.startswith("rayjob") or "rayjob" in name:
        raw.pop("gpus")
    found = read(model, {field: value for field, value in raw.items() if field in model.model_fields})
    assert found is not None and found.name == "x"  # type: ignore[attr-defined]
    assert getattr(found, "env", {"A": "b"}) == {"A": "b"}
    assert write(found) == found.model_dump(mode="json", exclude_unset=True)


def test_parse_makes_no_model_of_pydantics_for_what_is_right() -> None:
    class Own(SubmitArgs):
        """Nobody has built this one."""

    found = parse(Own, {"name": "x", "image": "i", "command": "true"})
    assert found.image == "i" and to_job_file("own", found)["image"] == "i"
    assert "__twin__" not in vars(Own)
    with pytest.raises(InvalidArguments):
        parse(Own, {"name": "X"})
    assert "__twin__" in vars(Own)


class _Odd:
    class Alias(ArgsGroup):
        a: int = Field(1, alias="b")

    class Wrapped(ArgsGroup):
        a: str = flag("", help="a")

        @pydantic.field_validator("a", mode="wrap")
        @classmethod
        def _wrap(cls, value: Any, handler: Any) -> Any:
            return handler(value) + "!"

    class Informed(ArgsGroup):
        a: str = flag("", help="a")

        @pydantic.field_validator("a")
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


def known(base: type[Any]) -> Any:
    """The same class of ours and of pydantic's."""

    class Known(base):  # type: ignore[misc]
        model_config = ConfigDict(extra="forbid", frozen=True)

        a: Annotated[int, BeforeValidator(lambda v: int(v, 16)), AfterValidator(lambda v: v + 1)] = flag(0, help="a", ge=3)
        b: Literal["x", "y"] = flag("x", help="b")
        c: Annotated[tuple[str, ...], PlainSerializer(lambda v: "+".join(v), when_used="json")] = flag((), help="c")
        d: str = flag("d", help="d", validate_default=True)
        e: EnvMap = flag({}, help="e")

        @field_validator("a", mode="before")
        @classmethod
        def _first(cls, value: Any) -> Any:
            return value.removeprefix("#") if isinstance(value, str) else value

        @field_validator("a")
        @classmethod
        def _last(cls, value: int) -> int:
            return value * 10

        @field_validator("d")
        @classmethod
        def _louder(cls, value: str) -> str:
            return value.upper()

    return Known


OURS, THEIRS = known(ArgsGroup), known(BaseModel)


@given(st.fixed_dictionaries({}, optional={
    "a": st.text("#0123abcxyz", max_size=4), "b": st.sampled_from(["x", "y", "z"]), "c": st.lists(st.text("ab"), max_size=2),
    "d": st.text(max_size=2), "e": st.lists(st.sampled_from(PAIRS), max_size=3), "f": st.just(1),
}))  # fmt: skip
def test_the_order_of_functions_is_pydantics(raw: dict[str, Any]) -> None:
    try:
        expected = THEIRS.model_validate(raw)
    except ValidationError as error:
        refused = [(one["loc"], one["msg"]) for one in error.errors()]
        assert read(OURS, raw) is None
        with pytest.raises(ValidationError) as raised:
            OURS.model_validate(raw)
        assert [(one["loc"], one["msg"]) for one in raised.value.errors()] == refused
        return
    found = read(OURS, raw)
    assert dict(found) == dict(expected) and found.model_fields_set == expected.model_fields_set
    assert write(found) == expected.model_dump(mode="json", exclude_unset=True) == found.model_dump(mode="json", exclude_unset=True)
    assert found.model_dump() == expected.model_dump() and found.model_dump_json() == expected.model_dump_json()
    assert OURS.model_validate_json(expected.model_dump_json(include={"b", "d"})).b == expected.b


def test_a_class_of_arguments_describes_itself_as_pydantics_do() -> None:
    assert OURS.model_json_schema() == THEIRS.model_json_schema()
    assert list(OURS.model_fields) == list(THEIRS.model_fields)
    missing = {name for name in dir(BaseModel) if name.startswith("model_")} - set(dir(OURS))
    assert not missing, "an embedding program finds what pydantic's models have"


def test_arguments_behave_as_values() -> None:
    one, two = OURS(a="5", e=["A=b"]), OURS(a="5", e={"A": "b"})
    assert one == two != OURS(a="6") and repr(one) == repr(THEIRS(a="5", e=["A=b"]))
    assert pickle_free_copy(one) == one and one.model_copy(update={"b": "y"}).b == "y" and one.b == "x"
    assert one.model_copy(update={"b": "y"}).model_fields_set == {"a", "b", "e"}
    assert OURS.model_validate(one) is one and OURS.model_construct(b="y").d == "d"
    with pytest.raises(ValidationError, match="frozen"):
        one.a = 1
    with pytest.raises(ValidationError):
        OURS(a="zz")
    holder = TypeAdapter(list[OURS])
    assert holder.validate_python([one, {"b": "y"}]) == [one, OURS(b="y")]
    assert holder.dump_python([one]) == [one.model_dump()] and holder.json_schema()["items"]


def pickle_free_copy(args: Any) -> Any:
    made = copy.deepcopy(args)
    assert made is not args and made.e is not args.e and made.model_fields_set == args.model_fields_set
    return made


class Named(ArgsGroup):
    """What a third party may have written with pydantic's own tools."""

    LOUD: ClassVar[str] = "!"

    model_config = ConfigDict(str_strip_whitespace=True)

    a: Annotated[str, pydantic.AfterValidator(lambda v: v + "1")] = Field("", description="a", max_length=5)
    b: int | None = None
    c: list[int] = flag([1], help="c")

    @pydantic.field_validator("a")
    @classmethod
    def _loud(cls, value: str) -> str:
        return value + cls.LOUD

    @pydantic.field_serializer("a")
    def _out(self, value: str) -> str:
        return f"{value}{self.both}"

    @computed_field  # type: ignore[prop-decorator]
    @property
    def both(self) -> str:
        return f"{self.a}{self.b}"

    def rules(self) -> Any:
        yield from super().rules()
        if self.b == 5:
            yield Problem("five", "b")


class Louder(Named):
    LOUD: ClassVar[str] = "?"


def test_pydantics_own_tools_work_in_a_class_of_arguments() -> None:
    found = parse(Louder, {"a": " x ", "b": "3"})
    assert (found.a, found.b, found.c, found.both) == ("x1?", 3, [1], "x1?3")
    assert found.model_dump() == {"a": "x1?x1?3", "b": 3, "c": [1], "both": "x1?3"}
    assert to_job_file("t", found)["a"] == "x1?x1?3"
    assert next((s.field, s.help, s.default) for s in flag_specs(Louder)) == ("a", "a", "")
    for raw, text in (({"b": 5}, "five"), ({"c": ["y"]}, "must be a valid integer"), ({"a": "toolong"}, "at most 5")):
        with pytest.raises(InvalidArguments, match=text):
            parse(Louder, raw)


def test_what_cannot_be_had_is_refused_when_the_class_is_made() -> None:
    with pytest.raises(TypeError, match="no private attributes"):

        class Private(ArgsGroup):
            _hidden: int = pydantic.PrivateAttr(1)

    class Shadowed(OURS):  # type: ignore[misc,valid-type]
        b = "y"

    with pytest.raises(TypeError, match="needs an annotation"):
        _ = Shadowed.model_fields


def test_bases_give_their_fields_in_pydantics_order() -> None:
    def bodies(base: type[Any]) -> Any:
        class A(base):  # type: ignore[misc]
            x: int = flag(1, help="x")
            y: int = flag(1, help="y")

        class B(A):
            z: int = flag(1, help="z")

        class C(A):
            y: int = flag(2, help="y")
            w: int = flag(1, help="w")

        class D(B, C):
            z: int = flag(3, help="z")

        return D

    ours, theirs = bodies(ArgsGroup), bodies(BaseModel)
    assert [(n, i.default) for n, i in ours.model_fields.items()] == [(n, i.default) for n, i in theirs.model_fields.items()]
