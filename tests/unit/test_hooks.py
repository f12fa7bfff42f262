"""A plugin's hooks are called with the arguments that they name; what does not fit the contract is named."""

from __future__ import annotations

import functools
import inspect
from types import SimpleNamespace
from typing import Any

import pluggy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.contract.hookspecs import ExtensionSpec, JobTypeSpec, hookimpl
from arena_core.registry.hooks import Hooks, Misfit, parameters


def plugin(**functions: Any) -> SimpleNamespace:
    return SimpleNamespace(__name__="plugin", **functions)


@pytest.mark.parametrize("spec", [JobTypeSpec, ExtensionSpec])
def test_every_hook_of_the_contract_can_be_called(spec: type[Any]) -> None:
    for name, known in vars(spec).items():
        if not name.startswith("arena_"):
            continue
        names = list(inspect.signature(known).parameters)[1:]
        given = {one: object() for one in names}
        told: dict[str, Any] = {}
        program = f"def {name}({', '.join(names)}): told.update({', '.join(f'{n}={n}' for n in names)}); return 'answer'"
        scope: dict[str, Any] = {"told": told}
        exec(program, scope)
        hooks = Hooks(plugin(**{name: hookimpl(scope[name])}), spec)
        assert name in hooks and hooks.call(name, **given) == "answer" and told == given


def test_a_hook_gets_what_it_names_and_no_more() -> None:
    @hookimpl
    def arena_validate(args: Any, cache: Any = "own") -> Any:
        return args, cache

    hooks = Hooks(plugin(arena_validate=arena_validate), JobTypeSpec)
    assert hooks.call("arena_validate", args=1, jobs=2) == (1, "own")
    assert "arena_explain" not in hooks and hooks.call("arena_explain", view=1, jobs=2) is None


def test_wrapped_bound_and_partial_hooks() -> None:
    def inner(extra: Any, view: Any) -> Any:
        return extra, view

    @functools.wraps(inner)
    def wrapper(*arguments: Any, **named: Any) -> Any:
        return inner(0, **named)

    wrapper.__signature__ = inspect.Signature([inspect.Parameter("view", inspect.Parameter.KEYWORD_ONLY)])  # type: ignore[attr-defined]

    class Holder:
        def explain(self, view: Any) -> Any:
            return self, view

    bound = Holder().explain
    for function in (wrapper, functools.partial(inner, 0), lambda view: (0, view)):
        assert Hooks(plugin(arena_explain=hookimpl(function)), JobTypeSpec).call("arena_explain", view=1, jobs=2) == (0, 1)
    Holder.explain.arena_impl = True  # type: ignore[attr-defined]
    assert Hooks(plugin(arena_explain=bound), JobTypeSpec).call("arena_explain", view=1, jobs=2) == (bound.__self__, 1)


def test_a_mark_of_pluggy_is_a_mark() -> None:
    marked = pluggy.HookimplMarker("arena")(lambda view: view)
    assert Hooks(plugin(arena_explain=marked), JobTypeSpec).call("arena_explain", view=1, jobs=2) == 1


@pytest.mark.parametrize(
    ("functions", "said"),
    [
        ({"arena_explian": hookimpl(lambda view: 0)}, "arena_explian is not a hook of the contract; did you mean arena_explain?"),
        ({"arena_explain": hookimpl(lambda job, pods: 0)}, "arena_explain takes job, pods; the contract gives it view, jobs"),
        ({"arena_job_type": hookimpl(lambda jobs: 0)}, "arena_job_type takes jobs; the contract gives it nothing"),
        ({"helper": hookimpl(lambda: 0)}, "helper is not a hook of the contract; hooks are: arena_job_type, "),
    ],
)
def test_what_does_not_fit_is_named(functions: dict[str, Any], said: str) -> None:
    with pytest.raises(Misfit) as caught:
        Hooks(plugin(**functions), JobTypeSpec)
    assert str(caught.value).startswith(said)


def test_a_hook_without_its_mark_is_named() -> None:
    def arena_explain(view: Any) -> None: ...

    arena_explain.__module__ = "plugin"
    with pytest.raises(Misfit, match="not marked with @hookimpl"):
        Hooks(plugin(arena_explain=arena_explain), JobTypeSpec)


@given(st.lists(st.booleans(), max_size=4), st.lists(st.booleans(), max_size=3))
def test_parameters_are_those_of_inspect(positional: list[bool], alone: list[bool]) -> None:
    words = [f"p{n}" if required else f"p{n}=1" for n, required in enumerate(sorted(positional, reverse=True))]
    words += ["*"] * bool(alone) + [f"k{n}" if required else f"k{n}=1" for n, required in enumerate(alone)]
    function = eval(f"lambda {', '.join(words)}: 0")
    expected = {p.name: p.default is p.empty for p in inspect.signature(function).parameters.values()}
    assert parameters(function) == expected
