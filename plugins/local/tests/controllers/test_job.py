from __future__ import annotations

import pytest

from arena_local.sdk.bundle import ApiError
from arena_local.server import subresources
from arena_local.server.options import WriteOptions


def _c(world, name="j"):
    return {k: v[:2] for k, v in world.conditions("jobs.batch", name).items() if v[0] == "True"}


def test_completions_run_and_are_counted_once(world, job):
    async def story():
        world.node.codes = lambda pod: (0, 0)
        world.api.create(job(completions=3, parallelism=2), manager="test")
        await world.until(lambda: "Complete" in _c(world))
        status = world.api.get("jobs.batch", "default", "j")["status"]
        assert status["succeeded"] == 3
        assert status["uncountedTerminatedPods"] == {}
        assert "active" not in status
        assert list(_c(world)) == ["SuccessCriteriaMet", "Complete"]
        assert not any(pod["metadata"].get("finalizers") for pod in world.pods())
        reasons = [reason for reason, _ in world.events("Job", "j")]
        assert reasons.count("SuccessfulCreate") == 3
        assert reasons[-1] == "Completed"
        await world.quiet()

    world.run(story())


def test_backoff_limit_fails_the_job(world, job):
    async def story():
        world.node.codes = lambda pod: (0, 1)
        world.api.create(job(backoffLimit=1), manager="test")
        await world.until(lambda: "Failed" in _c(world))
        assert _c(world) == {"FailureTarget": ("True", "BackoffLimitExceeded"), "Failed": ("True", "BackoffLimitExceeded")}
        assert world.api.get("jobs.batch", "default", "j")["status"]["failed"] == 2
        assert len(world.pods()) == 2

    world.run(story())


def test_indexed_job_names_its_pods(world, job):
    async def story():
        world.node.codes = lambda pod: (0, 0)
        world.api.create(job(completions=3, parallelism=3, completionMode="Indexed"), manager="test")
        await world.until(lambda: "Complete" in _c(world))
        assert world.api.get("jobs.batch", "default", "j")["status"]["completedIndexes"] == "0-2"
        pod = min(world.pods(), key=lambda pod: pod["metadata"]["name"])
        assert pod["metadata"]["name"].startswith("j-0-")
        assert pod["spec"]["hostname"] == "j-0"
        assert pod["metadata"]["annotations"]["batch.kubernetes.io/job-completion-index"] == "0"
        assert [item["name"] for item in pod["spec"]["containers"][0]["env"]] == ["JOB_COMPLETION_INDEX"]

    world.run(story())


def test_backoff_limit_per_index(world, job):
    async def story():
        world.node.codes = lambda pod: (0, 1 if pod["spec"]["hostname"] == "j-1" else 0)
        world.api.create(job(completions=2, parallelism=2, completionMode="Indexed", backoffLimitPerIndex=1), manager="test")
        await world.until(lambda: "Failed" in _c(world))
        status = world.api.get("jobs.batch", "default", "j")["status"]
        assert (status["completedIndexes"], status["failedIndexes"]) == ("0", "1")
        assert _c(world)["Failed"] == ("True", "FailedIndexes")
        assert len([pod for pod in world.pods() if pod["spec"]["hostname"] == "j-1"]) == 2

    world.run(story())


def test_pod_failure_policy_and_ignored_failures(world, job):
    async def story():
        world.node.codes = lambda pod: (0, 42)
        rules = [{"action": "FailJob", "onExitCodes": {"containerName": "c", "operator": "In", "values": [42]}}]
        world.api.create(job(backoffLimit=3, podFailurePolicy={"rules": rules}), manager="test")
        await world.until(lambda: "Failed" in _c(world))
        name = world.pods()[0]["metadata"]["name"]
        text = f"Container c for pod default/{name} failed with exit code 42 matching FailJob rule at index 0"
        assert world.conditions("jobs.batch", "j")["Failed"] == ("True", "PodFailurePolicy", text)
        assert ("PodFailurePolicy", text) in world.events("Job", "j")

    world.run(story())


def test_suspend_deletes_pods_without_counting_them(world, job):
    async def story():
        world.api.create(job(), manager="test")
        await world.until(lambda: world.api.get("jobs.batch", "default", "j").get("status", {}).get("ready") == 1)
        world.api.patch("jobs.batch", "default", "j", {"spec": {"suspend": True}}, manager="test")
        await world.until(lambda: not world.pods() and world.api.get("jobs.batch", "default", "j")["status"]["terminating"] == 0)
        status = world.api.get("jobs.batch", "default", "j")["status"]
        assert "startTime" not in status and "failed" not in status
        assert world.conditions("jobs.batch", "j")["Suspended"] == ("True", "JobSuspended", "Job suspended")
        await world.quiet()
        world.node.codes = lambda pod: (0, 0)
        world.api.patch("jobs.batch", "default", "j", {"spec": {"suspend": False}}, manager="test")
        await world.until(lambda: "Complete" in _c(world))
        assert world.conditions("jobs.batch", "j")["Suspended"] == ("False", "JobResumed", "Job resumed")

    world.run(story())


