"""The site that MkDocs builds from the pages (warnings are errors), and README_cn.md, which says what README.md says (issue 14)."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from arena_core.cli import catalog
from arena_core.cli.discover import type_names

ROOT = Path(__file__).parents[2]
HERE = importlib.util.find_spec("material") is not None
assert HERE or not os.environ.get("ARENA_TEST_NEEDS_MKDOCS"), "mkdocs-material is not installed: `dev.py setup` installs the extra `docs`"
needs_mkdocs = pytest.mark.skipif(not HERE, reason="mkdocs-material is not installed (the extra `docs`)")


def hooks():
    spec = importlib.util.spec_from_file_location("site_hooks", ROOT / "docs/site/hooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def build(config: Path, into: Path) -> subprocess.CompletedProcess[str]:
    # Without -q: MkDocs does not count, and so forgives, the warnings that it does not print.
    command = [sys.executable, "-m", "mkdocs", "build", "-f", str(config), "-d", str(into)]
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, cwd=ROOT, timeout=110)


@needs_mkdocs
def test_the_site_is_built_without_a_warning_and_has_a_page_for_everything(tmp_path):
    done = build(ROOT / "mkdocs.yml", tmp_path / "site")
    assert done.returncode == 0, done.stderr
    made = {path.relative_to(tmp_path / "site").as_posix() for path in (tmp_path / "site").rglob("*.html")}
    wanted = {f"{path.stem}.html" for path in (ROOT / "docs").glob("*.md")}
    wanted |= {f"reference/submit-{name}.html" for name in type_names()}
    wanted |= {f"commands/{name}.html" for name in catalog.names()}
    wanted |= {f"tutorials/{path.parent.name}.html" for path in (ROOT / "examples").glob("*/README.md")}
    assert not wanted - made and {"index.html", "zh.html", "changelog.html", "benchmarks.html"} <= made
    page = (tmp_path / "site/index.html").read_text(encoding="utf-8")
    assert 'href="steer.html"' in page and 'href="docs/' not in page
    assert "src=" not in (outside := " ".join(re.findall(r'<(?:script|img)[^>]*src="https?:[^>]*', page))), outside


@needs_mkdocs
def test_a_link_that_leads_nowhere_fails_the_build(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text("# One\n\n[a](nosuch.md) [b](index.md#noplace)\n")
    own = f"INHERIT: {ROOT}/mkdocs.yml\ndocs_dir: docs\nhooks: []\nnav: [index.md]\n"
    (tmp_path / "mkdocs.yml").write_text(own)
    done = build(tmp_path / "mkdocs.yml", tmp_path / "site")
    assert done.returncode == 1, done.stderr
    assert "'nosuch.md', but the target is not found" in done.stderr and "'index.md#noplace', but there is no such anchor" in done.stderr


@needs_mkdocs
@pytest.mark.parametrize(
    ("place", "text", "shown"),
    [
        ("index.md", "[x](docs/steer.md#a)", "[x](steer.md#a)"),
        ("index.md", "![x](docs/pictures/seeing.svg)", "![x](pictures/seeing.svg)"),
        ("steer.md", "[x](../README.md) [y](logs.md)", "[x](index.md) [y](logs.md)"),
        ("commands/stacks.md", "[x](hooks.md)", "[x](../reference/hooks.md)"),
        ("steer.md", "[x](../dev.py)", "x"),
        ("steer.md", "[x](nosuch.md) [y](https://a.b/c.md) [z](#here)", "[x](nosuch.md) [y](https://a.b/c.md) [z](#here)"),
    ],
)
def test_links_lead_to_where_a_page_is_in_the_site(place, text, shown):
    assert hooks().linked(text, place) == shown


def blocks(path: str) -> list[str]:
    """Return what stands in code blocks, and in pictures' places."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return [*re.findall(r"^```.*?^```", text, re.DOTALL | re.MULTILINE), *re.findall(r"^ {4}\S.*$", text, re.MULTILINE)]


def test_the_chinese_readme_has_the_commands_of_the_english_one():
    assert blocks("README_cn.md") == blocks("README.md")


def test_the_chinese_readme_has_its_sections_and_pictures_and_names_the_same_commands():
    english, chinese = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README_cn.md"))
    for pattern in (r"^#+ ", r"^!\["):
        assert len(re.findall(pattern, english, re.MULTILINE)) == len(re.findall(pattern, chinese, re.MULTILINE)), pattern
    named = set(re.findall(r"`arena [a-z-]+", english.partition("\n## More")[0]))
    assert named <= set(re.findall(r"`arena [a-z-]+", chinese)), "README_cn.md: bring it into step with README.md"
    for link in re.findall(r"\]\((?!http)([^)#]+)", chinese):
        assert (ROOT / link).exists(), link
