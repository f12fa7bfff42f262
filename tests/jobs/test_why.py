"""Why a job does not run, over real HTTP: what refuses, what never fits, what is missing; the same first sentence in every command."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from arena_core.cli.main import main
from arena_core.contract.errors import InvalidArguments, JobFailed, TimedOut
from arena_core.contract.types import Cause, Rank


def until(arena: Any, name: str, words: str, seconds: float = 30) -> list[Cause]:
    """The causes, as soon as they say something."""
    end = time.monotonic() + seconds
    while True:
        causes = list(arena.explain(arena.get(name)))
        if words in " ".join(c.message for c in causes) or time.monotonic() > end:
            return causes
        time.sleep(0.1)


def make_object(arena: Any, path: str, body: dict[str, Any]) -> None:
    answer = arena.direct.cluster.request("POST", path.replace("{ns}", arena.namespace), None, body)
    assert answer.ok, answer.body


def ours(warnings: Any) -> list[str]:
    """The warnings of `submit` itself, without those of the local cluster's API server."""
    return [w for w in warnings if "on the local cluster" not in w]


@pytest.fixture
def run(arena: Any, arena_home: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    monkeypatch.setenv("KUBECONFIG", str(arena_home / "kubeconfig"))

    def command(*words: str) -> str:
        capfd.readouterr()
        main(words)
        return capfd.readouterr().out

    return command


def quota(arena: Any, pods: int) -> None:
    body = {"metadata": {"name": "q"}, "spec": {"hard": {"pods": str(pods)}}}
    make_object(arena, "/api/v1/namespaces/{ns}/resourcequotas", body)


def test_refused_pods_are_the_reason_in_every_type_and_command(arena: Any, make: Any, run: Any) -> None:  # W1
    quota(arena, 0)
    for kind in ("pytorchjob", "tfjob", "volcanojob", "appwrapperjob"):
        arena.submit(kind, make(kind))
    for kind in ("pytorchjob", "tfjob", "volcanojob", "appwrapperjob"):
        first, *_ = until(arena, kind, "exceeded quota")
        assert "exceeded quota" in first.message and first.rank is Rank.REFUSED, kind
        assert "ResourceQuota" in first.hint
    listed = {row["name"]: row for row in json.loads(run("list", "-o", "json"))}
    for kind, row in listed.items():
        assert "exceeded quota" in row["message"] and row["status"] == "PENDING", kind
        assert row["message"] in run("get", kind) and row["message"] in run("why", kind)
        assert json.loads(run("get", kind, "-o", "json"))["message"] == row["message"]
    with pytest.raises(TimedOut, match="exceeded quota"):
        arena.wait("pytorchjob", timeout=2)


def test_a_job_that_lacks_one_instance_says_who_refuses_it(arena: Any, make: Any) -> None:  # W1
    quota(arena, 1)
    arena.submit("pytorchjob", make("part", "sleep 60", workers=3))
    first, *_ = until(arena, "part", "exceeded quota")
    assert "part-worker-" in first.message and "exceeded quota" in first.message
    arena.delete("part", wait=True, timeout=30)


def test_what_keeps_a_pod_from_starting(arena: Any, make: Any) -> None:  # W3, N14
    def template(**spec: Any) -> dict[str, Any]:
        container = {"name": "pytorch", "image": "x", "command": ["true"], "volumeMounts": [{"name": "v", "mountPath": "/v"}]}
        return {"spec": {"volumes": [{"name": "v", "emptyDir": {}}], "containers": [container], **spec}}

    wanted = {
        "secret": (template(volumes=[{"name": "v", "secret": {"secretName": "nosuch"}}]), 'secret "nosuch" not found'),
        "configmap": (template(volumes=[{"name": "v", "configMap": {"name": "nosuch"}}]), 'configmap "nosuch" not found'),
        "claim": (template(volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "nosuch"}}]), '"nosuch" not found'),
        "scheduler": (template(schedulerName="nosuch"), "its schedulerName is nosuch"),
    }
    for name, (pod, _) in wanted.items():
        spec = {"pytorchReplicaSpecs": {"Master": {"replicas": 1, "template": pod}}}
        body = {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "metadata": {"name": name}, "spec": spec}
        make_object(arena, "/apis/kubeflow.org/v1/namespaces/{ns}/pytorchjobs", body)
    for name, (_, words) in wanted.items():
        causes = until(arena, name, words)
        assert words in causes[0].message, name
        assert words in arena.get(name).status.message


def test_more_than_any_node_has(arena: Any, make: Any) -> None:  # W2
    arena.submit("pytorchjob", make("huge", gpus=4096))
    first, *_ = until(arena, "huge", "can never be scheduled")
    assert first.rank is Rank.NEVER and "4096 nvidia.com/gpu" in first.message and "no node has" in first.message


