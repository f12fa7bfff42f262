"""The hooks of one plugin: found by their marks, held against the contract, and called with the arguments that each takes.

One plugin is addressed at a time, so the ordering, wrapping and merging of a hook library would have nothing to do here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from arena_core.contract.errors import nearest
from arena_core.contract.hookspecs import PROJECT
from arena_core.typed import Any

MARK = f"{PROJECT}_impl"
#: Flags of a code object: it takes ``*arguments`` or ``**named``.
_VARIABLE = 0x04 | 0x08


class Misfit(Exception):
    """A hook does not fit the contract."""


class Hooks:
    """The hooks that a module implements; raises ``Misfit`` for what the contract does not know."""

    def __init__(self, module: Any, spec: type[Any]) -> None:
        self._found = dict(_marked(module, {name: what for name, what in vars(spec).items() if name.startswith("arena_")}))

    def __contains__(self, name: str) -> bool:
        return name in self._found

    def call(self, name: str, **arguments: Any) -> Any:
        """Return what the plugin's hook of this name returns, or None where it has none."""
        if name not in self._found:
            return None
        function, names = self._found[name]
        if len(names) == len(arguments):
            return function(**arguments)
        return function(**{one: arguments[one] for one in names})


def _marked(module: Any, known: Mapping[str, Callable[..., Any]]) -> list[tuple[str, tuple[Callable[..., Any], tuple[str, ...]]]]:
    """Return the marked functions of a module; a misspelt or unmarked hook is named with the nearest right name."""
    found = []
    for name in sorted(dir(module)):
        function = getattr(module, name, None)
        if not callable(function):
            continue
        marked = getattr(function, MARK, None) is not None
        if not marked and (not name.startswith("arena_") or getattr(function, "__module__", "") != getattr(module, "__name__", "")):
            continue
        if name not in known:
            near = nearest(name.removeprefix("arena_"), (k.removeprefix("arena_") for k in known))
            hint = f"did you mean arena_{near}?" if near else f"hooks are: {', '.join(known)}"
            raise Misfit(f"{name} is not a hook of the contract; {hint}")
        if not marked:
            raise Misfit(f"{name} is not marked with @hookimpl, so it would never be called")
        found.append((name, (function, _taken(name, function, known[name]))))
    return found


def _taken(name: str, function: Callable[..., Any], known: Callable[..., Any]) -> tuple[str, ...]:
    """Return which of the contract's arguments a hook takes."""
    given = tuple(parameters(known))[1:]
    wanted = parameters(function)
    strange = [one for one, required in wanted.items() if required and one not in given]
    if strange:
        gives = f"the contract gives it {', '.join(given)}" if given else "the contract gives it nothing"
        raise Misfit(f"{name} takes {', '.join(strange)}; {gives}")
    return tuple(one for one in wanted if one in given)


def parameters(function: Callable[..., Any]) -> dict[str, bool]:
    """Return the names that a function takes, each with whether it must be given.

    >>> parameters(lambda view, jobs=None: 0)
    {'view': True, 'jobs': False}
    """
    code = getattr(function, "__code__", None)
    if code is None or hasattr(function, "__wrapped__") or hasattr(function, "__self__") or code.co_flags & _VARIABLE:
        return _by_the_book(function)
    names = code.co_varnames[: code.co_argcount]
    optional = names[len(names) - len(function.__defaults__ or ()) :]
    alone = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    spared = function.__kwdefaults__ or {}
    return {**{name: name not in optional for name in names}, **{name: name not in spared for name in alone}}


def _by_the_book(function: Callable[..., Any]) -> dict[str, bool]:
    """The same for what is wrapped, bound or no plain function: the tools for it cost more than a command."""
    import inspect

    found = inspect.signature(function).parameters.values()
    return {one.name: one.default is one.empty for one in found if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)}
