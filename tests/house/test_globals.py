"""No module keeps a state of its own: what a run, a client or a job knows travels with it. A memo of a pure function is excused by name."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator

import pytest

from tests.house.test_house import ROOT, tracked

#: ``module:name`` → why what it keeps is the same whoever asks, and when.
EXCUSED = {
    "arena_core/installed.py:ours": "what is installed stays the same while a process runs",
    "arena_core/wrapping/fields.py:_INSIDE": "a model made of another one",
    "arena_core/testing/kit/base.py:_installed": "what is installed stays the same while tests run",
    "arena_core/testing/kit/flags.py:_SOUND": "parts of schemas, whose soundness depends on nothing else",
    "plugins/local/arena_local/http/protobuf.py:_table": "a file of the package",
    "plugins/local/arena_local/http/protobuf.py:_messages": "what follows from that file",
    "plugins/local/arena_local/server/docs.py:_all": "a file of the package, which can be forgotten",
    "plugins/local/arena_local/server/effects.py:table": "a file of the package",
    "plugins/local/arena_local/server/effects.py:_warned": "what follows from that file",
    "plugins/local/arena_local/server/schema.py:_definitions": "a file of the package",
    "plugins/local/arena_local/server/schema.py:_nodes": "what follows from that file; types refer to themselves",
    "plugins/local/arena_local/server/rules.py:not_enforced": "texts that the evaluator cannot read, each told once",
    "plugins/local/arena_local/store/entry.py:Packed": "what was unpacked last, by its bytes",
    "plugins/local/arena_local/testing.py:_SERVERS": "servers that nobody changes, by the bundles that are installed in them",
    "plugins/local/arena_local/kubelet/isolation.py:_early": "what the kernel of this machine allows; the probe begins before the kubelet is made",
}
_CHANGES = frozenset(
    ["append", "appendleft", "extend", "insert", "remove", "pop", "popleft", "popitem", "clear", "add", "discard", "update", "setdefault"]
)

#: A file without any of these keeps nothing: what is bound at its left edge and looked into further in, and the two other ways.
_SUSPICIOUS = re.compile(r"^\s+global |^@.*cache|^(?:class )?(\w+)(?:(?::[^=\n]*)? = |[(:])(?=[\s\S]*^\s.*\b\1[.\[])", re.MULTILINE)


def _assigned(tree: ast.Module) -> set[str]:
    """Return the names that a module binds to something that it makes, its classes among them."""
    bound: set[str] = set()
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) and node.value else []
        bound |= {target.id for target in targets if isinstance(target, ast.Name)} | (
            {node.name} if isinstance(node, ast.ClassDef) else set()
        )
    return bound


def _functions(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield functions and methods; what is defined inside of one is a part of it."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
        elif isinstance(node, ast.ClassDef | ast.If | ast.Try | ast.With):
            yield from _functions(node.body)


def _changed(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Return the names of what a function changes in place and does not bind: elements, attributes, and by methods of collections."""
    own, changed = set(), set()
    for node in ast.walk(function):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own.add(node.id)
        elif isinstance(node, ast.arg):
            own.add(node.arg)
        elif isinstance(node, ast.Assign | ast.Delete):
            targets = node.targets
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            targets = [node.target]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES:
            targets = [node.func]
        for target in targets:
            inner = target
            while isinstance(inner, ast.Subscript | ast.Attribute):
                inner = inner.value
            if inner is not target and isinstance(inner, ast.Name):
                changed.add(inner.id)
    return changed - own


def kept(source: str) -> list[str]:
    """Return the names of what a module keeps: names that functions bind anew or change, and values of functions without arguments."""
    if not _SUSPICIOUS.search(source):
        return []
    tree = ast.parse(source)
    found = set(re.findall(r"^\s+global (\w+)", source, re.MULTILINE))
    if bound := {name for name in _assigned(tree) if re.search(rf"^\s.*\b{name}[.\[]", source, re.MULTILINE)}:
        found |= bound & set[str]().union(*map(_changed, _functions(tree.body)))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not any(ast.iter_child_nodes(node.args)):
            words = {part.id if isinstance(part, ast.Name) else part.attr for one in node.decorator_list for part in _names(one)}
            found |= {node.name} if words & {"cache", "lru_cache"} else set()
    return sorted(found)


def _names(decorator: ast.expr) -> Iterator[ast.Name | ast.Attribute]:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    if isinstance(called, ast.Name | ast.Attribute):
        yield called


@functools.cache
def _all() -> list[str]:
    files = [f for f in tracked("*.py") if str(f.relative_to(ROOT)).startswith(("arena_core/", "plugins/")) and "tests" not in f.parts]
    return [f"{f.relative_to(ROOT)}:{name}" for f in files for name in kept(f.read_text())]


def test_no_module_keeps_a_state() -> None:
    found = [name for name in _all() if name not in EXCUSED]
    assert not found, "what is known belongs to the run, the client or the call that knows it:\n" + "\n".join(found)


def test_every_excuse_is_needed() -> None:
    assert set(EXCUSED) <= set(_all())


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("_LAST: list[int] = []\ndef f(x):\n    _LAST[:] = [x]", ["_LAST"]),
        ("SEEN = set()\ndef f(x):\n    SEEN.add(x)", ["SEEN"]),
        ("STATE = {'shown': False}\ndef f():\n    STATE['shown'] = True", ["STATE"]),
        ("NOW = State()\ndef f():\n    NOW.shown = True", ["NOW"]),
        ("_X = None\ndef f():\n    global _X\n    _X = 1", ["_X"]),
        ("@cache\ndef all_of_it():\n    return read()", ["all_of_it"]),
        ("@functools.lru_cache(maxsize=1)\ndef all_of_it():\n    return read()", ["all_of_it"]),
        ("class State:\n    seen = []\n    def f(self, x):\n        State.seen.append(x)", ["State"]),
        ("COUNTS = {}\nasync def f(x):\n    COUNTS[x] += 1", ["COUNTS"]),
        ("WORDS = {'a': 1}\ndef f(x):\n    return WORDS[x]", []),
        ("@cache\ndef parse(text):\n    return text", []),
        ("x = []\ndef f():\n    x = {}\n    x['a'] = 1", []),
        ("rows = []\nrows.append(1)", []),
    ],
)
def test_planted(source: str, names: list[str]) -> None:
    assert kept(source) == names