def queue(arena: Any) -> None:
    """A ClusterQueue with 2 example.com/dev, and LocalQueue q; names are the namespace's."""
    name, api = arena.namespace, "kueue.x-k8s.io/v1beta2"
    covered = [
        {"name": "example.com/dev", "nominalQuota": "2"},
        {"name": "cpu", "nominalQuota": "64"},
        {"name": "memory", "nominalQuota": "1Ti"},
    ]
    groups = [{"coveredResources": [r["name"] for r in covered], "flavors": [{"name": name, "resources": covered}]}]
    make_object(arena, f"/apis/{api}/resourceflavors", {"apiVersion": api, "kind": "ResourceFlavor", "metadata": {"name": name}})
    spec = {"namespaceSelector": {}, "resourceGroups": groups}
    make_object(arena, f"/apis/{api}/clusterqueues", {"apiVersion": api, "kind": "ClusterQueue", "metadata": {"name": name}, "spec": spec})
    for local, cluster in (("q", name), ("lost", "nosuch")):
        body = {"apiVersion": api, "kind": "LocalQueue", "metadata": {"name": local}, "spec": {"clusterQueue": cluster}}
        make_object(arena, f"/apis/{api}/namespaces/{{ns}}/localqueues", body)


@pytest.mark.parametrize("kind", ["pytorchjob", "appwrapperjob"])
def test_what_kueue_says_is_sorted(arena: Any, make: Any, kind: str) -> None:  # W2, W16
    queue(arena)
    try:
        jobs = {
            "never": ({"kueue_queue": "q", "devices": ["example.com/dev=3"]}, Rank.NEVER, "the queue has at most 2"),
            "foreign": ({"kueue_queue": "q", "devices": ["example.com/other=1"]}, Rank.NEVER, "does not cover example.com/other"),
            "lost": ({"kueue_queue": "lost"}, Rank.NEVER, "ClusterQueue nosuch does not exist"),
        }
        for name, (more, _, _) in jobs.items():
            arena.submit(kind, make(name, "sleep 60", **more))
        for name, (_, rank, words) in jobs.items():
            first, *_ = until(arena, name, words)
            assert (first.rank, arena.get(name).status.phase) == (rank, "QUEUING"), name
            assert words in first.message and "by itself" not in first.message + first.hint
            assert "kubectl" not in first.hint
        assert "queues here: lost, q" in until(arena, "lost", "nosuch")[0].hint
        arena.submit(kind, make("first", "sleep 60", kueue_queue="q", devices=["example.com/dev=2"]))
        until(arena, "first", "first-master-0")
        arena.submit(kind, make("second", "sleep 60", kueue_queue="q", devices=["example.com/dev=1"]))
        waits, *_ = until(arena, "second", "1 more example.com/dev")
        assert "waits in queue q for 1 more example.com/dev" in waits.message
        assert "place 1 of 1" in waits.hint and "held by first (2 example.com/dev)" in waits.hint
    finally:
        arena.delete(["never", "foreign", "lost", "first", "second"])
        for plural in ("clusterqueues", "resourceflavors"):
            arena.direct.cluster.request("DELETE", f"/apis/kueue.x-k8s.io/v1beta2/{plural}/{arena.namespace}")


def test_nothing_is_said_on_absence_without_the_right_to_look(arena: Any, make: Any, rights: Any) -> None:  # N3
    quota(arena, 0)
    arena.submit("pytorchjob", make("blind"))
    until(arena, "blind", "exceeded quota")
    arena.gate.allowed = rights(arena.namespace, "pytorchjob").replace("|events(/[^/]+)?", "")
    job = arena.get("blind", job_type="pytorchjob")
    causes = arena.explain(job)
    said = " ".join(f"{c.message} {c.hint}" for c in causes)
    assert "events (forbidden)" in said and "the reason may be missing" in said
    assert "not taken up" not in said and "operator running" not in said and "by itself" not in said


def test_the_culprit_leads_with_its_code(arena: Any, make: Any) -> None:  # W11, W18
    command = 'case "$HOSTNAME" in *worker-0) exit 7;; esac; trap exit TERM; sleep 60 & wait'
    arena.submit("pytorchjob", make("crash", command, workers=2, clean_task_policy="None"))
    with pytest.raises(JobFailed, match="crash failed: crash-worker-0 exited with 7") as caught:
        arena.wait("crash", timeout=30)
    # A worker is started again at once: at that moment the next run may be there already.
    assert caught.value.hint.replace(" --previous", "") == "`arena logs crash -i worker-0` shows its log"
    first, *rest = until(arena, "crash", "exited with 7")
    assert first.message.startswith("crash-worker-0 exited with 7") and first.rank is Rank.FAILED
    assert first.object == "pod/crash-worker-0"
    assert "Error: Error" not in first.message
    assert any("failed" in c.message for c in rest), "the job's own summary follows"


