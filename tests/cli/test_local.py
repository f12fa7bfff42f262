"""The commands against the local cluster: real processes, real exit codes."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time

import pytest

#: Ends at once when it is asked to.
SLEEP = ("sh", "-c", "trap exit TERM; sleep 60 & wait")


@pytest.fixture
def local(arena, cluster, monkeypatch):
    """`arena` in a namespace of its own."""
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    namespace = cluster.namespace("cli")

    def run(*words):
        return arena("-n", namespace, *words)

    run.namespace = namespace
    return run


def submit(local, name, *words, flags=()):
    return local("submit", "pytorchjob", "--name", name, "--image", "i", *flags, "--", *words)


def test_submit_follow_list_get_logs_delete(local):
    done = submit(local, "two", "sh", "-c", 'echo "rank $RANK of $WORLD_SIZE"; sleep 0.3', flags=("--workers", "2", "--follow"))
    assert done.code == 0, done.err
    assert done.out.splitlines()[0] == "pytorchjob.kubeflow.org/two created"
    assert "master-0 rank 0 of 2\n" in done.out
    assert "submitted successfully" not in done.err  # F15: one line says it
    assert re.search(r"^two +SUCCEEDED +PYTORCHJOB +\ds ", local("list").out, re.M)
    assert local("logs", "two").out == "rank 0 of 2\n"
    assert "Status:      SUCCEEDED" in local("get", "two", "-e").out
    assert submit(local, "two", "true").code == 4
    assert local("delete", "two").code == 0
    assert local("get", "two").code == 3
    assert local("list", "--no-headers").out == ""


def test_kubeconfig_into_a_file(arena, cluster, monkeypatch, tmp_path):
    """S13: `-o FILE` writes a file that nobody else may read, also over one that everybody could."""
    monkeypatch.setenv("ARENA_HOME", str(cluster.state.folder.parent))
    file = tmp_path / "kc"
    file.write_text("x" * 5000)
    file.chmod(0o644)
    done = arena("local", "kubeconfig", "-o", str(file))
    assert (done.code, done.out) == (0, ""), done.err
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text())["clusters"][0]["cluster"]["server"] == cluster.server
    assert arena("local", "kubeconfig", "-o", str(tmp_path / "no" / "kc")).code == 2


def test_a_job_that_fails_says_so_and_why(local):
    done = submit(local, "bad", "sh", "-c", "echo sorry; exit 3", flags=("--wait",))
    assert done.code == 20
    assert "exited with 3" in done.err
    assert local("wait", "bad").code == 20
    assert local("wait", "bad", "--for", "failed").code == 0
    assert local("wait", "bad", "--for", "succeeded").code == 20
    out = local("get", "bad").out
    assert "Status:      FAILED" in out
    assert re.search(r"^Reason: .*master-0.*3", out, re.M)
    assert local("logs", "bad").out == "sorry\n"


def test_a_job_that_cannot_start_is_waited_for_with_the_reason(local):
    done = submit(local, "big", "true", flags=("--gpus", "512", "--follow", "--timeout", "2"))
    assert done.code == 124
    assert "waiting: master-0 is Pending: 0/1 nodes are available" in done.err
    assert "it asks for 512 nvidia.com/gpu" in local("why", "big").out
    assert re.search(r"^big +PENDING +PYTORCHJOB +\d+s +512 +0 +N/A$", local("list").out, re.M)
    done = local("logs", "big")
    assert done.code == 1
    assert "Insufficient nvidia.com/gpu" in done.err
    done = local("attach", "big", "--", "ls")
    assert (done.code, done.out) == (1, "")
    assert "nothing can be run in it yet: master-0 is Pending" in done.err
    done = local("wait", "big", "--timeout", "0.5")
    assert done.code == 124
    assert local("delete", "big").code == 0
    assert local("wait", "big", "--for", "deleted").code == 0


def test_two_jobs_of_one_name_ask_for_the_type(local):
    submit(local, "same", *SLEEP)
    assert local("submit", "tfjob", "--name", "same", "--image", "i", *SLEEP).code == 0
    done = local("get", "same")
    assert done.code == 2
    assert "--type" in done.err
    assert local("get", "same", "-T", "tf", "-o", "name").out == "tfjob.kubeflow.org/same\n"
    assert local("delete", "same").code == 2
    assert local("delete", "same", "-T", "py").code == 0
    assert local("delete", "same").code == 0


def test_delete_by_label(local):
    for name, team in (("a", "x"), ("b", "x"), ("c", "y")):
        submit(local, name, "sleep", "30", flags=("-l", f"team={team}"))
    assert sorted(local("list", "-l", "team=x", "-o", "name").out.split()) == ["pytorchjob.kubeflow.org/a", "pytorchjob.kubeflow.org/b"]
    done = local("delete", "-l", "team=x", "-o", "name")
    assert sorted(done.out.split()) == ["pytorchjob.kubeflow.org/a", "pytorchjob.kubeflow.org/b"]
    assert local("list", "-o", "name").out == "pytorchjob.kubeflow.org/c\n"
    assert "no job has the labels" in local("delete", "-l", "team=x").err
    local("delete", "c")


def test_dry_run_on_the_server_creates_nothing(local):
    done = submit(local, "dry", "true", flags=("--dry-run", "server"))
    assert done.code == 0, done.err
    assert done.out == "pytorchjob.kubeflow.org/dry created (server dry run)\n"
    assert local("list", "-o", "name").out == ""


def test_attach_passes_output_and_exit_code_on(local):
    submit(local, "shell", *SLEEP)
    assert local("wait", "shell", "--for", "running", "--timeout", "20").code == 0
    done = local("attach", "shell", "--", "sh", "-c", "echo out; echo err >&2; exit 5")
    assert (done.code, done.out, done.err) == (5, "out\n", "err\n")
    local("delete", "shell")


def test_ctrl_c_ends_the_following_and_not_the_job(local, cluster, home):
    words = [
        "-n",
        local.namespace,
        "submit",
        "pytorchjob",
        "--name",
        "long",
        "--image",
        "i",
        "--follow",
        "--",
        "sh",
        "-c",
        "echo started; trap exit TERM; sleep 60 & wait",
    ]
    run = subprocess.Popen(
        [sys.executable, "-c", "import sys; from arena_core.cli.main import main; sys.exit(main())", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=cluster.environment(),
    )
    while "started" not in run.stdout.readline():
        assert run.poll() is None
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=20)
    assert run.returncode == 130
    assert "long keeps running" in err
    assert "Traceback" not in err
    assert "RUNNING" in local("list").out
    local("delete", "long")


def test_without_a_configured_cluster_the_local_one_is_started_and_said(arena, home, monkeypatch):
    # The path of a UNIX socket holds 108 bytes only.
    import tempfile

    from arena_local.daemon import control
    from arena_local.daemon.state import State

    with tempfile.TemporaryDirectory(prefix="arena-test-") as folder:
        monkeypatch.setenv("ARENA_HOME", folder)
        try:
            done = arena("list")  # C9
            assert (done.code, done.out.split()[0]) == (0, "NAME")
            assert "there is no local one yet" in done.err
            assert not (home.__class__(folder) / "local").exists(), "a cluster is not started only to list nothing"
            assert arena("get", "nosuch").code == 3
            assert not (home.__class__(folder) / "local").exists(), "nor to look for what cannot be there"
            done = arena("submit", "job", "--name", "x", "--image", "x", "--dry-run", "server", "true")
            assert done.code == 0, done.err
            assert (
                done.err.splitlines()[0] + "\n"
                == "no cluster is configured: a local one was started on this machine (`arena local status` says more)\n"
            )
            assert arena("list").err == ""
        finally:
            control.stop(State(home.__class__(folder) / "local"))


def test_whoami(local):
    import json

    found = json.loads(local("whoami").out)
    assert list(found) == ["Name", "Id", "IsAdminUser"]
    assert len(found["Id"]) == 32


def test_following_alone_outlives_a_crash_of_the_cluster_but_starts_none_that_was_ended(arena, home, monkeypatch):
    import os
    import tempfile
    from pathlib import Path

    from arena_local import cluster as embedded
    from arena_local.daemon import control
    from arena_local.daemon.state import State

    with tempfile.TemporaryDirectory(prefix="arena-test-") as folder:
        monkeypatch.setenv("ARENA_HOME", folder)
        state = State(Path(folder) / "local")
        try:
            command = "for i in $(seq 1 12); do echo line $i; sleep 0.2; done"
            assert arena("submit", "py", "--name", "tough", "--image", "i", command).code == 0
            program = "from arena_core.cli.start import start; start()"
            out = home / "followed"
            with out.open("wb") as stdout:
                follow = subprocess.Popen([sys.executable, "-c", program, "logs", "-f", "tough"], stdout=stdout, env=os.environ)
                while not out.read_text():
                    assert follow.poll() is None
                    time.sleep(0.02)
                os.kill(state.daemon().pid, signal.SIGKILL)
                assert follow.wait(60) == 0
            assert out.read_text().splitlines() == [f"line {n}" for n in range(1, 13)]
            assert "SUCCEEDED" in arena("get", "tough").out
            control.stop(state)
            assert embedded.revive() is False
            assert state.daemon() is None
        finally:
            control.stop(state)
