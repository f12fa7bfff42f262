"""README.md, and the documents about the local cluster itself, on a machine where nothing is yet."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.pages import DOCS, PLUGINS, ROOT, each, run_all


def test_readme_from_top_to_bottom(home: dict[str, str], tmp_path: Path) -> None:
    printed = run_all(ROOT / "README.md", home, tmp_path)
    assert "--name" in printed and "--env" in printed and "--workers" in printed, "all mistakes are named at once"
    assert printed.count("weight checksum") >= 2
    assert "digits  SUCCEEDED" in re.sub(r" +", "  ", printed)
    why = printed.split("$ arena why big")[1].split("$ ")[0]
    assert "nvidia.com/gpu" in why, why


def test_the_python_snippet_of_the_readme(home: dict[str, str], tmp_path: Path) -> None:
    code = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    assert code
    file = tmp_path / "snippet.py"
    file.write_text(code[1], encoding="utf-8")
    done = subprocess.run([sys.executable, str(file)], env=home, capture_output=True, text=True, timeout=90, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["master-0 hello from hello-master-0", "hello SUCCEEDED"]
    assert done.stderr == ""


@pytest.mark.parametrize(**each(DOCS | PLUGINS, alone=True))
def test_commands_of_the_docs(document: Path, home: dict[str, str], tmp_path: Path) -> None:
    run_all(document, home, tmp_path)


def test_links_of_the_documents_lead_somewhere() -> None:
    for document in [ROOT / "README.md", *DOCS.values(), *PLUGINS.values(), *sorted((ROOT / "examples").glob("*/README.md"))]:
        for link in re.findall(r"\]\((?!http)([^)#]+)", document.read_text(encoding="utf-8")):
            assert (document.parent / link).exists(), f"{document.name}: {link}"
