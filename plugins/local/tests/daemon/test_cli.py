"""``arena local`` and what the extension does to a submission."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from arena_core.cli.main import main
from arena_local import extension
from arena_local.context import Options
from arena_local.daemon import control
from arena_local.daemon.state import State
from arena_local.delays import DELAYS, components
from arena_local.kubelet import boards
from arena_local.kubelet.runtime import marked
from arena_local.testing import FORKER, LocalCluster, make_pod

Arena = Any


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Arena]:
    """Run ``arena local ...`` as a program, with a home of its own; the cluster is ended afterwards."""
    env = {k: v for k, v in os.environ.items() if k != "KUBECONFIG"} | {"ARENA_HOME": str(tmp_path)}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        program = "import sys; from arena_core.cli.main import main; sys.exit(main())"
        return subprocess.run([sys.executable, "-c", program, "local", *words], capture_output=True, text=True, check=False, env=env)

    yield run
    control.stop(State(tmp_path / "local"))


@pytest.fixture
def arena(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Arena]:
    """The same in this process, whose daemons are forked."""
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("ARENA_HOME", str(tmp_path))
    monkeypatch.setattr(control, "spawn", FORKER.spawn)

    def run(*words: str, stdin: str = "") -> SimpleNamespace:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        code = main(["local", *words])
        out, err = capfd.readouterr()
        return SimpleNamespace(returncode=code, stdout=out, stderr=err)

    yield run
    control.stop(State(tmp_path / "local"))


def test_asking_and_stopping_what_does_not_run_is_fine(arena: Arena) -> None:
    for word, code in (("status", 6), ("down", 0)):
        result = arena(word)
        assert (result.returncode, result.stdout) == (code, "local cluster is not running\n")


def test_the_life_of_a_cluster(program: Arena, tmp_path: Path) -> None:
    up = program("up", "--gpus", "4", "--resource", "huawei.com/Ascend910=8", "--delay", "kubelet.backoff=1")
    assert up.returncode == 0, up.stderr
    assert "started" in up.stdout
    assert "nvidia.com/gpu=4" in up.stdout
    assert program("up").stdout.startswith("local cluster is running")
    assert "applied to the running local cluster" in program("up", "--gpus", "2").stdout
    status = program("status").stdout
    assert "nvidia.com/gpu=2" in status
    assert "pods: none" in status
    config = json.loads(program("kubeconfig").stdout)
    assert config["current-context"] == "arena-local"
    assert config["clusters"][0]["cluster"]["server"].startswith("http://127.0.0.1:")
    assert "ready" in program("logs").stdout
    assert program("up", "--names", "rewrite").stderr.startswith("--names takes effect after a restart")
    assert program("up", "--no-operators").stderr.startswith("--operators takes effect after a restart")
    assert program("down").stdout == "local cluster stopped\n"
    assert program("reset", "--yes").returncode == 0
    assert not (tmp_path / "local").exists()


@pytest.mark.parametrize("words", [("--resource", "x"), ("--quota", "cpu=much"), ("--delay", "kubelet.backoff=-1"), ("--names", "magic")])
def test_bad_values_are_named(arena: Arena, words: tuple[str, str]) -> None:
    result = arena("up", *words)
    assert result.returncode == 2
    assert words[0] in result.stderr


def sent(manifests: list[Any], *, local: bool) -> Any:
    return SimpleNamespace(manifests=manifests, target=SimpleNamespace(local=local))


def template(**container: Any) -> dict[str, Any]:
    return {"spec": {"containers": [{"name": "c", **container}]}}


def test_every_pod_template_keeps_directory_and_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/venv/bin:/usr/bin")
    inner = {"kind": "PyTorchJob", "spec": {"pytorchReplicaSpecs": {"Master": {"template": template(workingDir="/root")}}}}
    wrapped = {"kind": "AppWrapper", "spec": {"components": [{"template": inner}]}}
    volcano = {"kind": "Job", "spec": {"tasks": [{"template": template(workingDir=str(tmp_path))}]}}
    changed = extension.arena_mutate_manifests(sent([wrapped, volcano, {"kind": "Service", "spec": {}}], local=True))
    assert changed is not None
    deep = changed[0]["spec"]["components"][0]["template"]["spec"]["pytorchReplicaSpecs"]["Master"]["template"]
    assert deep["metadata"]["annotations"] == {"arena.local/cwd": str(tmp_path), "arena.local/path": "/venv/bin:/usr/bin"}
    assert "workingDir" not in deep["spec"]["containers"][0]
    assert changed[1]["spec"]["tasks"][0]["template"]["spec"]["containers"][0]["workingDir"] == str(tmp_path)
    assert inner["spec"]["pytorchReplicaSpecs"]["Master"]["template"] == template(workingDir="/root"), "the input is left alone"


def test_synchronised_code_keeps_its_working_directory() -> None:
    given = template(workingDir="/root", volumeMounts=[{"name": "code", "mountPath": "/root/code"}])
    changed = extension.arena_mutate_manifests(sent([given], local=True))
    assert changed is not None
    assert changed[0]["spec"]["containers"][0]["workingDir"] == "/root"


def test_a_board_stays_on_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """C11: its logs were a folder in the machine's root that nobody removed, and it listened for the whole network."""
    monkeypatch.setenv("ARENA_HOME", str(tmp_path))
    given = template(command=["tensorboard", "--logdir", "/logs", "--host", "0.0.0.0"])  # noqa: S104
    given["spec"]["volumes"] = [{"name": "l", "hostPath": {"path": "/arena_logs/training1"}}, {"name": "d", "hostPath": {"path": "/data"}}]
    changed = extension.arena_mutate_manifests(sent([given], local=True))
    assert changed is not None
    spec = changed[0]["spec"]
    assert [v["hostPath"]["path"] for v in spec["volumes"]] == [str(tmp_path / "local" / "arena_logs" / "training1"), "/data"]
    assert spec["containers"][0]["command"][-2:] == ["--host", "$(ARENA_POD_IP)"]
    assert spec["containers"][0]["env"][0]["valueFrom"] == {"fieldRef": {"fieldPath": "status.podIP"}}
    logs = tmp_path / "local" / "arena_logs"
    (logs / "training1").mkdir(parents=True)
    job = {"metadata": {"annotations": {boards.MARK: "true"}}, "spec": {"template": changed[0]}}
    assert boards.has_logs(job)
    boards.forget(logs, job)
    assert list(logs.iterdir()) == []


