"""What may be said of a Job, and what is made of it."""

from __future__ import annotations

import pytest

from arena_core.args import parse
from arena_core.contract.errors import InvalidArguments
from arena_job.args import BatchJobArgs
from arena_job.manifests import build


def read(**more):
    return parse(BatchJobArgs, {"name": "x", "image": "i", "command": "python t.py", **more})


def spec(**more):
    return build(read(**more))[0]["spec"]


@pytest.mark.parametrize(
    ("given", "parallelism", "completions", "mode"),
    [
        ({}, 1, 1, "NonIndexed"),
        ({"workers": 3}, 3, 3, "Indexed"),
        ({"completions": 5}, 1, 5, "Indexed"),
        ({"workers": 2, "completions": 5}, 2, 5, "Indexed"),
        ({"workers": 9, "completions": 2}, 2, 2, "Indexed"),
        ({"workers": 3, "completion_mode": "NonIndexed"}, 3, 3, "NonIndexed"),
        ({"completion_mode": "Indexed"}, 1, 1, "Indexed"),
    ],
)
def test_how_many_pods(given, parallelism, completions, mode):
    found = spec(**given)
    assert (found["parallelism"], found["completions"], found["completionMode"]) == (parallelism, completions, mode)


def test_parallelism_is_another_word_for_workers(read_argv):
    args = read_argv(BatchJobArgs, ["--name=x", "--image=i", "--parallelism=4", "--completions", "8", "--fail-on-exit-code", "3", "true"])
    assert (args.workers, args.completions, args.fail_on_exit_code) == (4, 8, (3,))


def test_how_it_ends():
    found = spec(workers=2, retry=3, running_timeout="2m", ttl_after_finished="1h", fail_on_exit_code=["42,3", 42])
    assert (found["backoffLimit"], found["activeDeadlineSeconds"], found["ttlSecondsAfterFinished"]) == (3, 120, 3600)
    (rule,) = found["podFailurePolicy"]["rules"]
    assert rule == {"action": "FailJob", "onExitCodes": {"containerName": "main", "operator": "In", "values": [3, 42]}}
    assert found["template"]["spec"]["restartPolicy"] == "Never"
    each = spec(workers=3, retry_per_index=2, max_failed_indexes=1)
    assert (each["backoffLimitPerIndex"], each["maxFailedIndexes"]) == (2, 1) and "backoffLimit" not in each


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"retry_per_index": 1}, "retry_per_index"),
        ({"workers": 2, "retry_per_index": 1, "retry": 1}, "retry_per_index"),
        ({"workers": 2, "max_failed_indexes": 1}, "max_failed_indexes"),
        ({"workers": 2, "retry_per_index": 1, "max_failed_indexes": 3}, "max_failed_indexes"),
        ({"fail_on_exit_code": ["0"]}, "fail_on_exit_code"),
        ({"fail_on_exit_code": ["256"]}, "fail_on_exit_code"),
        ({"fail_on_exit_code": ["x"]}, "fail_on_exit_code"),
    ],
)
def test_what_cannot_be_is_refused(given, field):
    with pytest.raises(InvalidArguments) as caught:
        read(**given)
    assert [p.field for p in caught.value.problems] == [field]


def test_what_has_no_effect_is_told():
    assert any("--workers 9" in note for note in read(workers=9, completions=2).notes())
    assert any("JOB_COMPLETION_INDEX" in note for note in read(workers=2, env={"JOB_COMPLETION_INDEX": "1"}).notes())
