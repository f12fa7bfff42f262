"""The commands that README.md and the documents show, and how they are run: as they are written, from top to bottom, in one shell session."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = re.compile(r"\s+#\s*exits with (\d+)\s*$")
#: Those of examples/ run in tests/e2e/test_examples.py, with what each of them promises.
DOCS = {path.stem: path for path in sorted((ROOT / "docs").glob("*.md"))}
PLUGINS = {f"plugins-{path.parent.name}": path for path in sorted((ROOT / "plugins").glob("*/README.md"))}


def commands(text: str) -> list[tuple[str, int]]:
    """Return (command, expected exit code) of every line that begins with ``$`` in a console block, with the lines that continue it."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", text, re.S):
        for line in block.replace("\\\n", "").splitlines():
            if line.startswith("$ "):
                expected = EXPECTED.search(line)
                found.append((EXPECTED.sub("", line[2:]), int(expected[1]) if expected else 0))
    return found


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


def of_their_own(document: Path) -> bool:
    """Whether a document is about the local cluster itself, or about what a machine without one says."""
    return document.stem == "monitoring" or any("arena local" in command for command, _ in commands(document.read_text(encoding="utf-8")))


def each(documents: dict[str, Path], *, alone: bool) -> dict[str, Any]:
    """Return the parameters of a test over the documents that have commands: those that need a machine of their own, or the others."""
    found = {name: path for name, path in documents.items() if commands(path.read_text(encoding="utf-8")) and of_their_own(path) == alone}
    return {"argnames": "document", "argvalues": list(found.values()), "ids": list(found)}