def test_other_clusters_are_left_alone() -> None:
    assert extension.arena_mutate_manifests(sent([template()], local=False)) is None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--resource", "nvidia.com/gpu=1k"), "expected a whole number of devices"),
        (("--resource", "nvidia.com/gpu=1_000"), "expected a whole number of devices"),
        (("--resource", "nvidia.com/gpu=1/2"), "expected a whole number of devices"),
        (("--resource", "cpu=4"), "the machine's own"),
        (("--quota", "nvidia.com/gpu=1_000"), "expected an amount"),
        (("--quota", "nvidia.com/gpu=inf"), "expected an amount"),
        (("--delay", "unknown=1"), "there is no delay named 'unknown'"),
        (("--delay", "kubelet.backoff=nan"), "expected seconds"),
        (("--keep-logs", "much"), "expected a size"),
    ],
)
def test_what_cannot_work_is_refused_and_not_saved(arena: Arena, tmp_path: Path, words: tuple[str, str], told: str) -> None:
    """C3: such a value was saved, and no later `up` worked."""
    result = arena("up", *words)
    assert (result.returncode, result.stdout) == (2, "")
    assert told in result.stderr
    assert words[0] in result.stderr
    assert not (tmp_path / "local" / "options.json").exists()


def test_options_that_the_cluster_does_not_start_with_are_not_kept(tmp_path: Path) -> None:
    state = State(tmp_path / "local")
    state.prepare()
    state.save_options(Options(nodes=2))
    state.database.mkdir()
    with pytest.raises(control.StartFailed, match=r"state\.db"):
        control.up(state, lambda before: dataclasses.replace(before, nodes=3))
    assert state.options() == Options(nodes=2)


@pytest.mark.parametrize("text", ['{"nodes": "x"}', '{"resources": 5}', '{"delays": {"unknown": 1}}', '{"idle_stop": NaN}'])
def test_a_damaged_file_of_options_is_named(arena: Arena, tmp_path: Path, text: str) -> None:
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "options.json").write_text(text)
    result = arena("up")
    assert result.returncode == 6
    assert "options.json" in result.stderr
    assert "bug" not in result.stderr


