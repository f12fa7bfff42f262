from __future__ import annotations

import asyncio

from arena_local.controllers.job.indexes import compress, parse
from arena_local.controllers.queue import BASE_DELAY, WorkQueue
from arena_local.sdk.clock import Clock


def run(story):
    return asyncio.run(story)


def test_keys_wait_once_and_in_order():
    async def story():
        queue = WorkQueue()
        for name in ("a", "b", "a"):
            queue.add(("", name))
        assert [await queue.pop() for _ in range(2)] == [("", "a"), ("", "b")]
        assert len(queue) == 0

    run(story())


def test_the_earlier_of_two_delays_counts():
    async def story():
        queue, loop = WorkQueue(), asyncio.get_running_loop()
        begun = loop.time()
        queue.add_after(("", "a"), 5)
        queue.add_after(("", "a"), 0.01)
        queue.add_after(("", "a"), 3)
        await asyncio.wait_for(queue.pop(), 1)
        assert loop.time() - begun < 1
        queue.close()

    run(story())


def test_back_off_doubles_until_forgotten():
    async def story():
        queue = WorkQueue()
        key = ("", "a")
        assert [queue.retry(key) for _ in range(3)] == [BASE_DELAY, BASE_DELAY * 2, BASE_DELAY * 4]
        queue.forget(key)
        assert queue.retry(key) == BASE_DELAY
        for _ in range(60):
            last = queue.retry(key)
        assert last == 1000
        queue.close()

    run(story())


def test_a_held_key_waits_by_the_clock_that_is_moved():
    async def story():
        clock = Clock()
        queue, key = WorkQueue(clock), ("", "slow")
        queue.add_after(key, 60)
        queue.hold(key, 61)
        await clock.advance(60.5)
        assert not len(queue)
        await clock.advance(1)
        assert await asyncio.wait_for(queue.pop(), 1) == key, "and not only after a real minute of looking again and again"

    run(story())


def test_a_held_key_lets_others_pass():
    async def story():
        queue = WorkQueue()
        queue.hold(("", "slow"), 0.05)
        queue.add(("", "slow"))
        queue.add(("", "quick"))
        assert await queue.pop() == ("", "quick")
        assert await asyncio.wait_for(queue.pop(), 1) == ("", "slow")

    run(story())


def test_indexes_read_and_write_runs():
    assert compress({0, 1, 2, 5, 7, 8}) == "0-2,5,7,8"
    assert parse("0-2,5,7,8") == {0, 1, 2, 5, 7, 8}
    assert (compress(()), parse("")) == ("", set())
