"""CronJobs, with the clock moved: when jobs are made, what of them is kept, and what the policies do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from arena_core.k8s import time
from arena_local.sdk.bundle import ApiError

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


def cron(name="c", schedule="0 * * * *", **spec):
    pod = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i:1", "command": ["true"]}]}}
    template = {"metadata": {"labels": {"of": name}}, "spec": {"template": pod}}
    return {
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name, "namespace": "default"},
        "spec": {"schedule": schedule, "jobTemplate": template, **spec},
    }  # fmt: skip


def at(world, *parts):
    """Let the cluster begin at a moment."""
    world.api.clock.set(datetime(*parts, tzinfo=UTC))


def made(world):
    """The times for which jobs were made, in order, as the jobs say it."""
    return made_by(world.seen)


def made_by(seen):
    return [seen[uid] for uid in seen]


@pytest.fixture
def world(make_world):
    world = make_world()
    world.seen = {}

    def watch(event, resource, new, old):
        if resource == "jobs.batch" and event == "ADDED":
            world.seen[new["metadata"]["uid"]] = new["metadata"]["annotations"]["batch.kubernetes.io/cronjob-scheduled-timestamp"]

    world.api.subscribe(watch)
    world.node.codes = lambda pod: (0.0, 0)
    return world


def test_a_job_is_made_when_its_minute_has_come(world):
    at(world, 2026, 1, 1, 0, 30)
    world.api.create(cron(), manager="t")

    async def story():
        await world.api.clock.advance(29 * MINUTE)
        assert not world.api.list("jobs.batch")
        await world.api.clock.advance(2 * MINUTE)
        (job,) = world.api.list("jobs.batch")
        assert job["metadata"]["name"] == f"c-{int(datetime(2026, 1, 1, 1, tzinfo=UTC).timestamp()) // 60}"
        assert job["metadata"]["labels"]["of"] == "c" and made(world) == ["2026-01-01T01:00:00Z"]
        await world.until(lambda: world.conditions("jobs.batch", job["metadata"]["name"]).get("Complete"))
        await world.until(lambda: world.api.get("cronjobs.batch", "default", "c")["status"].get("lastSuccessfulTime"))
        status = world.api.get("cronjobs.batch", "default", "c")["status"]
        assert status["lastScheduleTime"] == "2026-01-01T01:00:00Z" and "active" not in status
        assert [reason for reason, _ in world.events("CronJob", "c")] == ["SuccessfulCreate", "SawCompletedJob"]

    world.run(story())


def test_all_hours_over_a_change_of_the_clock(world):
    """Every hour of three days is run once, and of the nightly job one night is left out: Europe/Berlin has no 02:30 on 2026-03-29."""
    at(world, 2026, 3, 27, 12, 30)
    world.api.create(cron("hourly", timeZone="Europe/Berlin", successfulJobsHistoryLimit=4), manager="t")
    world.api.create(cron("nightly", "30 2 * * *", timeZone="Europe/Berlin", successfulJobsHistoryLimit=4), manager="t")

    async def story():
        await world.api.clock.advance(3 * DAY)
        await world.quiet()
        kept = world.api.list("jobs.batch", "default", {"of": "hourly"})
        assert len(kept) == 4, "the oldest are deleted"

    world.run(story())
    hours = sorted(time.read(text) for text in made(world) if text[14:16] == "00")
    first = datetime(2026, 3, 27, 13, tzinfo=UTC)
    assert hours == [first + timedelta(hours=hour) for hour in range(3 * 24)]
    nights = [text for text in made(world) if text[14:16] == "30"]
    assert nights == ["2026-03-28T02:30:00+01:00", "2026-03-30T02:30:00+02:00"]


def test_policies_for_a_job_that_still_runs(world):
    world.node.codes = lambda pod: None  # they run on
    at(world, 2026, 1, 1, 0, 30)
    for policy in ("Allow", "Forbid", "Replace"):
        world.api.create(cron(policy.lower(), concurrencyPolicy=policy), manager="t")

    async def story():
        await world.api.clock.advance(3 * HOUR)
        await world.quiet()
        count = {policy: len(world.api.list("jobs.batch", "default", {"of": policy})) for policy in ("allow", "forbid", "replace")}
        assert count == {"allow": 3, "forbid": 1, "replace": 1}
        (last,) = world.api.list("jobs.batch", "default", {"of": "replace"})
        assert last["metadata"]["annotations"]["batch.kubernetes.io/cronjob-scheduled-timestamp"] == "2026-01-01T03:00:00Z"
        assert {reason for reason, _ in world.events("CronJob", "forbid")} == {"JobAlreadyActive"}, "older events have expired"
        assert len(world.api.get("cronjobs.batch", "default", "allow")["status"]["active"]) == 3

    world.run(story())


def test_a_suspended_one_rests_and_then_runs_the_newest_that_it_missed(world):
    at(world, 2026, 1, 1, 0, 30)
    world.api.create(cron(suspend=True), manager="t")
    world.api.create(cron("late", suspend=True, startingDeadlineSeconds=60), manager="t")

    async def story():
        await world.api.clock.advance(200 * HOUR)
        assert not made(world)
        for name in ("c", "late"):
            world.api.patch("cronjobs.batch", "default", name, {"spec": {"suspend": False}}, manager="t")
        await world.until(lambda: made(world))
        await world.quiet()
        assert made(world) == ["2026-01-09T08:00:00Z"], "and the one that may not begin late does not"
        assert ("TooManyMissedTimes" in dict(world.events("CronJob", "c"))) and not world.events("CronJob", "late")

    world.run(story())


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"schedule": "61 * * * *"}, "end of range (61) above maximum (59): 61"),
        ({"schedule": "TZ=UTC 0 0 * * *"}, "cannot use TZ or CRON_TZ in schedule"),
        ({"timeZone": "Mars/Olympus"}, "unknown time zone Mars/Olympus"),
        ({"timeZone": "Local"}, "must be an explicit time zone"),
        ({"concurrencyPolicy": "Never"}, 'supported values: "Allow", "Forbid", "Replace"'),
        ({"successfulJobsHistoryLimit": -1}, "must be greater than or equal to 0"),
    ],
)
def test_what_is_refused(world, spec, said):
    with pytest.raises(ApiError) as caught:
        world.api.create(cron(**spec), manager="t")
    assert said in caught.value.message


def test_names_are_short_enough_for_those_of_its_jobs(world):
    with pytest.raises(ApiError, match="no more than 52 characters"):
        world.api.create(cron("x" * 53), manager="t")
