"""Logs through faults on the wire: what was written is shown once, in order and to the end, or the command fails (L1 to L7, S2 to S10, R9)."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from arena_core.contract.errors import ArenaError, NotFound
from arena_core.kube import logfollow, logs
from arena_core.kube.nodes import NodeSilent
from arena_core.usecases import verdict
from tests.faults import faults
from tests.faults.proxy import Exchange, FaultProxy

LOG = "/log$"
COUNT = [f"line {n}" for n in range(1, 201)]


def texts(lines: Any) -> list[str]:
    return b"".join(line.data for line in lines).decode().splitlines()


@pytest.fixture
def counted(direct: Any) -> str:
    """A job that has written 200 lines and has ended."""
    direct.submit("dummy", {"name": "j", "image": "x", "command": "seq -f 'line %.0f' 1 200"})
    direct.wait("j", timeout=60)
    return "j"


def test_a_finished_pods_log_is_read_to_its_end_however_slow(
    arena: Any, direct: Any, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L1, R6: `logs -f` ended ten seconds after the job, whatever was still to be read."""
    monkeypatch.setattr(verdict, "GRACE", 0.2)
    direct.submit("dummy", {"name": "big", "image": "x", "command": "seq -f 'line %.0f of a log' 1 20000"})
    direct.wait("big", timeout=60)
    proxy.add(faults.slow(500_000), path=LOG, query="follow|sinceTime|timestamps")
    assert texts(arena.logs("big", follow=True)) == [f"line {n} of a log" for n in range(1, 20001)]


def test_a_quick_job_is_read_where_pods_are_listed_slowly(arena: Any, proxy: FaultProxy) -> None:
    """L2: nothing more to read, before pods were ever listed."""
    proxy.add(faults.late(1.5), path="/pods$", query="labelSelector")
    arena.submit("dummy", {"name": "f2", "image": "x", "command": "echo hello"})
    waits: list[str] = []
    assert texts(arena.logs("f2", follow=True, on_wait=waits.append)) == ["hello"]


def test_a_running_instance_is_not_said_to_be_missing(arena: Any) -> None:
    """L7: `logs -f -i` of a running job began with "has no instances yet"."""
    arena.submit("dummy", {"name": "r", "image": "x", "command": "echo up; sleep 2"})
    arena.wait("r", "running", timeout=60)
    waits: list[str] = []
    assert texts(arena.logs("r", follow=True, instance="worker-0", on_wait=waits.append)) == ["up"] and not waits


