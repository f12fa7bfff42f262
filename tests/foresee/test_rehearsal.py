"""`arena submit --rehearse`: what would fail at once is not submitted, and what is right goes out; all plays with ``ARENA_FORESEE=all``."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from arena_core.client import ArenaClient
from arena_core.contract.types import JobStatus, JobView, Phase
from arena_core.usecases.rehearsal import judge
from arena_core.usecases.rehearsal.run import _Watch
from arena_core.usecases.views import Job
from arena_local import stage
from tests.cli.conftest import arena, home  # noqa: F401 - fixtures
from tests.foresee.plays import GOOD, MISTAKES
from tests.foresee.stage import play

WHOLE = os.environ.get("ARENA_FORESEE") == "all"


@pytest.fixture
def local(arena, local_cluster, monkeypatch):  # noqa: F811
    """Run ``arena`` in a namespace of its own; ``jobs`` are those that are there."""
    monkeypatch.setenv("KUBECONFIG", str(local_cluster.kubeconfig))
    namespace = local_cluster.namespace("rehearsal")

    def run(*words: str):
        return arena("-n", namespace, *words)

    def jobs() -> dict[str, dict]:
        there = local_cluster.request("GET", f"/apis/batch/v1/namespaces/{namespace}/jobs")[1]["items"]
        return {job["metadata"]["name"]: job for job in there}

    run.jobs = jobs
    return run


def test_what_fails_is_not_submitted_unless_it_is_forced(local):
    words = ("submit", "job", "--name", "typo", "--image", "x", "--rehearse", "30s")
    done = local(*words, "python trian.py")
    assert done.code == 20 and "typo" not in local.jobs()
    assert "exited with 2" in done.err and "can't open file" in done.err and "`--force`" in done.err
    done = local(*words, "--force", "python trian.py")
    assert done.code == 0, done.err
    assert "arena.kubeflow.org/rehearsed" not in local.jobs()["typo"]["metadata"]["annotations"]


def test_what_is_right_goes_out_and_says_so(local):
    Path("ok.py").write_text("import os\nassert 'TOKEN' in os.environ\nprint('fine')\n")
    done = local("submit", "job", "--name", "right", "--image", "x", "--gpus", "4", "--rehearse", "60s", "--env", "TOKEN=a", "python ok.py")
    assert done.code == 0, done.err
    assert "note: rehearsed: it succeeded" in done.err and "cannot see" in done.err
    assert local.jobs()["right"]["metadata"]["annotations"]["arena.kubeflow.org/rehearsed"].startswith("sha256:")


def test_flags_that_do_not_go_together(local):
    words = ("submit", "job", "--name", "x", "--image", "x")
    for more in (("--force",), ("--rehearse", "1s", "--dry-run", "client"), ("--rehearse", "0s"), ("--rehearse", "soon")):
        done = local(*words, *more, "true")
        assert done.code == 2 and more[0] in done.err


def test_what_a_pod_needs_is_stood_in_for():
    env = [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]
    container = {"name": "c", "image": "x", "command": ["true"], "env": env, "envFrom": [{"configMapRef": {"name": "m"}}]}
    container["resources"] = {"limits": {"nvidia.com/gpu": "8", "cpu": "900"}}
    spec = {"containers": [container], "serviceAccountName": "robot", "nodeSelector": {"a": "b"}, "volumes": []}
    spec["volumes"] = [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}, {"name": "w", "secret": {"secretName": "s"}}]
    meta = {"name": "j", "namespace": "other", "labels": {"kueue.x-k8s.io/queue-name": "q", "app": "x"}}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": {"template": {"metadata": {}, "spec": spec}}}
    before = json.dumps(job)
    found = stage.adapted(job, 10)
    assert json.dumps(job) == before
    assert found["metadata"] == {"name": "j", "namespace": "default", "labels": {"app": "x"}}
    pod = found["spec"]["template"]["spec"]
    assert "nodeSelector" not in pod and pod["containers"][0]["resources"]["limits"] == {"nvidia.com/gpu": "8"}
    needed = {(obj["kind"], obj["metadata"]["name"]): obj.get("data") for obj in stage.stand_ins([found])}
    assert needed == {
        ("ConfigMap", "m"): {},
        ("PersistentVolumeClaim", "data"): None,
        ("Secret", "s"): {"k": ""},
        ("ServiceAccount", "robot"): None,
    }


def test_what_only_patches_a_template_gets_no_deadline():
    """A TrainJob was refused on the stage, whose patches have no such field: it could not be rehearsed."""
    patch = {"spec": {"containers": [{"name": "node", "env": [{"name": "A", "value": "1"}]}]}}
    runtime = {"trainingRuntimeSpec": {"template": {"spec": {"replicatedJobs": [{"template": {"spec": {"template": patch}}}]}}}}
    job = {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "metadata": {"name": "j"},
        "spec": {"runtimePatches": [runtime]},
    }
    assert "activeDeadlineSeconds" not in json.dumps(stage.adapted(job, 10))


def test_instances_that_only_make_ready_are_no_rehearsal(monkeypatch):
    """A Ray cluster whose nodes run, and whose command has not begun, "still ran after 20 s"."""
    pods = ({"metadata": {"name": "head"}, "status": {"phase": "Running"}},)
    for phase, said in ((Phase.PENDING, "its command was not reached"), (Phase.RUNNING, "rehearsed: it still ran after")):
        job = Job("rayjob", JobView({}, pods, (), JobStatus(phase, message="the head is not ready")))
        monkeypatch.setattr(_Watch, "_look", lambda self, job=job: job)
        (note,) = _Watch(None, None, "j", 0.0).run()
        assert note.startswith(said)


@pytest.mark.parametrize(
    ("line", "excused"),
    [
        ("sh: 1: pyhton: not found", False),
        ("sh: 1: my-company-launcher: not found", True),
        ("bash: line 1: deepsped: command not found", False),
        ("python: can't open file '/workspace-of-an-image/train.py': [Errno 2] No such file", True),
        ("python: can't open file '/tmp/trian.py': [Errno 2] No such file", False),
        ("sh: 1: /opt/image-only/bin/python: not found", True),
        ("ModuleNotFoundError: No module named 'x'", False),
    ],
)
def test_what_only_the_image_has_is_no_failure(line, excused):
    assert bool(judge.excuse((), (line,), "")) == excused


def test_the_first_that_failed_is_to_blame():
    def pod(name, code, second):
        ended = {"exitCode": code, "finishedAt": f"2026-01-01T00:00:{second:02}Z"}
        return {"metadata": {"name": name}, "status": {"containerStatuses": [{"name": "c", "state": {"terminated": ended}}]}}

    pods = [pod("killed", 143, 1), pod("later", 1, 9), pod("first", 2, 5), pod("fine", 0, 2)]
    found = judge.first_failed(pods)
    assert found is not None and found["metadata"]["name"] == "first" and judge.exit_of(found)[0] == 2


@pytest.mark.skipif(not WHOLE, reason="80 plays take ten minutes: ARENA_FORESEE=all")
@pytest.mark.timeout(1800)
def test_mistakes_are_caught_and_nothing_else(local_cluster):
    with ArenaClient(kubeconfig=str(local_cluster.kubeconfig)) as client:
        caught = {one.name: play(client, one).failed for one in MISTAKES}
        alarms = {one.name: played.failed or played.unfit for one in GOOD if (played := play(client, one, 5.0)).failed or played.unfit}
    assert not alarms
    assert sum(1 for error in caught.values() if error) >= 0.8 * len(MISTAKES), caught
