"""What may be said of a JobSet, and what is made of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.args import parse, to_job_file
from arena_core.contract.errors import InvalidArguments
from arena_job.jobset.args import JobSetArgs
from arena_job.jobset.manifests import build
from arena_job.jobset.plugin import arena_job_type


def read(**more):
    return parse(JobSetArgs, {"name": "x", "image": "i", "command": "python t.py", **more})


def spec(**more):
    return build(read(**more))[0]["spec"]


def test_one_role():
    found = spec(workers=3)
    (entry,) = found["replicatedJobs"]
    assert (entry["name"], entry["replicas"]) == ("worker", 1)
    job = entry["template"]["spec"]
    assert (job["parallelism"], job["completions"], job["completionMode"], job["backoffLimit"]) == (3, 3, "Indexed", 0)
    assert job["template"]["spec"]["restartPolicy"] == "Never"
    assert "failurePolicy" not in found and found["successPolicy"] == {"operator": "All"}


def test_roles_of_their_own(read_argv):
    argv = [
        "--name=x",
        "--image=i",
        "--role=init",
        "--role",
        "driver=1,gpus=0,depends-on=init:complete",
        "--gpus=2",
        "--coordinator=worker/1",
    ]
    argv += [
        "--role",
        "worker=2,jobs=3,image=w,cpu=4,pod-retry=2,depends-on=init+driver",
        "--role-command",
        "driver=sleep 1",
        "python t.py",
    ]
    found = build(read_argv(JobSetArgs, argv))[0]
    init, driver, worker = found["spec"]["replicatedJobs"]
    assert worker["dependsOn"] == [{"name": "init", "status": "Ready"}, {"name": "driver", "status": "Ready"}]
    assert driver["dependsOn"] == [{"name": "init", "status": "Complete"}]
    assert (worker["replicas"], worker["template"]["spec"]["parallelism"], worker["template"]["spec"]["backoffLimit"]) == (3, 2, 2)
    containers = [entry["template"]["spec"]["template"]["spec"]["containers"][0] for entry in (init, driver, worker)]
    assert [c["image"] for c in containers] == ["i", "i", "w"]
    assert [c["command"][-1] for c in containers] == ["python t.py", "sleep 1", "python t.py"]
    assert [(c.get("resources") or {}).get("limits") for c in containers] == [
        {"nvidia.com/gpu": "2"},
        None,
        {"nvidia.com/gpu": "2", "cpu": "4"},
    ]
    assert found["metadata"]["annotations"]["requestGPUsOfJobOwner"] == "14"
    assert found["spec"]["coordinator"] == {"replicatedJob": "worker", "jobIndex": 1, "podIndex": 0}


def test_how_it_ends():
    found = spec(
        roles=["a=1", "b=1"],
        retry=2,
        restart_strategy="BlockingRecreate",
        failure_rules=["a/*=FailJobSet", "FailedIndexes+DeadlineExceeded=RestartJobSetAndIgnoreMaxRestarts"],
        fail_on_exit_code=[3],
        success_on="Any",
        success_roles=["a"],
        ttl_after_finished="1h",
        running_timeout="2m",
    )
    assert found["failurePolicy"] == {
        "maxRestarts": 2,
        "restartStrategy": "BlockingRecreate",
        "rules": [
            {"name": "exitCode", "action": "FailJobSet", "onJobFailureReasons": ["PodFailurePolicy"]},
            {"name": "rule0", "action": "FailJobSet", "targetReplicatedJobs": ["a"]},
            {"name": "rule1", "action": "RestartJobSetAndIgnoreMaxRestarts", "onJobFailureReasons": ["FailedIndexes", "DeadlineExceeded"]},
        ],
    }
    assert found["successPolicy"] == {"operator": "Any", "targetReplicatedJobs": ["a"]}
    assert found["ttlSecondsAfterFinished"] == 3600
    jobs = [entry["template"]["spec"] for entry in found["replicatedJobs"]]
    assert all(job["activeDeadlineSeconds"] == 120 and job["podFailurePolicy"]["rules"][0]["action"] == "FailJob" for job in jobs)


def test_an_exit_code_needs_no_rule_where_nothing_is_tried_again():
    assert "failurePolicy" not in spec(fail_on_exit_code=[3])


def test_network_and_order():
    found = spec(startup_order="InOrder", subdomain="net", publish_not_ready=False)
    assert found["network"] == {"enableDNSHostnames": True, "publishNotReadyAddresses": False, "subdomain": "net"}
    assert found["startupPolicy"] == {"startupPolicyOrder": "InOrder"}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"roles": ["a=0"]}, "roles"),
        ({"roles": ["a=1,jobs=0"]}, "roles"),
        ({"roles": ["a=1,what=1"]}, "roles"),
        ({"roles": ["a=x"]}, "roles"),
        ({"roles": ["=1"]}, "roles"),
        ({"roles": ["A=1"]}, "roles"),
        ({"roles": ["a=1", "a=2"]}, "roles"),
        ({"roles": ["a=1,depends-on=b", "b=1"]}, "roles"),
        ({"roles": ["a=1", "b=1,depends-on=a:gone"]}, "roles"),
        ({"roles": ["a=1", "b=1,depends-on=a"], "startup_order": "InOrder"}, "startup_order"),
        ({"roles": [f"{'a' * 55}=1"]}, "roles"),
        ({"name": "x" * 50}, "name"),
        ({"name": "1x"}, "name"),
        ({"roles": ["a=1"], "workers": 2}, "workers"),
        ({"roles": ["a=1"], "image": ""}, "roles"),
        ({"image": ""}, "image"),
        ({"command": ()}, "command"),
        ({"roles": ["a=1", "b=1"], "role_commands": {"a": "x"}, "command": ()}, "command"),
        ({"role_commands": {"b": "x"}}, "role_commands"),
        ({"success_roles": ["b"]}, "success_roles"),
        ({"failure_rules": ["b/*=FailJobSet"]}, "failure_rules"),
        ({"failure_rules": ["*=Stop"]}, "failure_rules"),
        ({"failure_rules": ["Bad=FailJobSet"]}, "failure_rules"),
        ({"failure_rules": ["FailJobSet"]}, "failure_rules"),
        ({"coordinator": "b"}, "coordinator"),
        ({"coordinator": "worker/1"}, "coordinator"),
        ({"coordinator": "worker/0/1"}, "coordinator"),
        ({"coordinator": "worker/0/0/0"}, "coordinator"),
        ({"name": "x" * 30, "coordinator": "worker", "subdomain": "y" * 30}, "coordinator"),
        ({"subdomain": "1a"}, "subdomain"),
        ({"subdomain": "A b"}, "subdomain"),
        ({"subdomain": "a", "dns_hostnames": False}, "subdomain"),
        ({"restart_strategy": "BlockingRecreate"}, "restart_strategy"),
    ],
)
def test_what_cannot_be_is_refused(given, field):
    with pytest.raises(InvalidArguments) as caught:
        read(**given)
    assert {p.field for p in caught.value.problems} == {field}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"roles": ["a=1", "b=1"]}, False),
        ({"roles": ["a=1", "b=1"], "success_on": "Any"}, True),
        ({"roles": ["a=1", "b=1"], "success_roles": ["a"]}, True),
        ({"success_on": "Any"}, False),
        ({"roles": ["a=2,jobs=2"], "success_on": "Any"}, True),
    ],
)
def test_a_wrapper_that_can_only_fail_is_told_of(given, told):
    args = read(**given)
    assert any("AppWrapper" in note.message for note in arena_job_type().wrapping.warn(args)) is told
    assert not any("AppWrapper" in note for note in args.notes())


@given(
    st.lists(
        st.fixed_dictionaries(
            {"name": st.from_regex(r"[a-z]{1,6}", fullmatch=True)},
            optional={"pods": st.integers(1, 9), "jobs": st.integers(1, 9), "gpus": st.integers(0, 9), "command": st.just("a, b=c")},
        ),
        min_size=1,
        max_size=4,
        unique_by=lambda role: role["name"],
    )
)
def test_roles_come_back_from_a_job_file(roles):
    args = read(roles=roles)
    again = parse(JobSetArgs, {key: value for key, value in to_job_file("jobset", args).items() if key != "type"})
    assert again.roles == args.roles and build(again) == build(args)
