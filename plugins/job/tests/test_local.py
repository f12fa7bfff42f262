"""Jobs from submit to delete on the local cluster, with real processes."""

from __future__ import annotations

import pytest

from arena_core.client import ArenaClient
from arena_core.contract.errors import JobFailed
from arena_core.contract.types import Phase


def raw(name: str, command: str, **more):
    return {"name": name, "image": "x", "working_dir": "/tmp", "command": command, **more}


def test_numbered_pods_from_submit_to_delete(arena: ArenaClient):
    arena.submit("job", raw("j", 'echo "number $JOB_COMPLETION_INDEX of $workers"', workers=2, completions=3))
    found = arena.wait("j", timeout=60)
    assert (found.status.phase, found.job_type) == (Phase.SUCCEEDED, "job")
    assert sorted(i.short_name for i in found.status.instances) == ["worker-0", "worker-1", "worker-2"]
    assert found.status.chief.short_name == "worker-0"
    assert [line.data for line in arena.logs("j")] == [b"number 0 of 2\n"]
    assert [job.name for job in arena.list().jobs] == ["j"]
    arena.delete("j", wait=True, timeout=30)
    assert not arena.list().jobs


def test_a_failure_that_no_retry_can_mend_ends_it_at_once(arena: ArenaClient):
    arena.submit("job", raw("bad", "exit 42", retry=5, fail_on_exit_code=[42]))
    with pytest.raises(JobFailed):
        arena.wait("bad", timeout=60)
    found = arena.get("bad")
    assert (found.status.phase, len(found.status.instances)) == (Phase.FAILED, 1)
    causes = arena.explain(found)
    assert "exited with 42" in causes[0].message
    assert "PodFailurePolicy" in [cause.reason for cause in causes]


def test_in_an_appwrapper(arena: ArenaClient):
    arena.submit("appwrapperjob", raw("w", "true", inner_type="job", workers=2))
    found = arena.wait("w", timeout=60)
    assert (found.job_type, found.status.phase, found.status.replicas) == ("appwrapperjob", Phase.SUCCEEDED, 2)
    assert [i.short_name for i in found.status.instances if i.chief] == ["worker-0"]
    assert [job.name for job in arena.list().jobs] == ["w"]


def test_in_a_queue(one_after_the_other):
    more = {"workers": 2, "gpus": 1}
    one_after_the_other("job", raw("", "sleep 600", **more), raw("", "true", **more))
