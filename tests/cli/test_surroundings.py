"""What surrounds a command: pipes, full disks, closed streams, odd locales, no home. A process of its own each time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

#: As its console script does.
PROGRAM = (sys.executable, "-c", "from arena_core.cli.start import start; start()")


@pytest.fixture
def run(home, write_kubeconfig):
    """Run `arena` through a shell, so that streams can be closed and piped as people do it."""

    def shell(text, **more):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "PYTHON"))}
        env |= {"A": " ".join(f"'{p}'" for p in PROGRAM), **more}
        env = {k: v for k, v in env.items() if v is not None}
        script = text.replace("arena ", f"{PROGRAM[0]} -c '{PROGRAM[2]}' ")
        return subprocess.run(["bash", "-c", script], capture_output=True, env=env, cwd=home, timeout=60, check=False)

    return shell


def job(name="x"):
    metadata = {"name": name, "namespace": "default", "uid": name, "creationTimestamp": "2026-01-01T00:00:00Z"}
    return {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "metadata": metadata, "spec": {}}


@pytest.mark.parametrize("command", ["arena --help", "arena list", "arena get x -o json", "arena exit-codes"])
def test_a_full_disk_is_not_a_bug(run, api, command):
    api.put("/apis/kubeflow.org/v1/namespaces/default/pytorchjobs", job())
    api.put("/api/v1/namespaces/default/pods")
    api.put("/api/v1/namespaces/default/events")
    done = run(f"{command} > /dev/full")
    assert done.returncode == 1
    assert done.stderr.decode() == "error: the output cannot be written: No space left on device\n"


def test_streams_that_are_closed_or_full_change_no_exit_code(run, api):
    api.put("/apis/kubeflow.org/v1/namespaces/default/pytorchjobs")
    for streams in (">&-", "2>&-", "<&-", ">&- 2>&- <&-", "2>/dev/full"):
        assert run(f"arena list {streams}").returncode == 0, streams
        assert run(f"arena get nope {streams}").returncode == 3, streams
    assert b"Traceback" not in run("arena list >&-").stderr


@pytest.mark.parametrize("command", ["arena --help", "arena list", "arena get x -o yaml", "arena schema pytorchjob"])
def test_a_reader_that_goes_away_is_no_error(run, api, command):
    api.put("/apis/kubeflow.org/v1/namespaces/default/pytorchjobs", *[job(f"x{n}" if n else "x") for n in range(200)])
    api.put("/api/v1/namespaces/default/pods")
    api.put("/api/v1/namespaces/default/events")
    done = run(f"{command} | head -c 1; echo ${{PIPESTATUS[0]}}")
    assert done.stderr == b""
    assert done.stdout[1:].strip() == b"0"


@pytest.mark.parametrize("locale", [{"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, {"LC_ALL": "C.UTF-8"}])
def test_text_survives_every_locale(run, locale):
    words = "--name x --image i --env 'X=grüß ☃' --dry-run client -o json 'echo ☃'"
    done = run(f"arena submit pytorchjob {words}", **locale)
    assert done.returncode == 0, done.stderr
    container = json.loads(done.stdout)["spec"]["pytorchReplicaSpecs"]["Master"]["template"]["spec"]["containers"][0]
    assert container["command"] == ["sh", "-c", "echo ☃"]
    assert {"name": "X", "value": "grüß ☃"} in container["env"]
    assert "…".encode() in run("arena submit", **locale).stderr
    done = run("arena submit pytorchjob --name x --image i --env X=$'\\xff' --dry-run client hi", **locale)
    assert done.returncode == 2
    assert b"is not text in UTF-8" in done.stderr


def test_without_a_home_the_machine_is_asked_for_it(run):
    assert run("arena submit pytorchjob --name x --image i --dry-run client -o name hi", HOME=None, ARENA_HOME=None).returncode == 0


@pytest.mark.parametrize("home_of_arena", ["/proc/nowhere", "/dev/null/x"])
def test_a_home_that_cannot_be_written_is_named(run, home_of_arena):
    for command in ("arena demo", "arena local up", "arena local kubeconfig"):
        done = run(command, ARENA_HOME=home_of_arena)
        assert done.returncode == 6, done.stderr
        assert home_of_arena.encode() in done.stderr
        assert b"ARENA_HOME" in done.stderr.splitlines()[-1]
        assert b"bug" not in done.stderr
    # Building objects needs no state, and a job on a real cluster only remembers who we are.
    done = run("arena submit pytorchjob --name x --image i --dry-run client -o name hi", ARENA_HOME=home_of_arena)
    assert (done.returncode, done.stdout) == (0, b"pytorchjob.kubeflow.org/x\n"), done.stderr


def test_colours_only_on_a_terminal_and_never_with_no_color(run, api):
    api.put("/apis/kubeflow.org/v1/namespaces/default/pytorchjobs")
    terminal = f"script -qec \"{PROGRAM[0]} -c '{PROGRAM[2]}' get nope\" /dev/null < /dev/null"
    if not Path("/usr/bin/script").exists():
        return
    assert b"\x1b[" in run(terminal, TERM="xterm").stdout
    assert b"\x1b[" not in run(terminal, TERM="xterm", NO_COLOR="1").stdout
    assert b"\x1b[" not in run("arena get nope", TERM="xterm").stderr


@pytest.mark.parametrize("columns", ["20", "80", "400"])
def test_help_fits_the_terminal(run, columns):
    for command in ("arena --help", "arena submit pytorchjob --help"):
        lines = run(command, COLUMNS=columns).stdout.decode().splitlines()
        assert max(map(len, lines)) <= max(100, min(110, int(columns)))
        assert lines[0]


def test_the_current_directory_travels_as_text_or_is_refused(tmp_path, monkeypatch):
    from types import SimpleNamespace

    from arena_core.contract.errors import UsageError
    from arena_local.extension import CWD_ANNOTATION, arena_mutate_manifests

    def sent():
        pod = {"kind": "Pod", "spec": {"containers": [{"name": "c"}]}}
        return arena_mutate_manifests(SimpleNamespace(manifests=[pod], target=SimpleNamespace(local=True)))[0]["metadata"]["annotations"][
            CWD_ANNOTATION
        ]

    here = tmp_path / "grüß"
    here.mkdir()
    monkeypatch.chdir(here)
    assert sent() == str(here)
    here.rmdir()
    with pytest.raises(UsageError, match="the current directory is gone"):
        sent()
    here = tmp_path / os.fsdecode(b"\xff")
    here.mkdir()
    monkeypatch.chdir(here)
    with pytest.raises(UsageError, match="not text in UTF-8"):
        sent()
