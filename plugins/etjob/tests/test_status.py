"""From phase, conditions and pods of a TrainingJob to Arena's words, and what is built."""

from __future__ import annotations

import pytest

from arena_core.args import parse
from arena_core.contract.errors import InvalidArguments
from arena_core.contract.types import FRESH_KEYS, NOT_TAKEN_UP, Phase, Rank
from arena_core.registry import Registry
from arena_core.testing.seen import seen
from arena_etjob import plugin
from arena_etjob.args import ETJobArgs
from arena_etjob.deepspeed.args import DeepSpeedJobArgs
from arena_etjob.manifests import build


def make(model=ETJobArgs, **more):
    return build(parse(model, {"name": "x", "image": "i", "command": "run", **more}))


def status(phase, *, pods=None, spec=None, **more):
    job = make()[0]
    job["spec"].update(spec or {})
    return plugin.arena_job_status(seen({**job, "status": {"phase": phase, **more}}, pods), None)


def test_a_failed_job_that_is_started_again_has_not_failed():
    again = {"restartPolicy": "OnFailure", "backoffLimit": 2}
    assert (status("Failed", spec=again, restartCount=1).phase, status("Failed", spec=again, restartCount=1).exact) == (
        Phase.PENDING,
        "Restarting",
    )
    assert status("Failed", spec=again, restartCount=2).phase is Phase.FAILED
    assert status("Failed").phase is Phase.FAILED, "the operator's own policy is Never"


def test_scaling_is_running_and_says_by_what():
    found = status("Scaling", currentScaler="ScaleOut:ns/x-1")
    assert (found.phase, found.exact, found.message) == (Phase.RUNNING, "Scaling", "ScaleOut:ns/x-1")


def causes(job):
    return list(plugin.arena_explain(seen(job, ()), None))


def test_why():
    job = make()[0]
    assert [c.reason for c in causes(job)] == [NOT_TAKEN_UP]
    held = causes({**job, "status": {"phase": "Suspended"}})
    assert held[0].rank is Rank.NEVER and "never resumes" in held[0].message
    late = {**job, "metadata": {**job["metadata"], "annotations": {"job-supervisor.kube-ai.io/job-status": "timeout"}}}
    assert causes({**late, "status": {"phase": "Failed"}})[0].reason == "MaxWaitTimeExceeded"


def test_the_size_is_what_there_is():
    job = make(workers=2, max_workers=5)[0]
    scale = Registry(environ={}).get("etjob").job_type.scale
    assert not scale(job), "nothing looks at a scaler before the job runs"
    (workers,) = scale({**job, "status": {"phase": "Running", "currentWorkers": ["a", "b", "c"]}})
    assert (workers.now, workers.minimum, workers.maximum) == (3, 1, 5)
    assert scale({**job, "status": {"phase": "Running"}})[0].now == 2


def test_what_arena_builds():
    job, secret = make(workers=3, gpus=2, spot_instance=True, max_wait_time=300, job_backoff_limit=4)[:2]
    specs = job["spec"]["etReplicaSpecs"]
    launcher, worker = (specs[name]["template"]["spec"]["containers"][0] for name in ("launcher", "worker"))
    assert (specs["launcher"]["replicas"], specs["worker"]["replicas"]) == (1, 3)
    assert (specs["worker"]["minReplicas"], specs["worker"]["maxReplicas"]) == (1, 1000)
    assert launcher["command"] == ["sh", "-c", "run"] and "command" not in worker
    assert worker["resources"]["limits"] == {"nvidia.com/gpu": "2"} and "resources" not in launcher
    assert {"name": "maxWorkers", "value": "1000"} in launcher["env"]
    assert (job["spec"]["backoffLimit"], job["spec"]["cleanPodPolicy"]) == (4, "Running") and "restartPolicy" not in job["spec"]
    notes = job["metadata"]["annotations"]
    assert notes["job-supervisor.kube-ai.io/spot-instance"] == "true" and notes["job-supervisor.kube-ai.io/max-wait-time"] == "300"
    assert secret["metadata"]["name"] == "x" and FRESH_KEYS in secret["metadata"]["annotations"] and "data" not in secret


def test_keys_that_are_there_are_named_and_none_are_made():
    job, *others = make(ssh_secret="keys")
    assert job["metadata"]["annotations"]["arena.kubeflow.org/ssh-secret"] == "keys"
    assert "Secret" not in {o["kind"] for o in others}


def test_deepspeed_is_known_by_its_label():
    registry = Registry(environ={})
    job = make(DeepSpeedJobArgs)[0]
    assert registry.for_object(job).job_type.name == "deepspeedjob" and registry.for_object(make()[0]).job_type.name == "etjob"
    worker = job["spec"]["etReplicaSpecs"]["worker"]
    assert {"name": "NCCL_ASYNC_ERROR_HANDLING", "value": "1"} in worker["template"]["spec"]["containers"][0]["env"]
    assert "maxReplicas" not in worker


@pytest.mark.parametrize(
    ("flags", "field"),
    [
        ({"workers": 3, "max_workers": 2}, "max_workers"),
        ({"workers": 1, "min_workers": 2}, "min_workers"),
        ({"kueue_queue": "q"}, "kueue_queue"),
        ({"retry": 1, "job_restart_policy": "Never"}, "retry"),
        ({"job_restart_policy": "Always"}, "job_restart_policy"),
    ],
)
def test_what_is_refused_at_once(flags, field):
    with pytest.raises(InvalidArguments) as caught:
        make(**flags)
    assert field in {p.field for p in caught.value.problems}
