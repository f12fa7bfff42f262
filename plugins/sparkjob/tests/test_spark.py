"""What each flag does, the account that is made before the job, and the operator's state in Arena's words."""

from __future__ import annotations

import pytest

from arena_core.args import parse
from arena_core.contract.errors import InvalidArguments
from arena_core.contract.types import NOT_TAKEN_UP, Phase
from arena_core.registry import Registry
from arena_core.testing.seen import seen
from arena_sparkjob import plugin
from arena_sparkjob.args import SparkJobArgs
from arena_sparkjob.manifests import build
from arena_sparkjob.values import jvm_memory, with_overhead


def make(**more):
    return build(parse(SparkJobArgs, {"name": "x", **more}))


def test_what_arena_builds_without_any_flag():
    spec = make().job["spec"]
    assert (spec["type"], spec["mode"], spec["image"], spec["sparkVersion"]) == ("Scala", "cluster", "spark:3.5.0", "3.5.0")
    assert spec["mainClass"] == "org.apache.spark.examples.SparkPi" and spec["restartPolicy"] == {"type": "Never"}
    assert (spec["driver"]["cores"], spec["driver"]["memory"]) == (1, "500m")
    assert (spec["executor"]["cores"], spec["executor"]["memory"], spec["executor"]["instances"]) == (1, "500m", 1)


def test_the_account_stands_before_the_job_and_may_only_do_what_a_driver_does():
    made = make()
    account, role, binding = made.before
    assert account["metadata"]["name"] == made.job["spec"]["driver"]["serviceAccount"] == "x-spark"
    assert binding["roleRef"]["name"] == role["metadata"]["name"] and binding["subjects"][0]["name"] == "x-spark"
    assert {resource for rule in role["rules"] for resource in rule["resources"]} == {
        *("pods", "services", "configmaps", "persistentvolumeclaims")
    }
    assert "*" not in str(role["rules"])
    mine = make(service_account="mine")
    assert not mine.before and mine.job["spec"]["driver"]["serviceAccount"] == "mine"


def test_a_program_in_python_has_no_class_and_its_words_are_arguments():
    spec = make(jar="local:///opt/etl.PY", command=("--day", "a b", "$(X)")).job["spec"]
    assert spec["type"] == "Python" and "mainClass" not in spec and spec["arguments"] == ["--day", "a b", "$$(X)"]
    template = spec["driver"]["template"]["spec"]["containers"][0]
    assert "command" not in template and "workingDir" not in template


def test_executors_have_the_gpus_and_a_queue_counts_sparks_overhead():
    spec = make(gpus=2, executor_memory="4Gi", executor_cores=3, data=["claim:/data"]).job["spec"]
    driver, executor = (spec[role]["template"]["spec"]["containers"][0] for role in ("driver", "executor"))
    assert spec["executor"]["gpu"] == {"name": "nvidia.com/gpu", "quantity": 2} and spec["executor"]["memory"] == "4g"
    assert executor["resources"] == {
        "requests": {"nvidia.com/gpu": "2", "cpu": "3", "memory": "4506Mi"},
        "limits": {"nvidia.com/gpu": "2"},
    }
    assert driver["resources"] == {"requests": {"cpu": "1", "memory": "884Mi"}}
    assert all(any(m["mountPath"] == "/data" for m in container["volumeMounts"]) for container in (driver, executor))
    assert plugin.arena_job_status(seen(make(gpus=2, workers=3).job), None).requests == {"nvidia.com/gpu": 6}


@pytest.mark.parametrize(("text", "jvm", "pod"), [("500m", "500m", "884Mi"), ("10G", "10g", "11264Mi"), ("512Mi", "512m", "896Mi")])
def test_amounts_of_memory(text, jvm, pod):
    assert (jvm_memory(text), with_overhead(jvm_memory(text))) == (jvm, pod)


@pytest.mark.parametrize(
    ("flags", "field"),
    [
        ({"driver_memory": "1.5g"}, "driver_memory"),
        ({"executor_memory": "0m"}, "executor_memory"),
        ({"workers": 0}, "workers"),
        ({"image": ""}, "image"),
        ({"jar": ""}, "jar"),
        ({"gang": True}, "gang"),
        ({"shell": "bash"}, "shell"),
    ],
)
def test_what_is_refused_at_once(flags, field):
    with pytest.raises(InvalidArguments) as caught:
        make(**flags)
    assert field in {p.field for p in caught.value.problems}


@pytest.mark.parametrize(
    ("state", "phase"),
    [
        ("", Phase.PENDING),
        ("SUBMITTED", Phase.PENDING),
        ("RUNNING", Phase.RUNNING),
        ("SUCCEEDING", Phase.PENDING),
        ("FAILING", Phase.PENDING),
        ("SUBMISSION_FAILED", Phase.PENDING),
        ("INVALIDATING", Phase.PENDING),
        ("RESUMING", Phase.PENDING),
        ("SUSPENDED", Phase.SUSPENDED),
        ("COMPLETED", Phase.SUCCEEDED),
        ("FAILED", Phase.FAILED),
        ("UNKNOWN", Phase.UNKNOWN),
    ],
)
def test_the_operators_states(state, phase):
    job = {**make().job, "status": {"applicationState": {"state": state, "errorMessage": "why"}}}
    assert plugin.arena_job_status(seen(job, ()), None).phase is phase


def test_why_and_where():
    job = make().job
    assert [c.reason for c in plugin.arena_explain(seen(job, ()), None)] == [NOT_TAKEN_UP]
    failed = {**job, "status": {"applicationState": {"state": "SUBMISSION_FAILED", "errorMessage": "no such image"}}}
    (cause,) = plugin.arena_explain(seen(failed, ()), None)
    assert cause.message.startswith("no such image; the operator starts it again")
    driver = {"podName": "x-driver", "webUIServiceName": "x-ui-svc", "webUIPort": 4040}
    running = {**job, "status": {"applicationState": {"state": "RUNNING"}, "driverInfo": driver}}
    (page,) = Registry(environ={}).get("sparkjob").endpoints(seen(running, ()))
    assert (page.service, page.port) == ("x-ui-svc", 4040)
    assert not plugin.arena_endpoints(seen({**running, "status": {"driverInfo": driver}}, ()), None)
