from __future__ import annotations

import re
import threading
import time
from typing import Any

import pytest

from arena_core.contract.errors import ArenaError, JobFailed, NotFound, PluginBroken, TimedOut, UsageError
from arena_core.contract.types import Phase

#: Ends at once when it is told to: the first process of a pod is not ended by a signal that it does not handle.
SLEEP = "trap exit TERM; sleep 60 & wait"


def test_each_goal_of_wait(arena: Any, make: Any) -> None:
    seen: list[str] = []
    arena.submit("dummy", make("good", "sleep 0.3"))
    assert arena.wait("good", "running", timeout=20).status.phase in (Phase.RUNNING, Phase.SUCCEEDED)
    job = arena.wait("good", "succeeded", timeout=20, on_change=lambda j: seen.append(j.status.phase))
    assert job.status.phase is Phase.SUCCEEDED and len(job.status.instances) == 1 and seen[-1] == "SUCCEEDED"
    assert ("finished", Phase.SUCCEEDED) in arena.extension.told and ("submitted", "good") in arena.extension.told
    with pytest.raises(ArenaError, match="will not fail"):
        arena.wait("good", "failed")
    arena.submit("dummy", make("bad", "exit 3"))
    for goal in ("finished", "succeeded", "running"):
        with pytest.raises(JobFailed) as caught:
            arena.wait("bad", goal, timeout=20)
        assert "exited with 3" in caught.value.message and caught.value.exit_code == 20
    assert arena.wait("bad", "failed").status.phase is Phase.FAILED
    with pytest.raises(UsageError):
        arena.wait("bad", "tired")
    assert arena.wait("never-was", "deleted") is None
    with pytest.raises(NotFound):
        arena.wait("never-was")


def test_a_worker_that_dies_while_the_master_waits_is_named(arena: Any, make: Any) -> None:
    command = "if [ $RANK = 1 ]; then exit 7; fi; trap exit TERM; sleep 60 & wait"
    arena.submit("pytorchjob", make("half", command, workers=2, clean_task_policy="None"))
    with pytest.raises(JobFailed, match="half-worker-0 exited with 7") as caught:
        arena.wait("half", timeout=20)
    # The kubelet may have begun the next run already: then it is the run before that exited with 7.
    assert re.fullmatch(r"`arena logs half -i worker-0( --previous)?` shows its log", caught.value.hint)
    arena.delete("half")


def test_instances_that_failed_and_are_gone_are_told_of(arena: Any, make: Any) -> None:
    command = "if [ $RANK = 1 ]; then exit 7; fi; trap exit TERM; sleep 60 & wait"
    arena.submit("pytorchjob", make("gone", command, workers=2))
    # The operator removes the pods of a job that has used up its retries.
    with pytest.raises(JobFailed, match="gone failed") as caught:
        arena.wait("gone", timeout=20)
    assert "143" not in caught.value.message, "the master was ended because the worker had failed"
    until = time.monotonic() + 10
    while (job := arena.get("gone")).status.instances and time.monotonic() < until:
        time.sleep(0.1)
    about = {"kind": "PyTorchJob", "name": "gone", "namespace": job.namespace, "uid": job.uid}
    event = {
        "metadata": {"name": "gone.1"},
        "involvedObject": about,
        "message": "Pod: x.gone-worker-0 exited with code 7",
        "type": "Normal",
    }
    arena.direct.cluster.request("POST", f"/api/v1/namespaces/{job.namespace}/events", None, event)
    causes = arena.explain(job)
    assert "gone-worker-0 exited with 7" in causes[0].message, "the culprit goes before the job's own summary"
    assert "--clean-task-policy" in causes[0].hint
    with pytest.raises(JobFailed, match="gone-worker-0 exited with 7") as caught:
        arena.wait("gone", timeout=20)
    assert caught.value.hint == "`arena why gone` says more"


def test_the_time_of_a_wait_is_limited(arena: Any, make: Any) -> None:
    arena.submit("dummy", make("slow", SLEEP))
    start = time.monotonic()
    with pytest.raises(TimedOut, match=r"slow is not finished after 1\.5 s: it is (PENDING|RUNNING)"):
        arena.wait("slow", timeout=1.5)
    assert time.monotonic() - start < 5


def test_a_job_that_vanishes_ends_the_wait(arena: Any, make: Any) -> None:
    arena.submit("dummy", make("gone", SLEEP))
    threading.Timer(0.4, lambda: arena.delete("gone", job_type="dummy")).start()
    with pytest.raises(NotFound, match="was deleted while it was waited for"):
        arena.wait("gone", timeout=20)
    arena.submit("dummy", make("gone2", SLEEP))
    deletion = threading.Timer(0.4, lambda: arena.delete("gone2", job_type="dummy"))
    deletion.start()
    assert arena.wait("gone2", "deleted", timeout=20) is None
    deletion.join()


