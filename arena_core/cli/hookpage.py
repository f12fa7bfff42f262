"""The page ``docs/reference/hooks.md``: every hook of the contract and every type that crosses the border, from their docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from arena_core.contract import hookspecs, types
from arena_core.contract.version import CONSTANT, CONTRACT_VERSION

_INTRO = f"""A plugin implements the hooks that it needs as functions of its module, marked with `hookimpl`. A hook names those of the
arguments that it wants, without default values, and gets these. The examples run as tests.

Contract version: `{CONSTANT} = {CONTRACT_VERSION}`.
"""
#: Further arguments of a hook, by its parameters of these names.
_TITLES = {"JobTypeSpec": "Hooks of a job type", "ExtensionSpec": "Hooks of an extension"}


def hooks_page(head: str) -> str:
    """Return the whole page."""
    parts = ["# Hooks\n", head, _INTRO]
    for name, title in _TITLES.items():
        spec = getattr(hookspecs, name)
        about = _prose(inspect.getdoc(spec) or "")
        parts.append(f"## {title}\n" + (f"\n{about}\n" if about.count(".") > 1 else ""))
        parts += [_hook(name, hook) for name, hook in vars(spec).items() if name.startswith("arena_")]
    parts.append("## What hooks take and return\n\nAll are frozen; none has a class of the `kubernetes` package in it.\n")
    parts += [_type(name, cls) for name, cls in _types()]
    return "\n".join(parts)


def _hook(name: str, hook: Any) -> str:
    signature = inspect.signature(hook)
    arguments = ", ".join(p for p in signature.parameters if p != "self")
    text = inspect.getdoc(hook) or ""
    found = f"### {name}({arguments})\n\n→ `{signature.return_annotation}`\n\n{_prose(text)}\n"
    if example := _example(text):
        found += f"\n```pycon\n{example}\n```\n"
    return found


def _types() -> Iterator[tuple[str, type[Any]]]:
    for name, cls in vars(types).items():
        if inspect.isclass(cls) and cls.__module__.startswith("arena_core.contract.") and not name.startswith("_"):
            yield name, cls


def _type(name: str, cls: type[Any]) -> str:
    fields = [f"{field}: {_text(hint)}" for field, hint in inspect.get_annotations(cls).items()]
    members = list(getattr(cls, "__members__", ()))
    methods = [f"{n}{_arguments(f)}" for n, f in vars(cls).items() if inspect.isfunction(f) and not n.startswith("_")]
    body = "\n".join(members or fields or methods)
    return f"### {name}\n\n{_prose(inspect.getdoc(cls) or '')}\n" + (f"\n```text\n{body}\n```\n" if body else "")


def _text(hint: Any) -> str:
    """Return an annotation as it is written; ``typing.NamedTuple`` wraps it, what stands in for that (``arena_core.typed``) does not."""
    return str(getattr(hint, "__forward_arg__", hint))


def _arguments(function: Any) -> str:
    """Return the signature of a method as its caller sees it."""
    signature = inspect.signature(function)
    parameters = [p for name, p in signature.parameters.items() if name != "self"]
    # A function is shown by an address, which is another one each time.
    shown = {p.name: "..." if inspect.isfunction(p.default) else repr(p.default) for p in parameters if p.default is not p.empty}
    texts = [f"{p.name}: {p.annotation}" + (f" = {shown[p.name]}" if p.name in shown else "") for p in parameters]
    return f"({', '.join(texts)}) -> {signature.return_annotation}"


def _prose(text: str) -> str:
    """Return a docstring without its example, its double backticks single."""
    return re.sub(r"``([^`]+)``", r"`\1`", text.partition("\n>>> ")[0].strip())


def _example(text: str) -> str:
    _, sign, rest = text.partition(">>> ")
    return (sign + rest).strip()