def test_damaged_small_files_stop_nobody(arena: Arena, tmp_path: Path) -> None:
    (tmp_path / "local").mkdir()
    for name, text in (("daemon.json", '{"pid": "x"}'), ("port.json", '{"port": 1e9}'), ("token", "a b\u20ac"), ("problems.json", "[")):
        (tmp_path / "local" / name).write_text(text, encoding="utf-8")
    assert arena("up").returncode == 0
    assert arena("status").returncode == 0


def test_reset_asks_or_wants_yes(arena: Arena, tmp_path: Path) -> None:
    """C2: without a terminal it removed everything unasked; S23: and said so where nothing was."""
    nothing = arena("reset", "--yes")
    assert (nothing.returncode, "no local cluster to remove" in nothing.stdout) == (0, True)
    (tmp_path / "local").mkdir()
    for stdin in ("", "n\n", "y\n"):
        refused = arena("reset", stdin=stdin)
        assert refused.returncode == 2
        assert "--yes" in refused.stderr
        assert (tmp_path / "local").exists()


def test_down_says_what_it_ends(arena: Arena, tmp_path: Path) -> None:
    """C9"""
    assert arena("up").returncode == 0
    cluster = LocalCluster.at(State(tmp_path / "local"))
    cluster.create(make_pod("default", "long", "sleep 600"))
    cluster.wait_phase("default", "long", "Running")
    result = arena("down")
    assert (result.returncode, result.stdout) == (0, "local cluster stopped\n")
    assert result.stderr == "this ends 1 running job: default/long\n"


@pytest.mark.parametrize(("content", "told"), [(b"this is no database" * 500, "not a database"), (b"", "is empty")])
def test_a_damaged_database_is_told_with_the_way_out(arena: Arena, tmp_path: Path, content: bytes, told: str) -> None:
    """S23"""
    assert arena("up").returncode == 0
    assert arena("down").returncode == 0
    for path in (tmp_path / "local").glob("state.db*"):
        path.unlink()
    (tmp_path / "local" / "state.db").write_bytes(content)
    result = arena("up")
    assert result.returncode == 6
    assert told in result.stderr
    assert "arena local reset" in result.stderr
    assert arena("reset", "--yes").returncode == 0
    assert arena("up").returncode == 0


def test_commands_at_once_wait_for_each_other(program: Arena, tmp_path: Path) -> None:
    """S24: two starts with different flags, a reset and an end beside them."""
    words = [("up", "--gpus", "2"), ("up", "--nodes", "2"), ("reset", "--yes"), ("up", "--gpus", "3"), ("down",)]
    with ThreadPoolExecutor(5) as pool:
        results = list(pool.map(lambda w: program(*w), words))
    for result in results:
        assert result.returncode == 0, result.stderr
        assert not [line for line in result.stderr.splitlines() if not line.startswith(("note:", "this ends"))]


def test_a_daemon_whose_folder_is_gone_ends_with_its_pods(tmp_path: Path) -> None:
    """S14"""
    folder = tmp_path / "home" / "local"
    with LocalCluster.start(folder=folder) as cluster:
        cluster.create(make_pod("default", "p", "sleep 600"))
        uid = cluster.wait_phase("default", "p", "Running")["metadata"]["uid"]
        daemon = cluster.state.daemon()
        assert daemon
        while folder.parent.exists():  # what is written meanwhile keeps a folder from going
            shutil.rmtree(folder.parent, ignore_errors=True)
        cluster.until(lambda: not daemon.alive, 30, "the daemon's end")
        cluster.until(lambda: not list(marked(uid)), 10)
        assert not folder.exists()


def test_every_delay_is_known_and_documented() -> None:
    """Each name that the sources ask for is in the table, and the page shows the same."""
    root = Path(__file__).parents[4]
    used = set()
    for path in [*root.glob("plugins/*/arena_*/**/*.py")]:
        used |= set(re.findall(r'setting\(\s*"([a-z.-]+)"', path.read_text(encoding="utf-8")))
    # A bundle's own waits begin with its name and may be asked for without being in the table.
    assert {name for name in used if name in DELAYS or name.partition(".")[0] not in components()} == set(DELAYS)
    page = (root / "docs" / "local-cluster.md").read_text(encoding="utf-8")
    assert [name for name in used if f"`{name}`" not in page] == []
