"""The library as an application uses it (Y1, Y2): handles, sequences, text, cancellation, asyncio."""

from __future__ import annotations

import asyncio
import copy
import inspect
import pickle
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from arena_core.client import ArenaClient, AsyncArenaClient, CancelScope
from arena_core.contract.errors import Cancelled, InvalidArguments, JobFailed, NotFound, UsageError
from arena_core.contract.types import JobStatus, JobView, LogSource, Phase, Submission
from arena_core.usecases.views import Job, JobList, LogLine
from arena_local.testing import LocalCluster

SOON = 10.0


@pytest.fixture(scope="module")
def arena(local_cluster: LocalCluster) -> Iterator[ArenaClient]:
    with ArenaClient(kubeconfig=str(local_cluster.kubeconfig), namespace=local_cluster.namespace("lib")) as found:
        yield found


def args(name: str, command: str = "echo hello", **more: Any) -> dict[str, Any]:
    return {"name": name, "image": "busybox", "command": command, **more}


def streams() -> list[str]:
    """The threads that belong to calls."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("arena-")]


def nothing_left() -> None:
    until = time.monotonic() + SOON
    while streams() and time.monotonic() < until:
        time.sleep(0.02)
    assert streams() == []


def test_a_job_is_waited_for_read_and_deleted_through_its_handle(arena: ArenaClient) -> None:  # Y2
    job = arena.submit("pytorchjob", args("handle", "echo one; printf 'two \\377'"))
    ended = job.wait(timeout=60)
    assert ended is not None and ended.status.phase is Phase.SUCCEEDED
    lines = list(job.logs())
    assert [line.text for line in lines] == ["one", "two \ufffd"] and [line.data for line in lines] == [b"one\n", b"two \xff"]
    assert [str(line) for line in ended.logs(tail=1)] == ["two \ufffd"]
    assert lines[0].time is not None and abs((datetime.now(UTC) - lines[0].time).total_seconds()) < 120
    assert any(event["involvedObject"]["kind"] == "Pod" for event in job.events())
    assert arena.get("handle").refresh().uid == ended.uid
    assert job.delete(wait=True).ok
    with pytest.raises(NotFound):
        ended.delete()


def test_a_handle_means_that_very_job(arena: ArenaClient) -> None:
    first = arena.submit("pytorchjob", args("again"))
    first.wait(timeout=60)
    first.delete(wait=True)
    second = arena.submit("pytorchjob", args("again", "echo second"))
    for call in (first.wait, first.refresh, first.delete, first.events):
        with pytest.raises(NotFound):
            call()
    assert arena.get("again").uid == second.wait(timeout=60).uid  # type: ignore[union-attr]
    assert [line.text for line in second.logs()] == ["second"]
    assert arena.delete([second])[0].ok


def test_records_are_taken_wherever_a_name_is_and_lists_are_sequences(arena: ArenaClient) -> None:  # Y1
    done = arena.submit("pytorchjob", args("rec"))
    arena.wait(done, timeout=60)
    found = arena.list()
    assert isinstance(found, Sequence) and [job.name for job in found] == ["rec"] and found[0].name == "rec" and len(found) == 1
    assert found[:1] == found.jobs and found[0] in found
    assert [line.text for line in arena.logs(found[0])] == ["hello"] == [line.text for line in arena.logs(done)]
    assert arena.get(found[0]).uid == found[0].uid and arena.events(done)
    assert arena.delete(found)[0].ok
    with pytest.raises(UsageError, match="not by int"):
        arena.wait(3)  # type: ignore[arg-type]


def test_a_dry_run_is_no_job(arena: ArenaClient) -> None:
    with pytest.raises(UsageError, match="was not created"):
        arena.submit("pytorchjob", args("dry"), dry_run="client").wait()


def test_a_copy_of_a_handle_is_still_the_record(arena: ArenaClient) -> None:
    job = arena.submit("pytorchjob", args("copied", "sleep 60"))
    read = arena.get(job)
    for one in (pickle.loads(pickle.dumps(read)), copy.deepcopy(read), replace(read)):
        assert one == read and one.manifest == read.manifest
        with pytest.raises(UsageError, match="no longer knows its client"):
            one.wait()
        assert arena.get(one).uid == read.uid
    job.delete()


def test_names_of_the_schema_and_plain_values_are_accepted(arena: ArenaClient) -> None:  # Y1
    keys = arena.schema("pytorchjob")["properties"]
    assert "label" in keys
    given = args("schema", label={"team": "a"}, env={"A": 0.1, "B": 1, "D": "x"})
    job = arena.submit("pytorchjob", given, dry_run="client").manifests[0]
    env = {e["name"]: e["value"] for e in job["spec"]["pytorchReplicaSpecs"]["Master"]["template"]["spec"]["containers"][0]["env"]}
    assert job["metadata"]["labels"]["team"] == "a"
    assert (env["A"], env["B"], env["D"]) == ("0.1", "1", "x")
    with pytest.raises(InvalidArguments, match="workers: ") as caught:
        arena.submit("pytorchjob", args("schema", workers="many", gpus=-1))
    assert "gpus: " in str(caught.value)


def test_a_failed_job_tells_which_instance_and_its_last_words(arena: ArenaClient) -> None:  # Y2
    job = arena.submit("pytorchjob", args("bad", "echo Traceback; echo ValueError: no; exit 3"))
    with pytest.raises(JobFailed) as caught:
        job.wait(timeout=60)
    error = caught.value
    assert (error.job, error.instance, error.instance_exit_code, error.exit_code) == ("bad", "master-0", 3, 20)
    assert error.last_lines == ("Traceback", "ValueError: no")
    job.delete()


CALLS: dict[str, Callable[[ArenaClient], Any]] = {
    "wait": lambda arena: arena.wait("long"),
    "logs": lambda arena: list(arena.logs("long", follow=True)),
    "logs of all": lambda arena: list(arena.logs("long", follow=True, all_instances=True)),
    "delete": lambda arena: arena.wait("long", "deleted"),
}


@pytest.fixture
def long(arena: ArenaClient) -> Iterator[str]:
    arena.submit("pytorchjob", args("long", "echo begun; sleep 120", workers=2))
    arena.wait("long", "running", timeout=60)
    yield "long"
    arena.delete("long", wait=True)


@pytest.mark.parametrize("how", ["scope", "close"])
@pytest.mark.parametrize("call", CALLS)
def test_another_thread_ends_a_call_that_waits(arena: ArenaClient, long: str, call: str, how: str) -> None:  # Y2
    scope, outcome = CancelScope(), []

    def work() -> None:
        try:
            CALLS[call](arena.within(scope))
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.5)
    assert thread.is_alive()
    began = time.monotonic()
    scope.cancel() if how == "scope" else arena.close()
    thread.join(SOON)
    assert not thread.is_alive() and time.monotonic() - began < 3 and isinstance(outcome[0], Cancelled)
    nothing_left()
    assert arena.get(long).status.phase is Phase.RUNNING


def test_the_lines_are_closed_by_another_thread(arena: ArenaClient, long: str) -> None:  # Y2
    lines = arena.logs(long, follow=True)
    assert next(lines).text == "begun"
    threading.Timer(0.3, lines.close).start()
    with pytest.raises(Cancelled):
        next(lines)
    with arena.logs(long, follow=True) as more:
        assert next(more).text == "begun"
    nothing_left()


def test_both_clients_have_the_same_names_and_arguments() -> None:  # Y2
    def public(kind: type) -> set[str]:
        return {name for name in dir(kind) if not name.startswith("_")}

    assert public(AsyncArenaClient) - {"of"} == public(ArenaClient)
    for name in public(ArenaClient) - {"logs"}:
        ours, theirs = getattr(ArenaClient, name), getattr(AsyncArenaClient, name)
        if inspect.isfunction(ours):
            assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters), name
    assert list(inspect.signature(ArenaClient.__init__).parameters) == list(inspect.signature(AsyncArenaClient.__init__).parameters)


def test_jobs_from_asyncio(arena: ArenaClient) -> None:  # Y2
    async def main() -> None:
        client = AsyncArenaClient.of(arena)
        jobs = await asyncio.gather(*(client.submit("pytorchjob", args(f"a{n}", f"echo {n}")) for n in range(3)))
        ended = await asyncio.gather(*(job.wait(timeout=60) for job in jobs))
        assert [job.status.phase for job in ended if job] == ["SUCCEEDED"] * 3
        assert [[line.text async for line in job.logs(follow=True)] for job in jobs] == [["0"], ["1"], ["2"]]
        assert {job.name for job in await client.list()} == {"a0", "a1", "a2"}
        assert await (await client.get("a0")).events() and await jobs[0].explain() == []
        assert [(await job.delete(wait=True)).ok for job in jobs] == [True] * 3
        with pytest.raises(NotFound):
            await client.get("a0")

    asyncio.run(main())
    nothing_left()


def test_many_lines_come_in_order_and_whole_over_asyncio(arena: ArenaClient) -> None:
    async def main() -> list[str]:
        client = AsyncArenaClient.of(arena)
        job = await client.submit("pytorchjob", args("lines", "seq 5000"))
        await job.wait(timeout=60)
        found = [line.text async for line in job.logs()]
        await job.delete()
        return found

    assert asyncio.run(main()) == [str(n) for n in range(1, 5001)]


def test_a_cancelled_task_ends_its_call_and_the_loop_goes_on(arena: ArenaClient, long: str) -> None:  # Y2
    async def follow(client: AsyncArenaClient) -> None:
        async for _ in client.logs(long, follow=True):
            pass

    async def main() -> None:
        client = AsyncArenaClient.of(arena)
        for call in (client.wait(long), follow(client)):
            task = asyncio.ensure_future(call)
            await asyncio.sleep(0.5)
            began = time.monotonic()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert time.monotonic() - began < 3
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.wait(long, "succeeded"), 0.3)
        async with aclosing(client.logs(long, follow=True)) as lines:
            async for line in lines:
                assert line.text == "begun"
                break
        waiting = asyncio.ensure_future(client.wait(long))
        await asyncio.sleep(0.3)
        await client.close()
        with pytest.raises(Cancelled):
            await waiting

    asyncio.run(main())
    nothing_left()


def test_a_cancelled_submission_leaves_no_job(arena: ArenaClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from arena_core.usecases import submit as usecase

    inside = threading.Event()
    real = usecase.record.store

    def slow(cluster: Any, *rest: Any) -> Any:
        inside.set()
        cluster.scope.sleep(30)
        return real(cluster, *rest)

    monkeypatch.setattr(usecase.record, "store", slow)

    async def main() -> None:
        task = asyncio.ensure_future(AsyncArenaClient.of(arena).submit("pytorchjob", args("never")))
        await asyncio.to_thread(inside.wait, 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    arena.wait("never", "deleted", timeout=SOON)
    nothing_left()


def test_what_a_notebook_shows_is_escaped() -> None:  # Y2
    evil = "<script>alert(1)</script>"
    manifest = {"kind": "PyTorchJob", "metadata": {"name": evil, "namespace": "<ns>"}}
    status = JobStatus(Phase.PENDING, reason="<r>", message=evil)
    job = Job("pytorchjob", JobView(manifest, status=status))
    made = Submission("pytorchjob", evil, "<ns>", (manifest,), (evil,))
    for record in (job, JobList((job,), (evil,)), status, made):
        html = record._repr_html_()
        assert "&lt;script&gt;" in html and "<script" not in html and ("PyTorchJob" if record is made else "PENDING") in html


def test_a_line_as_text() -> None:
    line = LogLine(LogSource("p", "c", "worker-0"), b"a\r\n", b"2026-01-01T00:00:00.5Z")
    assert (line.text, line.instance, line.time) == ("a\r", "worker-0", datetime(2026, 1, 1, 0, 0, 0, 500000, tzinfo=UTC))
    assert LogLine(LogSource("p", "c"), b"x").time is None