def test_a_crash_comes_with_its_last_lines(arena: Any, make: Any) -> None:  # W11, W3, L8
    arena.submit("pytorchjob", make("lines", "seq 1 20; echo Traceback; exit 3", clean_task_policy="None"))
    arena.submit("pytorchjob", make("git", sync_mode="git", sync_source="https://me:hunter2@127.0.0.1:1/r.git"))
    arena.submit("pytorchjob", make("again", "echo attempt; exit 4", retry=3))
    for name, words in (("lines", "exited with 3"), ("git", "https://127.0.0.1:1/r.git")):
        first, *_ = until(arena, name, words)
        assert words in first.message and "hunter2" not in first.message
        if name == "lines":
            assert first.lines == ("17", "18", "19", "20", "Traceback")
            assert first.hint == "`arena logs lines` shows its log"
        else:
            # The log of what failed, not of the container that never ran; what could not even start has none.
            started = "could not start" not in first.message
            assert ("-c init-code" in first.hint) is started and ("arena logs" in first.hint) is started
    first, *_ = until(arena, "again", "restarted")
    assert "again-master-0 exited with 4, restarted" in first.message
    arena.delete("again")


def test_a_name_that_another_types_pods_take_is_refused(arena: Any, make: Any) -> None:  # W1
    arena.submit("pytorchjob", make("col", "sleep 60", workers=2))
    end = time.monotonic() + 20
    while len(arena.get("col", job_type="pytorchjob").status.instances) < 2 and time.monotonic() < end:
        time.sleep(0.1)
    for kind, more in (
        ("tfjob", {"workers": 2}),
        ("volcanojob", {"task_name": "worker"}),
        ("appwrapperjob", {"inner_type": "tfjob", "workers": 2}),
    ):
        with pytest.raises(InvalidArguments, match=r"col-worker-0 exists already \(it belongs to PyTorchJob col\)"):
            arena.submit(kind, make("col", **more))
    assert [j.job_type for j in arena.list().jobs] == ["pytorchjob"], "nothing was sent"


def test_the_namespaces_pod_security_is_warned_of(arena: Any, make: Any) -> None:  # N5
    labels = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "baseline"}}}
    path = f"/api/v1/namespaces/{arena.namespace}"
    answer = arena.direct.cluster.request("PATCH", path, None, labels, content_type="application/merge-patch+json")
    assert answer.ok, answer.body
    assert not ours(arena.submit("pytorchjob", make("fits")).warnings)
    (warning,) = ours(arena.submit("pytorchjob", make("host", host_network=True)).warnings)
    assert "level baseline" in warning and "hostNetwork" in warning
    first, *_ = until(arena, "host", "violates PodSecurity")
    assert first.rank is Rank.REFUSED


def test_what_could_not_be_checked_is_said(arena: Any, make: Any, rights: Any) -> None:  # N3
    arena.gate.allowed = rights(arena.namespace, "pytorchjob")
    warnings = ours(arena.submit("pytorchjob", make("blind", kueue_queue="nosuch", priority="nosuch")).warnings)
    assert [w.partition(" could not be checked")[0] for w in warnings] == ["LocalQueue nosuch", "PriorityClass nosuch"]


def test_a_tensorboard_that_does_not_come_up_is_told(arena: Any, make: Any, run: Any) -> None:  # W14
    quota(arena, 0)
    arena.submit("pytorchjob", make("board", tensorboard=True, logdir="/logs"))
    words = "TensorBoard is not up: "
    found = [c for c in until(arena, "board", words) if c.message.startswith(words)]
    assert len(found) == 1 and "board-tensorboard-" in found[0].message and "exceeded quota" in found[0].message
    assert words in run("why", "board") and words in run("get", "board")
    told = json.loads(run("get", "board", "-o", "json"))["tensorboardStatus"]
    assert told.startswith(words) and "exceeded quota" in told  # each try has a pod name of its own


def test_a_job_that_runs_or_has_succeeded_has_no_reason(arena: Any, make: Any, run: Any) -> None:  # W18
    arena.submit("pytorchjob", make("fine"))
    arena.wait("fine", timeout=30)
    arena.calls()
    assert arena.explain(arena.get("fine", job_type="pytorchjob")) == []
    assert len(arena.calls()) == 2, "what is well costs no request more"
    assert "it has succeeded" in run("why", "fine")
