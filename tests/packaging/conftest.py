"""Wheels of every distribution, ours and the third parties', built once per run, and environments to install them into.

An environment sees the dependencies of this one through links, but no distribution of ours: nothing is fetched from an index.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import installing

ROOT = Path(__file__).resolve().parents[2]
OURS = {"arena-core": ROOT, **{f"arena-{p.name}": p for p in sorted((ROOT / "plugins").iterdir()) if (p / "pyproject.toml").exists()}}
THIRD = {p.name: p for p in sorted((ROOT / "tests/packaging/thirdparty").iterdir()) if (p / "pyproject.toml").exists()}
_BUILD = """
import json, sys
from pathlib import Path
from hatchling.builders.wheel import WheelBuilder
out = {}
for name, folder in json.loads(sys.argv[1]).items():
    out[name] = list(WheelBuilder(folder).build(directory=sys.argv[2], versions=["standard"]))[0]
Path(sys.argv[2], "built.json").write_text(json.dumps(out))
"""


@dataclass
class Environment:
    """A virtual environment with nothing of ours but what was installed into it."""

    folder: Path
    wheels: dict[str, str]

    @property
    def python(self) -> Path:
        return self.folder / "bin/python"

    def pip(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "pip", "--python", str(self.python), "--disable-pip-version-check", "-q", *arguments]
        subprocess.run(command, check=True, capture_output=True, timeout=120)

    def install(self, *names: str) -> None:
        wheels = [self.wheels[name] for name in names]
        done = installing.install(self.python, "--no-index", "--no-deps", *wheels, cache=self.folder.parent / "uv")
        assert done.returncode == 0, done.stderr

    def run(self, *command: str, code: int | None = 0, **env: str) -> subprocess.CompletedProcess[str]:
        first = self.folder / "bin" / command[0]
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("ARENA_", "PYTHON", "COV_", "KUBECONFIG"))}
        clean |= {"HOME": str(self.folder), "ARENA_HOME": str(self.folder / "arena-home"), "NO_COLOR": "1", **env}
        done = subprocess.run(
            [str(first), *command[1:]], env=clean, cwd=self.folder, capture_output=True, text=True, timeout=110, stdin=subprocess.DEVNULL
        )
        assert code is None or done.returncode == code, f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def names(self) -> list[str]:
        script = "import json; from arena_core.registry import Registry; print(json.dumps(Registry().names()))"
        return list(json.loads(self.run("python", "-c", script).stdout))


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all workers of this run share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "packaging"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def wheels(shared: Path) -> dict[str, str]:
    """Return name → wheel of all distributions."""
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        built = shared / "built.json"
        if not built.exists():
            folders = json.dumps({name: str(folder) for name, folder in {**OURS, **THIRD}.items()})
            subprocess.run([sys.executable, "-c", _BUILD, folders, str(shared)], check=True, timeout=110)
        return dict(json.loads(built.read_text()))


@pytest.fixture(scope="session")
def dependencies(shared: Path) -> Path:
    """Return a folder with links to what is installed here, but for our own distributions."""
    links = shared / "dependencies"
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not links.exists():
            links.mkdir()
            for item in Path(sysconfig.get_paths()["purelib"]).iterdir():
                if not item.name.startswith(("arena_", "_arena_", "arena-", "__editable__")) and item.suffix != ".pth":
                    (links / item.name).symlink_to(item)
    return links


@pytest.fixture
def environment(tmp_path: Path, wheels: dict[str, str], dependencies: Path) -> Environment:
    """Return a fresh environment."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "env")], check=True, timeout=60)
    made = Environment(tmp_path / "env", wheels)
    place = made.run("python", "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])").stdout.strip()
    Path(place, "dependencies.pth").write_text(f"{dependencies}\n")
    return made
