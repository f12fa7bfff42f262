"""No job type and no queueing system is known by name in the core, outside of what several types share (``families``)."""

from __future__ import annotations

import ast
import re

import pytest

from tests.house.test_house import ROOT, tracked

NAMES = re.compile(r"kueue|volcano|pytorch|tfjob|tensorflow|mpi_?job|ray_?job|appwrapper|jobset|trainjob", re.IGNORECASE)


def named(source: str) -> list[tuple[int, str]]:
    """Return (line, name) of identifiers, imports and texts of a module that name one; docstrings and comments do not count."""
    if not NAMES.search(source):
        return []
    tree = ast.parse(source)
    told = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    found = []
    for node in ast.walk(tree):
        words = {
            ast.Constant: lambda n: [n.value] if isinstance(n.value, str) and id(n) not in told else [],
            ast.Name: lambda n: [n.id],
            ast.Attribute: lambda n: [n.attr],
            ast.arg: lambda n: [n.arg],
            ast.alias: lambda n: [n.name],
            ast.ImportFrom: lambda n: [n.module or ""],
            ast.ClassDef: lambda n: [n.name],
            ast.FunctionDef: lambda n: [n.name],
        }.get(type(node))
        matches = (NAMES.search(word) for word in words(node)) if words else ()
        found += [(getattr(node, "lineno", 0), match[0]) for match in matches if match]
    return found


def modules() -> dict[str, str]:
    names = {str(f.relative_to(ROOT)): f for f in tracked("*.py")}
    return {
        name: f.read_text() for name, f in names.items() if name.startswith("arena_core/") and not name.startswith("arena_core/families/")
    }


def test_the_core_knows_no_job_type_and_no_queue_by_name() -> None:
    found = [f"{name}:{line}: {word}" for name, text in modules().items() for line, word in named(text)]
    assert not found, "what several types share belongs to arena_core/families, the rest to the type:\n" + "\n".join(found)


def test_the_appwrapper_names_no_type_that_it_carries() -> None:
    """Types say themselves how they behave inside. The operator's stand-in imitates one that knows some kinds."""
    folder = ROOT / "plugins/appwrapper/arena_appwrapper"
    files = [f for f in tracked("*.py") if f.is_relative_to(folder) and "operator" not in f.relative_to(folder).parts]
    carried = re.compile(r"volcano|pytorch|tf_?job|tensorflow|mpi_?job|ray_?job|jobset|train_?job", re.IGNORECASE)
    found = [
        f"{f.name}:{number}: {line.strip()}"
        for f in files
        for number, line in enumerate(f.read_text().splitlines(), 1)
        if carried.search(line)
    ]
    assert files and not found, "\n".join(found)


@pytest.mark.parametrize(
    "planted",
    [
        'KIND = "PyTorchJob"',
        "from arena_core.families import kueue",
        "def volcano_queue() -> None: ...",
        'x = f"{name} of Kueue"',
        "if args.tfjob: ...",
    ],
)
def test_a_planted_name_is_found(planted: str) -> None:
    assert named(planted)
    assert not named(f'"""{planted.replace(chr(34), "")}"""\n# {planted}\n')
