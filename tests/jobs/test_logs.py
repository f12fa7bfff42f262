from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from arena_core.contract.errors import ArenaError, NotFound
from arena_core.contract.types import Phase

COUNT = "for i in 1 2 3 4 5 6; do echo line $i; sleep 0.2; done"


def texts(lines: Any) -> list[str]:
    return [line.text for line in lines]


def test_the_chief_is_read_and_others_by_their_short_name(arena: Any, make: Any) -> None:
    arena.submit("dummy", make("pair", "echo I am $JOB_COMPLETION_INDEX", workers=2))
    arena.wait("pair", timeout=20)
    assert texts(arena.logs("pair")) == ["I am 0"]
    assert texts(arena.logs("pair", instance="worker-1")) == ["I am 1"]
    long_name = next(i.name for i in arena.get("pair").status.instances if i.index == 1)
    assert texts(arena.logs("pair", instance=long_name)) == ["I am 1"]
    with pytest.raises(NotFound, match="worker-9") as caught:
        texts(arena.logs("pair", instance="worker-9"))
    assert "worker-0, worker-1" in caught.value.hint + caught.value.message
    with pytest.raises(NotFound, match="job nothing does not exist"):
        texts(arena.logs("nothing"))


def test_all_instances_come_together_in_the_order_of_time(arena: Any, make: Any) -> None:
    command = "sleep 0.$((JOB_COMPLETION_INDEX * 2)); for i in 1 2 3; do echo $JOB_COMPLETION_INDEX-$i; sleep 0.4; done"
    arena.submit("dummy", make("both", command, workers=2))
    arena.wait("both", timeout=20)
    lines = list(arena.logs("both", all_instances=True))
    assert {line.source.label for line in lines} == {"worker-0", "worker-1"}
    assert texts(lines) == ["0-1", "1-1", "0-2", "1-2", "0-3", "1-3"]
    stamped = list(arena.logs("both", all_instances=True, timestamps=True))
    assert sorted(line.text[:30] for line in stamped) == [line.text[:30] for line in stamped]


def test_a_container_that_is_not_there_is_named_and_not_waited_for(arena: Any, make: Any) -> None:
    arena.submit("pytorchjob", make("boxes", "sleep 20", workers=2))
    arena.wait("boxes", "running", timeout=20)
    for more in ({}, {"follow": True}, {"all_instances": True}, {"instance": "worker-0"}):
        with pytest.raises(NotFound, match="has no container nope") as caught:
            list(arena.logs("boxes", container="nope", **more))
        assert "pytorch" in caught.value.hint
    with pytest.raises(NotFound, match="boxes has no container nope"):
        arena.exec(arena.get("boxes"), ["true"], container="nope")
    # The operator's init container is in the worker alone.
    with pytest.raises(NotFound, match="master-0 has no container init-pytorch"):
        list(arena.logs("boxes", container="init-pytorch", instance="master-0"))
    arena.delete("boxes")


def test_parts_of_a_log(arena: Any, make: Any) -> None:
    arena.submit("dummy", make("parts", "echo a; echo b; printf c"))
    arena.wait("parts", timeout=20)
    assert b"".join(line.data for line in arena.logs("parts")) == b"a\nb\nc"
    assert texts(arena.logs("parts", tail=1)) == ["c"]
    assert texts(arena.logs("parts", tail=0)) == []
    assert b"".join(line.data for line in arena.logs("parts", follow=True)) == b"a\nb\nc"


def test_a_followed_log_waits_for_the_instance_and_survives_cut_connections(arena: Any, make: Any) -> None:
    waits: list[str] = []

    def later() -> None:
        while not any("later is SUSPENDED and has no instances yet" in wait for wait in waits):
            time.sleep(0.05)
        arena.cluster.patch(arena.jobs.get("dummy").job_type.resource, arena.namespace, "later", {"spec": {"suspend": False}})
        for _ in range(4):
            time.sleep(0.35)
            arena.gate.cut()

    handle = arena.jobs.get("dummy")
    real = handle.build_manifests
    handle.build_manifests = lambda args, **more: _suspended(real(args))
    arena.submit("dummy", make("later", COUNT))
    helper = threading.Thread(target=later, daemon=True)
    helper.start()
    assert texts(arena.logs("later", follow=True, on_wait=waits.append)) == [f"line {n}" for n in range(1, 7)]
    helper.join()