def test_deadline_and_ttl(world, job):
    async def story():
        world.api.create(job(activeDeadlineSeconds=1, ttlSecondsAfterFinished=1), manager="test")
        await world.until(lambda: "Failed" in _c(world), 4)
        assert _c(world)["Failed"] == ("True", "DeadlineExceeded")
        await world.until(lambda: world.api.find("jobs.batch", "default", "j") is None, 4)
        assert not world.pods()

    world.run(story())


def test_deleted_job_leaves_no_pod_behind(world, job):
    async def story():
        world.api.create(job(parallelism=2, completions=2), manager="test")
        await world.until(lambda: len(world.pods()) == 2)
        world.api.delete("jobs.batch", "default", "j", propagation="Background", manager="test")
        await world.until(lambda: not world.pods())

    world.run(story())


def test_a_deleted_pod_counts_as_failed_and_is_replaced_after_the_back_off(make_world, job):
    from arena_local.context import Options

    # Times are whole seconds: a back-off below one second may be over at once.
    world = make_world(options=Options(delays={"job.batch": 0.0, "job.backoff": 1.6}))

    async def story():
        world.api.create(job(), manager="test")
        await world.until(lambda: world.api.get("jobs.batch", "default", "j").get("status", {}).get("ready") == 1)
        world.api.delete("pods", "default", world.pods()[0]["metadata"]["name"], grace=1, manager="test")
        await world.until(lambda: not world.pods())
        assert world.api.get("jobs.batch", "default", "j")["status"]["failed"] == 1
        await world.until(lambda: len(world.pods()) == 1)
        assert not _c(world)

    world.run(story())


def test_what_a_failed_job_ends_is_no_failed_index(world, job):
    async def story():
        world.node.codes = lambda pod: (0, 1) if pod["spec"]["hostname"] == "j-0" else None
        limits = {"backoffLimitPerIndex": 0, "maxFailedIndexes": 0}
        world.api.create(job(completions=3, parallelism=3, completionMode="Indexed", **limits), manager="test")
        await world.until(lambda: "Failed" in _c(world))
        assert _c(world)["Failed"] == ("True", "MaxFailedIndexesExceeded")
        assert world.api.get("jobs.batch", "default", "j")["status"]["failedIndexes"] == "0"

    world.run(story())


def test_an_evicted_pod_is_marked_so_that_the_failure_policy_can_ignore_it(world, job):
    async def story():
        rules = [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}]
        world.api.create(job(backoffLimit=0, podFailurePolicy={"rules": rules}), manager="test")
        await world.until(lambda: [pod for pod in world.pods() if pod["status"]["phase"] == "Running"])
        first = world.pods()[0]["metadata"]
        resource = world.api.resource("pods")
        subresources.create(world.api, resource, "default", first["name"], "eviction", {}, WriteOptions())
        await world.until(lambda: [pod for pod in world.pods() if pod["metadata"]["uid"] != first["uid"]])
        assert not _c(world)
        assert "failed" not in world.api.get("jobs.batch", "default", "j")["status"]

    world.run(story())


_CODES = {"operator": "In", "values": [1]}


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"backoffLimitPerIndex": 1}, "spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode"),
        (
            {"completionMode": "Indexed", "completions": 1, "maxFailedIndexes": 2},
            "spec.maxFailedIndexes: Invalid value: 2: must be less than or equal to completions",
        ),
        ({"completionMode": "Indexed", "parallelism": 1}, "spec.completions: Required value: when completion mode is Indexed"),
        ({"podFailurePolicy": {"rules": [{"action": "FailIndex", "onExitCodes": _CODES}]}}, "requires the backoffLimitPerIndex to be set"),
        (
            {"podFailurePolicy": {"rules": [{"action": "FailJob"}]}},
            "spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required",
        ),
        (
            {
                "podFailurePolicy": {
                    "rules": [{"action": "Count", "onExitCodes": {"operator": "In", "values": [2, 0], "containerName": "x"}}]
                }
            },
            "spec.podFailurePolicy.rules[0].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator",
        ),
        (
            {"successPolicy": {"rules": [{"succeededCount": 1}]}},
            'spec.successPolicy: Invalid value: {"rules":[{"succeededCount":1}]}: requires',
        ),
        ({"podReplacementPolicy": "x"}, 'Unsupported value: "x": supported values: "Failed", "TerminatingOrFailed"'),
        (
            {"podFailurePolicy": {"rules": [{"action": "FailJob", "onExitCodes": _CODES}]}, "restart": "OnFailure"},
            'spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified',
        ),
    ],
)
def test_a_job_that_makes_no_sense_is_refused(world, job, spec, text):
    spec = dict(spec)
    restart = spec.pop("restart", "Never")
    wanted = job(**spec)
    wanted["spec"]["template"]["spec"]["restartPolicy"] = restart
    with pytest.raises(ApiError) as caught:
        world.api.create(wanted, manager="test")
    assert caught.value.code == 422
    assert text in caught.value.message
