"""Rules of the house that no linter knows: one version, small rooms, no machine paths, no index hosts."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECTS = [ROOT / "pyproject.toml", *sorted(ROOT.glob("plugins/*/pyproject.toml"))]


def tracked(pattern: str) -> list[Path]:
    found = subprocess.run(["git", "ls-files", pattern], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    return [ROOT / f for f in found if (ROOT / f).exists()] or sorted(ROOT.glob("**/" + pattern.lstrip("*")))


def product() -> list[Path]:
    return [f for f in tracked("*.py") if "tests" not in f.relative_to(ROOT).parts]


def test_one_version_everywhere() -> None:
    versions = {p.parent.name: tomllib.loads(p.read_text())["project"]["version"] for p in PROJECTS}
    assert len(set(versions.values())) == 1, versions
    version = next(iter(versions.values()))
    assert f'__version__ = "{version}"' in (ROOT / "arena_core" / "__init__.py").read_text()
    for p in PROJECTS:
        project = tomllib.loads(p.read_text())["project"]
        wanted = project["dependencies"] + project.get("optional-dependencies", {}).get("all", [])
        for sibling in (d for d in wanted if d.startswith("arena-")):
            assert sibling.endswith(f"=={version}"), f"{p}: {sibling}"


def test_folder_distribution_and_package_share_a_name() -> None:
    for p in PROJECTS[1:]:
        project = tomllib.loads(p.read_text())["project"]
        assert project["name"] == f"arena-{p.parent.name}"
        assert (p.parent / f"arena_{p.parent.name}" / "__init__.py").exists()


def test_no_module_is_too_long() -> None:
    long = {str(f.relative_to(ROOT)): n for f in product() if (n := len(f.read_text().splitlines())) > 500}
    assert not long, f"over 500 lines, does it hold more than one duty? {long}"


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the functions of a module, those inside others too: they stand where statements stand, so that no expression is looked at."""
    for part in ("body", "orelse", "finalbody", "handlers", "cases"):
        for node in getattr(tree, part, ()):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node
            yield from functions(node)


def test_no_function_is_too_long() -> None:
    long = []
    for f in product():
        source = f.read_text()
        for node in functions(ast.parse(source)) if source.count("\n") > 50 else ():
            doc = ast.get_docstring(node, clean=False)
            lines = (node.end_lineno or 0) - node.lineno + 1 - (len(doc.splitlines()) if doc else 0)
            if lines > 50:
                long.append(f"{f.relative_to(ROOT)}:{node.lineno} {node.name} {lines}")
    assert not long, "functions over 50 lines:\n" + "\n".join(long)


def test_functions_are_found_wherever_they_stand() -> None:
    source = "def a():\n if x:\n  def b(): ...\nclass C:\n try: ...\n except E:\n  async def c(): ...\n else:\n  match x:\n   case 1:\n    def d(): ..."
    assert [f.name for f in functions(ast.parse(source))] == ["a", "b", "d", "c"]


def test_the_median_module_is_small() -> None:
    sizes = sorted(n for f in product() if (n := len(f.read_text().splitlines())) > 5)
    assert sizes[len(sizes) // 2] <= 160, f"median {sizes[len(sizes) // 2]} lines"


def lines_with(pattern: re.Pattern[str], files: Iterable[Path]) -> list[str]:
    """Return the lines in which a pattern is found, each with its place; this file, which holds the patterns, is left out."""
    found = []
    for f in set(files) - {Path(__file__)}:
        text = f.read_text()
        if pattern.search(text):  # thousands of files, of which hardly one has it
            found += [f"{f.relative_to(ROOT)}:{n}: {line.strip()}" for n, line in enumerate(text.splitlines(), 1) if pattern.search(line)]
    return found


def test_the_product_names_no_machine_path_and_no_index() -> None:
    forbidden = re.compile(r"(^|[\s\"'(=])/work/|index-url|extra-index|https?://[^ ]*/simple(/|\b)", re.MULTILINE)
    found = lines_with(forbidden, [*tracked("*.py"), *tracked("*.toml"), *tracked("*.md"), *tracked("*.yaml")])
    assert not found, "\n".join(found)


def test_nothing_is_left_undone() -> None:
    left = re.compile(r"NotImplementedError|\bTODO\b|\bFIXME\b|\bXXX\b|pytest\.mark\.skip\(|xfail\((raises|strict=False)")
    assert not (found := lines_with(left, tracked("*.py"))), "\n".join(found)


def test_a_forbidden_line_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / "a.py").write_text("one\n  # TODO: two\n")
    assert lines_with(re.compile(r"\bTODO\b"), [tmp_path / "a.py"]) == ["a.py:2: # TODO: two"]


def test_every_module_that_an_entry_point_names_says_its_contract() -> None:
    found = 0
    for p in PROJECTS[1:]:
        for group, names in tomllib.loads(p.read_text())["project"].get("entry-points", {}).items():
            for value in names.values() if group.startswith("arena.") else ():
                place = p.parent / value.partition(":")[0].replace(".", "/")
                module = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
                assert re.search(r"^ARENA_CONTRACT = 2$", module.read_text(), re.MULTILINE), f"{module} does not say its contract"
                found += 1
    assert found > 15
