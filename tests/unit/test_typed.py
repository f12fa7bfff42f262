"""The stand-ins for names of ``typing`` behave as the real ones do, as far as anybody can tell."""

from __future__ import annotations

import copy
import pickle
import typing

import pytest

from arena_core import typed


class Ours(typed.NamedTuple):
    """Says something."""

    name: str
    size: int = 3

    @property
    def double(self) -> int:
        return 2 * self.size

    def __str__(self) -> str:
        return f"<{self.name}>"


class Theirs(typing.NamedTuple):
    """Says something."""

    name: str
    size: int = 3

    @property
    def double(self) -> int:
        return 2 * self.size

    def __str__(self) -> str:
        return f"<{self.name}>"


def test_named_tuples_are_as_those_of_typing():
    one, other = Ours("a"), Theirs("a")
    assert one == other == ("a", 3)
    assert (one.double, str(one), repr(one), one._fields, one._asdict()) == (
        other.double,
        str(other),
        repr(other).replace("Theirs", "Ours"),
        other._fields,
        other._asdict(),
    )
    assert Ours._field_defaults == Theirs._field_defaults
    assert (Ours.__doc__, Ours.__module__, Ours.__qualname__) == (Theirs.__doc__, Theirs.__module__, "Ours")
    assert Ours.__annotations__ == Theirs.__annotations__ | {"name": "str", "size": "int"}
    assert pickle.loads(pickle.dumps(one)) == one == copy.copy(one) == one._replace()
    with pytest.raises(TypeError):
        Ours()


def test_each_name_is_one_of_typing():
    import ast
    import inspect

    tree = ast.parse(inspect.getsource(typed))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "typing" for alias in node.names}
    assert len(names) > 10
    for name in names:
        assert hasattr(typing, name) and hasattr(typed, name)


def test_classes_and_functions_may_name_them():
    kind = typed.TypeVar("kind", bound=str)

    class Box(typed.Generic[kind]):
        pass

    class Known(typed.TypedDict, total=False):
        a: int

    class Face(typed.Protocol):
        pass

    assert Box() and Known(a=1) == {"a": 1} and Face()
    assert typed.cast("int", "x") == "x"


def test_a_literal_tells_its_values_to_who_checks():
    from arena_core.registry.shapes import check_of

    for kind in (typed.Literal["a", "b"], typing.Literal["a", "b"]):
        assert check_of(kind)("a") == ""
        assert check_of(kind)("c") == "str ('c') where one of 'a', 'b' is expected"
    assert check_of(typing.Optional[int])(None) == check_of(typing.Any)(object()) == check_of(int | None)(1) == ""  # noqa: UP045
    assert check_of(typing.List[int])(["x"]) == check_of(list[int])(["x"]) != ""  # noqa: UP006
