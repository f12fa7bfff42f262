"""Rules of the house that no linter knows: one version, small rooms, no machine paths, no index hosts."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

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


def test_no_function_is_too_long() -> None:
    long = []
    for f in product():
        source = f.read_text()
        for node in ast.walk(ast.parse(source)) if source.count("\n") > 50 else ():
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                doc = ast.get_docstring(node, clean=False)
                lines = (node.end_lineno or 0) - node.lineno + 1 - (len(doc.splitlines()) if doc else 0)
                if lines > 50:
                    long.append(f"{f.relative_to(ROOT)}:{node.lineno} {node.name} {lines}")
    assert not long, "functions over 50 lines:\n" + "\n".join(long)


def test_the_median_module_is_small() -> None:
    sizes = sorted(n for f in product() if (n := len(f.read_text().splitlines())) > 5)
    assert sizes[len(sizes) // 2] <= 160, f"median {sizes[len(sizes) // 2]} lines"


def test_the_product_names_no_machine_path_and_no_index() -> None:
    forbidden = re.compile(r"(^|[\s\"'(=])/work/|index-url|extra-index|https?://[^ ]*/simple(/|\b)")
    here = Path(__file__)
    for f in [*tracked("*.py"), *tracked("*.toml"), *tracked("*.md"), *tracked("*.yaml")]:
        if f != here:
            for n, line in enumerate(f.read_text().splitlines(), 1):
                assert not forbidden.search(line), f"{f.relative_to(ROOT)}:{n}: {line.strip()}"


def test_nothing_is_left_undone() -> None:
    left = re.compile(r"NotImplementedError|\bTODO\b|\bFIXME\b|\bXXX\b|pytest\.mark\.skip\(|xfail\((raises|strict=False)")
    here = Path(__file__)
    for f in tracked("*.py"):
        if f != here:
            for n, line in enumerate(f.read_text().splitlines(), 1):
                assert not left.search(line), f"{f.relative_to(ROOT)}:{n}: {line.strip()}"


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