def test_waiting_asks_nothing_again_and_again(arena: Any, make: Any) -> None:
    arena.submit("dummy", make("quiet", "sleep 1"))
    arena.calls()
    arena.wait("quiet", job_type="dummy", timeout=20)
    calls = arena.calls()
    # The job and its pods are read at the start, watched, and read at the end; events where it does not run.
    assert all(calls.count(call) <= 3 for call in calls) and len(calls) <= 9, calls


def test_deletion_goes_on_after_a_missing_name(arena: Any, make: Any) -> None:
    arena.submit("dummy", make("a"))
    arena.submit("pytorchjob", make("b"))
    results = arena.delete(["a", "missing", "b"], wait=True, timeout=20)
    assert [(r.name, r.ok, r.job_type) for r in results] == [("a", True, "dummy"), ("missing", False, ""), ("b", True, "pytorchjob")]
    assert isinstance(results[1].error, NotFound) and results[0].full_name == "job.batch/a"
    pods = arena.cluster.request("GET", f"/api/v1/namespaces/{arena.namespace}/pods").json()["items"]
    assert pods == [] and arena.list().jobs == ()


def test_deletion_by_labels(arena: Any, make: Any) -> None:
    for name, team in (("a", "x"), ("b", "x"), ("c", "y")):
        arena.submit("dummy", make(name, labels={"team": team}))
    assert {r.name for r in arena.delete(selector="team=x", wait=True, timeout=20)} == {"a", "b"}
    assert [j.name for j in arena.list().jobs] == ["c"]


def test_a_left_over_record_is_removed_and_never_run(arena: Any, tmp_path: Any) -> None:
    path = f"/api/v1/namespaces/{arena.namespace}/configmaps"
    trap = tmp_path / "pwned"
    stale = {
        "metadata": {"name": "old-pytorchjob", "labels": {"createdBy": "arena"}},
        "data": {"app": f"pytorchjob.kubeflow.org/old; touch {trap} #"},
    }
    for job_type in ("", "pytorchjob"):
        assert arena.cluster.request("POST", path, None, stale).ok
        result = arena.delete("old", job_type=job_type)[0]
        assert result.ok and result.record_only
    assert not trap.exists()
    mine = {"metadata": {"name": "old-pytorchjob"}, "data": {"precious": "yes"}}
    assert arena.cluster.request("POST", path, None, mine).ok
    assert isinstance(arena.delete("old")[0].error, NotFound)
    assert arena.cluster.request("GET", f"{path}/old-pytorchjob").ok


def test_list_is_like_arenas(arena: Any, make: Any) -> None:
    arena.submit("dummy", make("first", "true"))
    arena.wait("first", timeout=20)
    time.sleep(1.1)
    arena.submit("pytorchjob", make("second", SLEEP, workers=2, gpus=1))
    arena.wait("second", "running", timeout=20)
    arena.submit("dummy", make("third", gpus=4000, labels={"team": "z"}))
    listing = arena.list()
    assert listing.jobs[-1].name == "first" and len(listing.jobs) == 3, "the newest start first"
    job = next(j for j in listing.jobs if j.name == "second")
    assert (job.job_type, job.status.phase, job.requested_gpus, job.allocated_gpus) == ("pytorchjob", Phase.RUNNING, 2, 2)
    assert job.status.chief is not None and job.status.chief.role == "master"
    assert job.full_name == "pytorchjob.kubeflow.org/second" and job.uid and job.created
    assert [j.name for j in arena.list(selector="team=z").jobs] == ["third"]
    assert [j.name for j in arena.list(job_type="pytorch").jobs] == ["second"]
    third = arena.get("third")
    assert third.allocated_gpus == 0
    assert any(e["reason"] == "FailedScheduling" for e in arena.events(third))


def test_a_selector_that_cannot_be_read_is_named(arena: Any) -> None:
    for work in (arena.list, arena.delete):
        with pytest.raises(UsageError, match=r"the label selector 'a in \(b'"):
            work(selector="a in (b")


