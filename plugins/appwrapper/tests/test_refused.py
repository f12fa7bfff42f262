"""What a webhook or an operator would refuse late, or ignore silently, is refused early: with the flag named."""

from __future__ import annotations

import pytest

from arena_core.testing.seen import seen

USUAL = ("--name=j", "--image=i:1")
VOLCANO = (*USUAL, "--inner-type=volcano")


@pytest.mark.parametrize(
    ("argv", "flags"),
    [
        # Volcano's webhook
        ([*VOLCANO, "--replicas=4", "--total-partitions=3", "--partition-size=2"], ["--total-partitions"]),
        ([*VOLCANO, "--replicas=4", "--total-partitions=2"], ["--partition-size"]),
        ([*VOLCANO, "--replicas=4", "--partition-size=2"], ["--total-partitions"]),
        ([*VOLCANO, "--replicas=2", "--min-available=3"], ["--min-available"]),
        ([*VOLCANO, "--replicas=0"], ["--replicas"]),
        ([*VOLCANO, "--replicas=-1"], ["--replicas"]),
        ([*VOLCANO, "--task-name=Worker_1"], ["--task-name"]),
        ([*VOLCANO, "--volcano-queue=root"], ["--volcano-queue"]),
        ([*VOLCANO, "--network-topology-mode=strict"], ["--network-topology-mode"]),
        ([*VOLCANO, "--network-topology-mode=hard", "--highest-tier-allowed=1", "--highest-tier-name=rack"], ["--highest-tier-name"]),
        # names of derived pods
        (["--name=" + "n" * 49, "--image=i", "--inner-type=volcano", "--task-name=" + "t" * 20], ["--task-name"]),
        (["--name=" + "n" * 50, "--image=i"], ["--name"]),
        (["--name=1st", "--image=i"], ["--name"]),
        (["--name=Job", "--image=i"], ["--name"]),
        # AppWrapper's operator
        ([*USUAL, "--success-ttl=7d"], ["--success-ttl"]),
        ([*USUAL, "--success-ttl=168h"], ["--success-ttl"]),
        ([*USUAL, "--success-ttl=-1s"], ["--success-ttl"]),
        ([*USUAL, "--warmup-grace-period=25h"], ["--warmup-grace-period"]),
        ([*USUAL, "--admission-grace-period=10m"], ["--admission-grace-period"]),
        ([*USUAL, "--failure-grace-period=soon"], ["--failure-grace-period"]),
        ([*USUAL, "--retry-limit=-1"], ["--retry-limit"]),
        ([*USUAL, "--terminal-exit-codes=3,x"], ["--terminal-exit-codes"]),
        ([*USUAL, "--terminal-exit-codes=256"], ["--terminal-exit-codes"]),
        ([*USUAL, "--terminal-exit-codes=3", "--retryable-exit-codes=3"], ["--terminal-exit-codes"]),
        # a type that cannot be wrapped
        ([*USUAL, "--inner-type=nope"], ["--inner-type"]),
        ([*USUAL, "--inner-type=appwrapperjob"], ["--inner-type"]),
        ([*USUAL, "--inner-type=aw"], ["--inner-type"]),
        # what the inner type demands
        (["--name=j"], ["--image"]),
        (["--name=j", "--inner-type=volcano"], ["--image"]),
        # flags that the chosen type cannot obey
        ([*USUAL, "--replicas=4"], ["--replicas"]),
        ([*USUAL, "--network-topology-mode=hard"], ["--network-topology-mode"]),
        ([*USUAL, "--ps=1"], ["--ps"]),
        ([*USUAL, "--inner-type=tf", "--policy=PodFailed=RestartJob"], ["--policy"]),
        ([*VOLCANO, "--ps=1"], ["--ps"]),
        ([*VOLCANO, "--workers=4"], ["--workers"]),
        ([*VOLCANO, "--running-timeout=1h", "--retry=2"], ["--running-timeout", "--retry"]),
        ([*VOLCANO, "--scheduler=a", "--scheduler-name=b"], ["--scheduler-name"]),
    ],
)
def test_the_flag_is_named(argv, flags, submit):
    assert submit.refused(*argv, "python train.py") == flags


