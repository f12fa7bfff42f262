"""``--retry N``: N restarts in every job type, and no more than N are survived (F1)."""

from __future__ import annotations

import pytest
import yaml

from arena_local.context import Options
from arena_local.testing import LocalCluster

QUICK = {"kubelet.backoff": 0.2, "kubelet.backoff-max": 0.2, "job.backoff": 0.2}
#: Fails so many times, then ends well; an instance has a file of its own.
FAILS = "f={folder}/$HOSTNAME; echo x >> $f; [ $(wc -l < $f) -gt {times} ] || exit 3; echo well"
TYPES = {
    "pytorchjob": ("pytorchjob",),
    "tfjob": ("tfjob",),
    "tfjob-chief": ("tfjob", "--chief", "--workers", "2"),
    "tfjob-ps": ("tfjob", "--ps", "1", "--workers", "1"),
    "appwrapperjob": ("appwrapperjob", "--retry-limit", "0"),
}


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster.start(Options(delays=QUICK)) as running:
        yield running


@pytest.fixture
def local(arena, cluster, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    namespace = cluster.namespace("retry")
    return lambda *words: arena("-n", namespace, *words)


@pytest.mark.parametrize("kind", TYPES)
def test_n_restarts_are_made(local, tmp_path, kind):
    command = FAILS.format(folder=tmp_path, times=2)
    others = {"tfjob-ps": "ps", "tfjob-chief": "worker"}
    if kind in others:  # these run on: restarts of all instances count together
        command = f"case $HOSTNAME in *-{others[kind]}-*) sleep 60;; esac; {command}"
    done = local("submit", *TYPES[kind], "--name", "j", "--image", "i", "--retry", "2", "--wait", "--timeout", "60s", command)
    assert done.code == 0, done.err + local("get", "j", "-e").out
    runs = [len(file.read_text().splitlines()) for file in tmp_path.iterdir() if file.name.startswith("j-")]
    assert runs == [3]


@pytest.mark.parametrize(("kind", "retry"), [("pytorchjob", "1"), ("pytorchjob", "0"), ("tfjob", "1"), ("tfjob-chief", "0")])
def test_one_more_failure_is_final(local, tmp_path, kind, retry):
    command = FAILS.format(folder=tmp_path, times=99)
    done = local("submit", *TYPES[kind], "--name", "j", "--image", "i", "--retry", retry, "--wait", "--timeout", "60s", command)
    assert done.code == 20, done.err
    runs = max(len(file.read_text().splitlines()) for file in tmp_path.iterdir() if file.name.startswith("j-"))
    # The operator ends the job when it sees the start that is one too many; that start may get as far as a line.
    assert int(retry) + 1 <= runs <= int(retry) + (2 if retry != "0" else 1)


def test_a_type_that_cannot_do_it_refuses(arena):
    done = arena("submit", "volcanojob", "--name", "x", "--image", "i", "--retry", "2", "--dry-run", "client", "true")
    assert done.code == 2
    assert "--retry" in done.err
    done = arena("submit", "aw", "--inner-type", "volcano", "--name", "x", "--image", "i", "--retry", "2", "--dry-run", "client", "true")
    assert done.code == 2
    assert "--retry" in done.err


def test_a_job_file_keeps_a_retry_of_0_that_was_given(arena, tmp_path):
    words = ("submit", "tfjob", "--name", "x", "--image", "i", "--chief", "--workers", "2", "--retry", "0", "-o")
    found = yaml.safe_load(arena(*words, "jobfile", "true").out)
    assert found["retry"] == 0
    (tmp_path / "j.yaml").write_text(yaml.safe_dump(found))
    objects = arena(*words, "yaml", "--dry-run", "client", "true").out
    assert "OnFailure" not in objects
    assert arena("submit", "-f", str(tmp_path / "j.yaml"), "--dry-run", "client", "-o", "yaml").out == objects
    assert "OnFailure" in arena(*(w for w in words if w not in ("--retry", "0")), "yaml", "--dry-run", "client", "true").out
