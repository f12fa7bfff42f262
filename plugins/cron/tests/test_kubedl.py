"""KubeDL's Cron on the local cluster, without processes: what its operator does with policies, deadline and history."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from arena_core.k8s import time
from arena_cron.local import BUNDLE
from arena_local.context import Options
from arena_local.controllers.manager import Manager
from arena_local.testing import api_server

CRONS, JOBS = "crons.apps.kubedl.io", "jobs.batch"
HOUR = 3600.0


class World:
    """An API server with the controller alone: jobs end when the test says so."""

    def __init__(self) -> None:
        # Every second of hours in which nothing happens would be looked at.
        self.api = api_server((BUNDLE,), Options(delays={"kubedl-cron.poll": 60.0}))
        self.clock = self.api.clock
        self.clock.set(datetime(2026, 3, 25, 12, 30, tzinfo=UTC))
        self.manager = Manager(self.api, [factory(self.api) for factory in BUNDLE.controllers])

    def create(self, **spec: Any) -> None:
        pod = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i:1"}]}}
        job = {"metadata": {"labels": {"of": "c"}, **spec.pop("metadata", {})}, "spec": {"template": pod}}
        template = {"apiVersion": "batch/v1", "kind": "Job", "workload": job}
        full = {"schedule": "0 * * * *", "template": template, **spec}
        meta = {"name": "c", "namespace": "default"}
        self.api.create({"apiVersion": "apps.kubedl.io/v1alpha1", "kind": "Cron", "metadata": meta, "spec": full}, manager="t")

    def jobs(self) -> list[Any]:
        return list(self.api.list(JOBS))

    def end(self, job: Any) -> None:
        now = time.text(self.api.now())
        row = {"type": "Complete", "status": "True", "lastTransitionTime": now}
        target = {**row, "type": "SuccessCriteriaMet"}
        status = {"conditions": [target, row], "startTime": now, "completionTime": now}
        self.api.update_status({**job, "status": status}, manager="t")

    @property
    def status(self) -> Any:
        return self.api.get(CRONS, "default", "c").get("status") or {}

    def events(self) -> set[str]:
        return {event["reason"] for event in self.api.list("events") if event["involvedObject"]["kind"] == "Cron"}

    def run(self, story: Callable[[], Awaitable[None]]) -> None:
        async def main() -> None:
            await self.manager.start()
            try:
                await story()
            finally:
                await self.manager.stop()

        asyncio.run(main())


def test_jobs_are_named_by_the_second_and_found_by_a_label() -> None:
    world = World()
    world.create(schedule="CRON_TZ=Asia/Kolkata 30 * * * *", historyLimit=2)

    async def story() -> None:
        await world.clock.advance(HOUR)
        (job,) = world.jobs()
        assert job["metadata"]["name"] == f"c-{int(datetime(2026, 3, 25, 13, tzinfo=UTC).timestamp())}", "half past, in Kolkata"
        assert job["metadata"]["labels"] == {"of": "c", "kubedl.io/cron-name": "c"}
        for _ in range(3):
            for one in world.jobs():
                if not (one.get("status") or {}).get("completionTime"):
                    world.end(one)
            await world.clock.advance(HOUR)
        assert len(world.jobs()) == 4, "those that have ended stay"
        assert [row["object"]["kind"] for row in world.status["history"]] == ["Job", "Job"], "only the list is cut"
        assert world.status["history"][-1]["status"] == "Complete" and len(world.status["active"]) == 1

    world.run(story)


def test_policies() -> None:
    for policy, count, active in (("Forbid", 1, 1), ("Replace", 3, 1), ("Allow", 3, 3)):
        world = World()
        world.create(concurrencyPolicy=policy)

        async def story(world: World = world, count: int = count, active: int = active) -> None:
            await world.clock.advance(3 * HOUR)
            assert (len(world.jobs()), len(world.status["active"])) == (count, active)

        world.run(story)


def test_deadline_suspend_and_what_cannot_be() -> None:
    world = World()
    world.create(deadline="2026-03-25T14:30:00Z")

    async def late() -> None:
        await world.clock.advance(5 * HOUR)
        assert len(world.jobs()) == 2 and "Deadline" in world.events()

    world.run(late)
    for spec, reason in (
        ({"schedule": "61 * * * *"}, "InvalidSchedule"),
        ({"template": {"apiVersion": "batch/v1", "kind": "Job"}}, "MissingWorkload"),
        ({"template": {"apiVersion": "x/v1", "kind": "None", "workload": {"spec": {}}}}, "FailedCreate"),
        ({"suspend": True}, ""),
    ):
        other = World()
        other.create(**spec)

        async def story(world: World = other, reason: str = reason) -> None:
            await world.clock.advance(HOUR)
            assert not world.jobs() and world.events() == ({reason} if reason else set())

        other.run(story)


def test_a_name_of_its_own_forbids_a_second_one() -> None:
    world = World()
    world.create(metadata={"name": "mine"})

    async def story() -> None:
        await world.clock.advance(2 * HOUR)
        assert [job["metadata"]["name"] for job in world.jobs()] == ["mine"] and "OverridePolicy" in world.events()

    world.run(story)
