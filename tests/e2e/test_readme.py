"""The commands of README.md and of the docs run as they are written, from top to bottom, on a fresh home."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from arena_local.daemon import control
from arena_local.daemon.state import State
from arena_local.testing import LocalCluster

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = re.compile(r"\s+#\s*exits with (\d+)\s*$")


def commands(text: str) -> list[tuple[str, int]]:
    """Return (command, expected exit code) of every line that begins with ``$`` in a console block, with the lines that continue it."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", text, re.S):
        for line in block.replace("\\\n", "").splitlines():
            if line.startswith("$ "):
                expected = EXPECTED.search(line)
                found.append((EXPECTED.sub("", line[2:]), int(expected[1]) if expected else 0))
    return found


@pytest.fixture
def home(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment with nothing in it but arena on the PATH; the local cluster ends with the test."""
    env = {k: v for k, v in os.environ.items() if k not in ("KUBECONFIG", "ARENA_CONFIG") and not k.startswith("PYTEST")}
    env |= {"HOME": str(tmp_path), "ARENA_HOME": str(tmp_path / "arena"), "PATH": f"{Path(sys.executable).parent}:{env['PATH']}"}
    yield env
    control.reset(State(tmp_path / "arena" / "local"))


def run_all(document: Path, env: dict[str, str], folder: Path) -> str:
    """Run the commands of a document in one shell session; returns all that was printed."""
    shutil.copytree(ROOT / "examples", folder / "examples", dirs_exist_ok=True)
    printed = ""
    cwd = str(folder)
    for command, expected in commands(document.read_text(encoding="utf-8")):
        script = f"set -o pipefail; cd {cwd!r}; {command}\ncode=$?; pwd > {str(folder / 'cwd')!r}; exit $code"
        done = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == expected, f"{command}\nexit {done.returncode}\n{done.stdout}\n{done.stderr}"
        cwd = (folder / "cwd").read_text().strip()
        printed += f"$ {command}\n{done.stdout}{done.stderr}"
    return printed


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


#: Those of examples/ run in tests/e2e/test_examples.py, with what each of them promises.
DOCUMENTS = {path.stem: path for path in sorted((ROOT / "docs").glob("*.md"))}
DOCUMENTS |= {f"plugins-{path.parent.name}": path for path in sorted((ROOT / "plugins").glob("*/README.md"))}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_commands_of_the_docs(document: Path, home: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = commands(document.read_text(encoding="utf-8"))
    if not found:
        return
    with contextlib.ExitStack() as stack:
        text = " ".join(command for command, _ in found)
        if "arena submit" in text and "arena local" not in text:
            # The page is not about the cluster, and would start it: one is there, as for whoever has used arena before.
            for name in ("HOME", "ARENA_HOME", "PATH"):
                monkeypatch.setenv(name, home[name])
            stack.enter_context(LocalCluster.start(folder=tmp_path / "arena" / "local"))
        run_all(document, home, tmp_path)


def test_links_of_the_documents_lead_somewhere() -> None:
    for document in [ROOT / "README.md", *DOCUMENTS.values(), *sorted((ROOT / "examples").glob("*/README.md"))]:
        for link in re.findall(r"\]\((?!http)([^)#]+)", document.read_text(encoding="utf-8")):
            assert (document.parent / link).exists(), f"{document.name}: {link}"
