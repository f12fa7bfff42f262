"""docs/write-a-job-type.md cannot drift: the plugin in it is built, installed and run, and every hook stands in its tables."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

from arena_core.contract.hookspecs import ExtensionSpec, JobTypeSpec
from arena_local.testing import LocalCluster

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "write-a-job-type.md").read_text(encoding="utf-8")


def test_every_hook_stands_in_the_guide_with_its_arguments() -> None:
    for spec in (JobTypeSpec, ExtensionSpec):
        for name, function in inspect.getmembers(spec, inspect.isfunction):
            if name.startswith("arena_"):
                arguments = ", ".join(p for p in inspect.signature(function).parameters if p != "self")
                row = f"| `{name}` | `{arguments}` |" if arguments else f"| `{name}` | |"
                assert row in GUIDE, row


def test_the_plugin_of_the_guide_runs(tmp_path: Path) -> None:
    source = tmp_path / "arena-hello"
    source.mkdir()
    for fence, name in (("toml", "pyproject.toml"), ("python", "arena_hello.py")):
        block = re.search(rf"```{fence}\n(.*?)```", GUIDE, re.S)
        assert block
        (source / name).write_text(block[1], encoding="utf-8")
    # An environment of its own on top of this one: nothing is installed beside the workspace.
    venv.create(tmp_path / "env", with_pip=False, symlinks=True)
    python = tmp_path / "env" / "bin" / "python"
    site = next((tmp_path / "env").glob("lib/python*/site-packages"))
    above = [p for p in sys.path if p.endswith("site-packages")]
    (site / "above.pth").write_text("".join(f"import site; site.addsitedir({p!r})\n" for p in above), encoding="utf-8")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--target",
        str(site),
        str(source),
    ]
    subprocess.run(pip, check=True, capture_output=True, env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"})

    def arena(*words: str) -> str:
        command = [str(python), "-c", "from arena_core.cli.main import main; main()", *words]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
        return done.stdout

    with LocalCluster.start() as cluster:
        env = cluster.environment()
        assert "hellojob" in arena("submit", "--help")
        assert "--times" in arena("submit", "hellojob", "--help")
        arena("submit", "hellojob", "--name", "hi", "--image", "busybox", "--times", "3", "for i in $(seq $TIMES); do echo hello; done")
        arena("wait", "hi", "--timeout", "30s")
        assert arena("logs", "hi").splitlines() == ["hello"] * 3
        assert "HELLOJOB" in arena("list")
        arena("submit", "aw", "--inner-type", "hellojob", "--name", "in", "--image", "busybox", "echo wrapped")
        arena("wait", "in", "--timeout", "30s")
        assert "wrapped" in arena("logs", "in")
        arena("delete", "hi", "in")
        assert "hellojob" in arena("plugins", "check")