def _suspended(manifests: Any) -> Any:
    manifests[0]["spec"]["suspend"] = True
    return manifests


def test_following_all_instances_ends_with_the_job(arena: Any, make: Any) -> None:
    arena.submit("dummy", make("all", "echo start $JOB_COMPLETION_INDEX; sleep 0.3; echo end $JOB_COMPLETION_INDEX", workers=2))
    lines = texts(arena.logs("all", follow=True, all_instances=True))
    assert sorted(lines) == ["end 0", "end 1", "start 0", "start 1"]


def test_who_follows_a_log_to_the_end_of_the_job_tells_of_it_once(arena: Any, make: Any) -> None:
    arena.submit("dummy", make("fails", "echo so far; exit 3"))
    assert texts(arena.logs("fails", follow=True)) == ["so far"]
    ended = [told for told in arena.extension.told if told[0] == "finished"]
    assert ended == [("finished", Phase.FAILED)]
    assert arena.wait("fails", "failed").status.phase is Phase.FAILED
    assert [told for told in arena.extension.told if told[0] == "finished"] == ended


def test_following_ends_when_the_job_is_deleted(arena: Any, make: Any) -> None:
    """L7: it ended silently with 0."""
    arena.submit("dummy", make("doomed", "trap exit TERM; echo up; sleep 30 & wait"))
    got: list[str] = []
    lines = arena.logs("doomed", follow=True)
    got.append(next(lines).text)
    arena.delete("doomed", job_type="dummy")
    with pytest.raises(NotFound, match="dummy doomed was deleted while its log was followed"):
        got += texts(lines)
    assert got == ["up"]


def test_a_pending_instance_says_why_it_has_no_log(arena: Any, make: Any) -> None:
    arena.submit("dummy", make("hungry", gpus=4000))
    until = time.monotonic() + 10
    while time.monotonic() < until and "nvidia.com/gpu" not in " ".join(c.message for c in arena.explain(arena.get("hungry"))):
        time.sleep(0.1)
    with pytest.raises(ArenaError, match=r"no log yet: worker-0 is Pending: .*Insufficient nvidia\.com/gpu") as caught:
        texts(arena.logs("hungry"))
    assert "logs -f hungry" in caught.value.hint


def test_the_operators_own_init_container_is_not_shown(arena: Any, make: Any) -> None:
    arena.submit("pytorchjob", make("ranks", "echo rank $RANK; sleep 0.5", workers=2))
    lines = texts(arena.logs("ranks", follow=True, all_instances=True))
    assert sorted(lines) == ["rank 0", "rank 1"]


def test_a_closed_iterator_leaves_no_thread(arena: Any, make: Any) -> None:
    def ours() -> set[threading.Thread]:
        return {thread for thread in threading.enumerate() if thread.name.startswith("arena-")}

    before = ours()  # those of other tests may be about to end
    arena.submit("dummy", make("endless", "while true; do echo x; sleep 0.1; done"))
    lines = arena.logs("endless", follow=True)
    next(lines)
    lines.close()
    until = time.monotonic() + 5
    while ours() - before and time.monotonic() < until:
        time.sleep(0.05)
    assert not ours() - before


def test_what_outlives_its_job_is_not_followed_for_ever(arena: Any, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arena_core.usecases.verdict.GRACE", 1.0)
    command = "echo rank $RANK; [ $RANK = 0 ] && exec sleep 0.5; trap exit TERM; sleep 60 & wait"
    arena.submit("pytorchjob", make("outlived", command, workers=2, clean_task_policy="None"))
    start = time.monotonic()
    assert sorted(texts(arena.logs("outlived", follow=True, all_instances=True))) == ["rank 0", "rank 1"]
    assert time.monotonic() - start < 15
