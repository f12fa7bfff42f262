"""docs/write-a-job-type.md cannot drift: its files are the example's, and what it makes is installed, passes the kit and runs.

So does what ``arena plugins new`` makes of another name, in the same environment and on the same cluster.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from arena_local.context import Options
from arena_local.testing import LocalCluster
from tests import installing

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "write-a-job-type.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "examples" / "plugins" / "arena-hello"
FILES = dict(re.findall(r"^`([\w/.]+)`:\n\n```\w+\n(.*?)```$", GUIDE, re.S | re.M))
BUILD = ("--no-deps", "--no-build-isolation", "--no-index")
GPU = "nvidia.com/gpu"
Run = Callable[..., str]


def test_the_files_of_the_guide_are_those_of_the_example() -> None:
    assert {"pyproject.toml", "arena_hello/plugin.py", "arena_hello/args.py", "arena_hello/manifests.py"} < set(FILES)
    for name, text in FILES.items():
        assert text == (EXAMPLE / name).read_text(encoding="utf-8"), name


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the guide's distribution, one that was made by its command, and an environment with both on top of this one."""
    place = tmp_path_factory.mktemp("authors")
    for name, text in FILES.items():
        file = place / "arena-hello" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (place / "arena-hello/README.md").touch()  # of two files the guide says nothing
    (place / "arena-hello/arena_hello/__init__.py").touch()
    new = "from arena_core.cli.main import main; import sys; sys.exit(main())"
    env = {**os.environ, "ARENA_HOME": str(place), "HOME": str(place)}
    subprocess.run([sys.executable, "-c", new, "plugins", "new", "my-job", "--dir", str(place)], check=True, capture_output=True, env=env)
    venv.create(place / "env", with_pip=False, symlinks=True)
    site = next((place / "env").glob("lib/python*/site-packages"))
    above = [p for p in sys.path if p.endswith("site-packages")]
    (site / "above.pth").write_text("".join(f"import site; site.addsitedir({p!r})\n" for p in above), encoding="utf-8")
    made = [str(place / name) for name in ("arena-hello", "arena-my-job")]
    done = installing.install(Path(sys.executable), *BUILD, "--target", str(site), *made, cache=place / "uv")
    assert done.returncode == 0, done.stderr
    return place


def test_they_pass_the_kit(place: Path) -> None:
    options = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--import-mode=importlib")
    command = [str(place / "env/bin/python"), "-m", "pytest", *options, "arena-hello/tests", "arena-my-job/tests"]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count(".") >= 60, done.stdout


@pytest.fixture(scope="module")
def arena(place: Path) -> Iterator[Run]:
    """Return what runs a command of the environment on a cluster of its own that has a queue."""
    with LocalCluster.start(Options(resources={GPU: "8"}, quota={GPU: "2"})) as cluster:
        env = cluster.environment()

        def run(*words: str) -> str:
            command = [str(place / "env/bin/python"), "-c", "from arena_core.cli.main import main; import sys; sys.exit(main())", *words]
            done = subprocess.run(command, env=env, cwd=place, capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
            return done.stdout

        yield run


@pytest.mark.parametrize("kind", ["hello", "my-job"])
def test_it_runs_as_it_is(arena: Run, kind: str) -> None:
    assert kind in arena("submit", "--help")
    assert "--epochs" in arena("submit", kind, "--help")
    program = "echo pod $JOB_COMPLETION_INDEX, $EPOCHS epochs"
    arena("submit", kind, "--name", f"one-{kind}", "--image", "busybox", "--workers", "2", "--epochs", "3", program)
    arena("wait", f"one-{kind}", "--timeout", "60s")
    lines = arena("logs", f"one-{kind}", "--all-instances").splitlines()
    assert sorted(lines) == [f"worker-{index} pod {index}, 3 epochs" for index in (0, 1)]
    assert kind.upper() in arena("list")
    assert kind in arena("plugins", "check")


def test_it_runs_inside_an_appwrapper(arena: Run) -> None:
    arena("submit", "aw", "--inner-type", "hello", "--name", "in", "--image", "busybox", "--epochs", "2", "echo wrapped $EPOCHS")
    arena("wait", "in", "--timeout", "60s")
    assert arena("logs", "in") == "wrapped 2\n"


def test_it_explains_itself_in_a_queue(arena: Run) -> None:
    asked = ("--image", "busybox", "--kueue-queue", "default-queue", "--gpus")
    arena("submit", "hello", "--name", "big", *asked, "4", "true")
    assert "it never fits queue default-queue: it asks for 4" in arena("why", "big")
    arena("submit", "my-job", "--name", "fits", *asked, "1", "true")
    arena("wait", "fits", "--timeout", "60s")
    assert "QUEUING" in arena("get", "big")