@pytest.mark.parametrize("fault", sorted(faults.EVERY))
def test_every_fault_at_every_request_for_a_log(
    arena: Any, counted: str, proxy: FaultProxy, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S2, S3, S10, L6: once at each position the whole log comes all the same; for ever it is an error, never a part with exit 0."""
    for module in (logs, logfollow):
        monkeypatch.setattr(module, "DELAYS", (0.01,))
    monkeypatch.setattr("arena_core.kube.transport.pause_of", lambda tries: 0.01 if tries < 5 else None)
    monkeypatch.setattr(logfollow, "PATIENCE", 0.5)
    monkeypatch.setattr(faults, "LATE", 0.1)
    monkeypatch.setattr(faults, "RETRY_AFTER", 0)
    # With its type the job is found by one request: those for the log are what is struck.
    for options in ({}, {"follow": True}, {"all_instances": True}, {"tail": 150, "follow": True}):
        wanted = COUNT[-options.get("tail", 200) :]
        for position in range(3):
            proxy.clear()
            proxy.add(faults.EVERY[fault](), path=LOG, skip=position, times=1)
            got: list[Any] = []
            try:
                got += arena.logs(counted, job_type="dummy", **options)
            except ArenaError:
                assert fault in ("401", "403", "redirect", "portal", "garbled", "410"), (fault, position, options)
            else:
                assert texts(got) == wanted, (fault, position, options)
    proxy.clear()
    proxy.add(faults.EVERY[fault](), path=LOG)
    try:
        shown = texts(arena.logs(counted, job_type="dummy", follow=True))
    except ArenaError:
        assert fault not in ("late", "slow", "closing", "http10")
    else:  # a server that always says that the log is empty is believed
        assert shown == ([] if fault == "empty" else COUNT)


def test_a_silent_log_is_an_error_in_time(arena: Any, counted: str, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """S9."""
    monkeypatch.setattr(logs, "READ_TIMEOUT", 0.2)
    monkeypatch.setattr(logs, "DELAYS", (0.01,))
    proxy.add(faults.stalled(50), path=LOG)
    with pytest.raises(ArenaError, match="broke off"):
        texts(arena.logs(counted))


def test_the_last_lines_of_an_ended_job_come_once(arena: Any, direct: Any) -> None:
    """S4: 5 6 3 4 5 6."""
    direct.submit("dummy", {"name": "six", "image": "x", "command": "seq 1 6"})
    direct.wait("six", timeout=60)
    for follow in (True, False):
        assert texts(arena.logs("six", tail=2, follow=follow)) == ["5", "6"]
        assert texts(arena.logs("six", tail=0, follow=follow)) == []


def test_logs_of_pods_that_are_gone_are_read_where_they_are_kept(arena: Any, direct: Any, proxy: FaultProxy) -> None:
    """L4: "has no instances yet … `logs -f` waits for them"; they never come."""
    command = "echo rank $RANK; [ $RANK = 0 ] || exit 0; sleep 0.2"
    direct.submit("pytorchjob", {"name": "gone", "image": "x", "command": command, "workers": 2, "clean_task_policy": "All"})
    direct.wait("gone", timeout=60)
    until = time.monotonic() + 30
    while direct.get("gone").pods and time.monotonic() < until:
        time.sleep(0.1)
    for follow in (False, True):
        assert texts(arena.logs("gone", follow=follow)) == ["rank 0"]
        assert texts(arena.logs("gone", follow=follow, instance="worker-0")) == ["rank 1"]
        assert sorted(texts(arena.logs("gone", follow=follow, all_instances=True))) == ["rank 0", "rank 1"]
    assert texts(arena.logs("gone", tail=1, timestamps=True))[0].endswith("Z rank 0")
    # A cluster that keeps nothing: what became of them is said, the same with -f.
    proxy.add(faults.page(404, b"404 page not found\n", "text/plain"), path="/keptlogs")
    for follow in (False, True):
        with pytest.raises(NotFound, match=r"gone is SUCCEEDED \(it ended at .*clean-task policy is All") as caught:
            texts(arena.logs("gone", follow=follow))
        assert "yet" not in caught.value.message and "waits" not in caught.value.hint
    proxy.clear()
    direct.delete("gone")
    notes: list[str] = []
    assert sorted(texts(arena.logs("gone", all_instances=True, on_note=notes.append))) == ["rank 0", "rank 1"]
    assert "has been deleted" in notes[0]


def test_a_container_that_could_not_start_is_an_error_with_its_message(arena: Any) -> None:
    """L7: an empty log, exit 0."""
    handle = arena.jobs.get("dummy")
    real = handle.build_manifests

    def without_shell(args: Any, **more: Any) -> Any:
        manifests = real(args, **more)
        container = manifests[0]["spec"]["template"]["spec"]["containers"][0]
        container["command"], container["args"] = ["/nosuchprogram"], []
        return manifests

    handle.build_manifests = without_shell
    arena.submit("dummy", {"name": "bad", "image": "x", "command": "x"})
    for follow in (True, False):
        with pytest.raises(ArenaError, match=r"worker-0 could not start: .*nosuchprogram"):
            texts(arena.logs("bad", follow=follow))


def test_the_run_before_needs_a_restart(arena: Any, counted: str) -> None:
    """L7: the server's own text, 7."""
    with pytest.raises(NotFound, match="worker-0 has not been restarted"):
        texts(arena.logs(counted, previous=True))


def test_the_nodes_excuse_is_no_log(arena: Any, direct: Any, proxy: FaultProxy, tmp_path: Path) -> None:
    """N11: "unable to retrieve container logs for containerd://…", exit 0."""
    again = tmp_path / "again"
    handle = direct.jobs.get("dummy")
    real = handle.build_manifests

    def restarting(args: Any, **more: Any) -> Any:
        manifests = real(args, **more)
        manifests[0]["spec"]["template"]["spec"]["restartPolicy"] = "OnFailure"
        return manifests

    handle.build_manifests = restarting
    direct.submit(
        "dummy", {"name": "twice", "image": "x", "command": f"[ -e {again} ] && exec sleep 300; touch {again}; echo first; exit 1"}
    )
    until = time.monotonic() + 40
    while time.monotonic() < until and not any(i.restarts for i in direct.get("twice").status.instances):
        time.sleep(0.2)
    assert texts(arena.logs("twice", previous=True)) == ["first"]
    proxy.add(faults.page(200, b"unable to retrieve container logs for containerd://5fc3", "text/plain"), path=LOG, query="previous=true")
    with pytest.raises(ArenaError, match="has removed the log of the run before of worker-0"):
        texts(arena.logs("twice", previous=True))


def test_a_node_that_does_not_answer_is_named_and_waited_for(arena: Any, counted: str, proxy: FaultProxy) -> None:
    """R9."""

    def silent(exchange: Exchange) -> None:
        faults.answer(500, 'Get "https://10.0.0.1:10250/containerLogs/n/p/c": dial tcp 10.0.0.1:10250: connect: connection refused')(
            exchange
        )

    proxy.add(silent, path=LOG)
    with pytest.raises(NodeSilent, match=r"node \S+, where worker-0 runs, does not answer"):
        texts(arena.logs(counted))
    proxy.clear()
    proxy.add(silent, path=LOG, times=4)
    waits: list[str] = []
    assert texts(arena.logs(counted, follow=True, on_wait=waits.append)) == COUNT
    assert "does not answer" in waits[0]
