"""The names that authors and applications import, with their signatures: a change of one is seen in ``public.txt`` and meant.

``ARENA_WRITE_SNAPSHOT=1 pytest tests/library/test_public.py`` writes the file anew.
"""

from __future__ import annotations

import enum
import importlib
import inspect
import os
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

FILE = Path(__file__).with_name("public.txt")
PUBLIC = (
    "arena_core.client",
    "arena_core.client.connected",
    "arena_core.client.handles",
    "arena_core.client.looks",
    "arena_core.usecases.views",
    "arena_core.contract",
    "arena_core.args",
    "arena_core.podspec",
    "arena_core.podstatus",
    "arena_core.families",
    "arena_core.wrapping",
    "arena_core.k8s",
    "arena_core.wrapping",
    "arena_core.testing",
    "arena_local.sdk",
    "arena_local.training",
)
#: What is imported from the package itself: its modules are its own affair.
WHOLE = ("arena_core.client", "arena_core.args", "arena_core.podspec", "arena_core.wrapping")


def modules() -> Iterator[ModuleType]:
    for name in PUBLIC:
        package = importlib.import_module(name)
        yield package
        if name in WHOLE or not hasattr(package, "__path__"):
            continue
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            yield importlib.import_module(found.name)


def signature(function: Any) -> str:
    text = re.sub(r"<(function|object|bound method)?.*? at 0x[0-9a-f]+>", "...", str(inspect.signature(function)))
    return re.sub(r"(?<=: |> )'([^']+)'", r"\1", text)


def described(name: str, value: Any) -> Iterator[str]:
    if inspect.isclass(value):
        if issubclass(value, enum.Enum):
            yield f"class {name}: {', '.join(value.__members__)}"
            return
        fields = getattr(value, "model_fields", None)
        try:
            yield f"class {name}" + (f" {{{', '.join(sorted(fields))}}}" if fields is not None else signature(value))
        except (TypeError, ValueError):
            yield f"class {name}"
        for attribute, member in sorted(vars(value).items()):
            member = getattr(member, "__func__", member)
            if attribute.startswith("_"):
                continue
            if inspect.isfunction(member):
                yield f"    {attribute}{signature(member)}"
            elif isinstance(member, property) or type(member).__name__ == "cached_property":
                yield f"    {attribute}"
    elif callable(value) and not isinstance(value, type):
        try:
            yield f"{name}{signature(value)}"
        except (TypeError, ValueError):
            yield name
    else:
        yield name


def own(module: ModuleType) -> list[str]:
    """The public names of a module: what it says in ``__all__``, or what it defines itself."""
    if "__all__" in vars(module):
        return sorted(module.__all__)
    return sorted(
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and not inspect.ismodule(value) and getattr(value, "__module__", None) == module.__name__
    )


def snapshot() -> str:
    lines: list[str] = []
    for module in modules():
        names = own(module)
        if names:
            lines.append(f"# {module.__name__}")
            for name in names:
                lines += described(name, getattr(module, name))
    return "\n".join(lines) + "\n"


def test_the_public_names_are_those_of_the_snapshot() -> None:
    now = snapshot()
    if os.environ.get("ARENA_WRITE_SNAPSHOT"):
        FILE.write_text(now, encoding="utf-8")
    before = FILE.read_text(encoding="utf-8").splitlines()
    after = now.splitlines()
    gone, new = [line for line in before if line not in after], [line for line in after if line not in before]
    assert before == after, "\n".join(
        ["the public names have changed: if that is meant, say so in CHANGELOG.md and write tests/library/public.txt anew"]
        + [f"- {line}" for line in gone]
        + [f"+ {line}" for line in new]
    )