def test_a_job_type_whose_plugin_is_broken_is_not_passed_over_silently(arena: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    get = arena.jobs.get

    def broken(name: str) -> Any:
        if name == "dummy":
            raise PluginBroken("plugin 'dummy' of distribution x: boom")
        return get(name)

    monkeypatch.setattr(arena.jobs, "get", broken)
    assert [n for n in arena.list().notes if "plugin 'dummy'" in n]
    with pytest.raises(NotFound, match="job nothing does not exist") as caught:
        arena.get("nothing")
    assert "not searched: dummy" in caught.value.hint


def test_jobs_made_by_kubectl_are_like_ours(arena: Any, make: Any) -> None:
    template = {
        "spec": {"restartPolicy": "Never", "containers": [{"name": "pytorch", "image": "x", "command": ["sh", "-c", "echo from kubectl"]}]}
    }
    job = {
        "apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "metadata": {"name": "foreign"},
        "spec": {"pytorchReplicaSpecs": {"Master": {"replicas": 1, "template": template}}},
    }  # fmt: skip
    path = f"/apis/kubeflow.org/v1/namespaces/{arena.namespace}/pytorchjobs"
    assert arena.cluster.request("POST", path, None, job).ok
    assert arena.wait("foreign", timeout=20).status.phase is Phase.SUCCEEDED
    assert [j.name for j in arena.list().jobs] == ["foreign"]
    assert [i.short_name for i in arena.get("foreign").status.instances] == ["master-0"]
    assert [line.data for line in arena.logs("foreign")] == [b"from kubectl\n"]
    assert arena.delete("foreign")[0].ok


def test_a_job_inside_another_is_listed_once(arena: Any, make: Any) -> None:
    outer = arena.submit("dummy", make("outer", SLEEP)).manifests[0]
    inner = arena.submit("pytorchjob", make("outer", SLEEP)).manifests[0]
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": "outer", "uid": outer["metadata"]["uid"], "controller": True}
    resource = arena.jobs.get("pytorchjob").job_type.resource
    arena.cluster.patch(resource, arena.namespace, inner["metadata"]["name"], {"metadata": {"ownerReferences": [owner]}})
    assert [(j.name, j.job_type) for j in arena.list().jobs] == [("outer", "dummy")]
    assert arena.get("outer").job_type == "dummy", "the outer one is meant"
    assert arena.get("outer", job_type="pytorchjob").job_type == "pytorchjob"


def test_exec_runs_a_command_in_the_chief(arena: Any, make: Any) -> None:
    arena.submit("dummy", make("shell", SLEEP))
    arena.wait("shell", "running", timeout=20)
    session = arena.direct.exec(arena.get("shell"), ["sh", "-c", "echo out; echo err >&2; cat; exit 4"], stdin=True)
    if session.can_close_stdin:
        session.write(b"in\n")
        session.close_stdin()
    got: dict[int, bytes] = {}
    while frame := session.read():
        got[frame[0]] = got.get(frame[0], b"") + frame[1]
    session.close()
    assert got == {1: b"out\nin\n", 2: b"err\n"} and session.exit_code == 4


def test_extensions_may_change_and_forbid(arena: Any, make: Any) -> None:
    from arena_core.contract.errors import InvalidArguments
    from arena_core.contract.types import Problem

    job = arena.submit("dummy", make("site")).manifests[0]
    assert job["metadata"]["annotations"]["site"] == "here"
    target = next(t for kind, t in arena.extension.told if kind == "mutate")
    assert (target.context, target.namespace, target.local) == ("gate", arena.namespace, False)
    asked = arena.extension.asked
    assert asked.user and asked.lookup is not None and asked.dry_run == "" and asked.args.name
    arena.extension.problems = [Problem("not on Fridays")]
    with pytest.raises(InvalidArguments, match="not on Fridays"):
        arena.submit("dummy", make("friday"))
    assert [j.name for j in arena.list().jobs] == ["site"]


def test_an_end_that_is_none_at_second_sight_is_waited_on(monkeypatch):
    """What a watch shows of job and pods need not be of one moment: the end is read once more before it is believed."""
    from types import SimpleNamespace

    from arena_core.usecases import wait
    from arena_core.usecases.session import Session

    seen = [Phase.FAILED, Phase.SUCCEEDED]
    now = iter([Phase.RUNNING, Phase.SUCCEEDED])

    def job(phase):
        return SimpleNamespace(status=SimpleNamespace(phase=phase), manifest={}, job_type="t", name="n")

    monkeypatch.setattr(wait, "States", lambda *_: (job(phase) for phase in seen))
    monkeypatch.setattr(wait, "find_this", lambda *_: (None, {}, None))
    monkeypatch.setattr(wait, "_goal_of", lambda handle, goal: goal)
    monkeypatch.setattr(wait, "read", lambda *_: job(next(now)))
    monkeypatch.setattr(wait, "reasoned", lambda session, found: found)
    monkeypatch.setattr(wait, "tell_finished", lambda *_: None)
    cluster: Any = SimpleNamespace(limited=lambda _: None)
    no_jobs: Any = None
    session = Session(cluster, no_jobs, "d")
    assert wait.wait_for(session, "n", "finished").status.phase is Phase.SUCCEEDED