def test_all_problems_at_once(submit):
    argv = ["--replicas=2", "--min-available=3", "--total-partitions=3", "--partition-size=3", "--volcano-queue=root", "--ps=1"]
    assert set(submit.refused(*VOLCANO, *argv, "c")) == {"--min-available", "--total-partitions", "--volcano-queue", "--ps"}


def test_problems_of_wrapper_and_inner_type_come_together(submit):
    wrong = ["--retry-limit=-1", "--warmup-grace-period=25h", "--memory=lots", "--inner-type=volcano", "--replicas=2", "--min-available=3"]
    assert sorted(submit.refused("--name=j", *wrong, "c")) == [
        "--image",
        "--memory",
        "--min-available",
        "--retry-limit",
        "--warmup-grace-period",
    ]


def test_command_is_the_inner_types_business(submit):
    assert submit.refused(*USUAL) == ["--command"]


@pytest.mark.parametrize("kind", ["pytorch", "tf", "volcano"])
def test_a_flag_that_several_types_know_is_never_refused(kind, submit):
    shared = [
        "--gpus=1",
        "--env=A=1",
        "--priority=high",
        "--cpu=1",
        "--share-memory=1Gi",
        "--sync-mode=git",
        "--sync-source=https://h/p.git",
    ]
    assert submit.read("--name=j", "--image=i", f"--inner-type={kind}", *shared, "c")


@pytest.mark.parametrize("kind", ["pytorch", "volcano"])
def test_processes_per_node_belong_to_two(kind, submit, inner):
    job = inner(submit.job(f"--inner-type={kind}", "--nproc-per-node=8"))
    text = str(job)
    assert "'nprocPerNode': '8'" in text if kind == "pytorch" else "'LOCAL_WORLD_SIZE', 'value': '8'" in text


def test_flags_of_one_inner_type_are_there(submit, inner):
    job = inner(submit.job("--inner-type=tf", "--ps=1", "--ps-image=p:1", "--workers=2"))
    assert job["spec"]["tfReplicaSpecs"]["PS"]["template"]["spec"]["containers"][0]["image"] == "p:1"
    tasks = ["--task=master=1", "--task=worker=3,gpus=2", "--policy=PodFailed=RestartJob"]
    wrapper = submit.job("--inner-type=volcano", *tasks)
    assert [t["name"] for t in inner(wrapper)["spec"]["tasks"]] == ["master", "worker"]
    assert [(p["path"], p["replicas"]) for p in wrapper["spec"]["components"][0]["podSets"]] == [
        ("template.spec.tasks[0].template", 1),
        ("template.spec.tasks[1].template", 3),
    ]


def test_more_pod_sets_than_an_appwrapper_holds(submit):
    tasks = [f"--task=t{n}=1" for n in range(9)]
    assert submit.refused(*VOLCANO, *tasks, "c") == ["--inner-type"]
    assert submit.read(*VOLCANO, *tasks[:8], "c")


def test_command_and_image_may_be_left_out_where_the_inner_type_allows_it(registry, submit, monkeypatch):
    model = registry.get("tfjob").args_model
    monkeypatch.setattr(model, "REQUIRES_COMMAND", False)
    monkeypatch.setattr(model, "REQUIRES_IMAGE", False)
    assert submit.read("--name=j", "--inner-type=tf", "--worker-image=i").command == ()


# --- what is not lost on the way


@pytest.mark.parametrize(
    ("argv", "note", "value"),
    [
        (["--retry-limit=0"], "retryLimit", "0"),
        ([], "retryLimit", "3"),
        ([], "admissionGracePeriodDuration", "1m"),
        ([], "warmupGracePeriodDuration", "5m"),
        ([], "failureGracePeriodDuration", "1m"),
        ([], "retryPausePeriodDuration", "90s"),
        (["--warmup-grace-period=15m"], "warmupGracePeriodDuration", "15m"),
        (["--failure-grace-period=0"], "failureGracePeriodDuration", "0s"),
        (["--success-ttl=24h"], "successTTLDuration", "24h"),
        (["--ttl-after-finished=10m"], "successTTLDuration", "10m"),
        (["--forceful-deletion-grace-period=2m"], "forcefulDeletionGracePeriodDuration", "2m"),
        (["--deletion-on-failure-grace-period=1h"], "deletionOnFailureGracePeriodDuration", "1h"),
        (["--terminal-exit-codes=3,10"], "terminalExitCodes", "3,10"),
        (["--terminal-exit-codes=3", "--terminal-exit-codes=10"], "terminalExitCodes", "3,10"),
        (["--retryable-exit-codes=137"], "retryableExitCodes", "137"),
        (["--annotation=workload.codeflare.dev.appwrapper/retryLimit=7"], "retryLimit", "7"),
    ],
)
def test_periods_and_retries(argv, note, value, submit):
    notes = submit.job(*argv)["metadata"]["annotations"]
    assert notes["workload.codeflare.dev.appwrapper/" + note] == value


@pytest.mark.parametrize("kind", ["pytorch", "tf", "volcano"])
def test_inside_a_wrapper_pods_stay_until_they_are_counted(kind, submit, inner):
    argv = [] if kind == "volcano" else ["--clean-task-policy=All"]
    spec = inner(submit.job(f"--inner-type={kind}", "--ttl-after-finished=10m", *argv))["spec"]
    assert "ttlSecondsAfterFinished" not in str(spec)
    assert kind == "volcano" or spec["runPolicy"]["cleanPodPolicy"] == "None"


@pytest.mark.parametrize("kind", ["pytorch", "tf", "volcano"])
def test_nothing_of_the_wrappers_leaks_inside(kind, submit, inner):
    label = "--label=kueue.x-k8s.io/queue-name=q2"
    queue = ["--kueue-queue=q", "--kueue-priority-class=p", label, "--annotation=workload.codeflare.dev.appwrapper/x=y", "--label=team=a"]
    wrapper = submit.job(f"--inner-type={kind}", *queue)
    assert wrapper["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "q"
    assert wrapper["metadata"]["labels"]["kueue.x-k8s.io/priority-class"] == "p"
    text = str(inner(wrapper))
    assert "kueue" not in text and "workload.codeflare.dev.appwrapper/" not in text and "'team': 'a'" in text


@pytest.mark.parametrize(("given", "expected"), [([], None), (["--scheduler-name=volcano"], "volcano"), (["--scheduler=mine"], "mine")])
def test_scheduler_of_pytorch_pods_is_whom_the_user_names(given, expected, submit, inner):
    spec = inner(submit.job(*given))["spec"]["pytorchReplicaSpecs"]["Master"]["template"]["spec"]
    assert spec.get("schedulerName") == expected


def test_counts_follow_the_replicas(submit, inner, registry):
    wrapper = submit.job("--inner-type=volcano", "--replicas=4", "--gpus=1")
    assert wrapper["metadata"]["annotations"]["requestGPUsOfJobOwner"] == "4"
    env = {e["name"]: e.get("value") for e in inner(wrapper)["spec"]["tasks"][0]["template"]["spec"]["containers"][0]["env"]}
    assert (env["workers"], env["WORLD_SIZE"]) == ("4", "4")
    found = registry.get("appwrapperjob").status(seen(wrapper))
    assert (found.replicas, dict(found.requests)) == (4, {"nvidia.com/gpu": 4})


def test_tier_zero_and_no_retries_can_be_said(submit, inner):
    job = inner(submit.job("--inner-type=volcano", "--network-topology-mode=hard", "--highest-tier-allowed=0", "--max-retry=0"))
    assert job["spec"]["networkTopology"] == {"mode": "hard", "highestTierAllowed": 0}
    assert job["spec"]["tasks"][0]["maxRetry"] == 0
    plain = inner(submit.job("--inner-type=volcano"))["spec"]
    assert "networkTopology" not in plain and plain["tasks"][0]["maxRetry"] == 10000
