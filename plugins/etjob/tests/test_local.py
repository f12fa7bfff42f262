"""On the local cluster, which has no et-operator: an elastic job says so at submit, one of DeepSpeed becomes an MPIJob and runs."""

from __future__ import annotations

import pytest

from arena_core.client import ArenaClient
from arena_core.contract.errors import KindNotInstalled
from arena_core.contract.types import Phase
from arena_local.testing import LocalCluster


def test_submit_says_that_the_operator_is_missing(local_cluster: LocalCluster) -> None:
    with ArenaClient(kubeconfig=str(local_cluster.kubeconfig), namespace=local_cluster.namespace()) as arena:
        with pytest.raises(KindNotInstalled, match="TrainingJob is not installed on this cluster: the et-operator"):
            arena.submit("etjob", {"name": "x", "image": "i", "command": "true"})
        assert not arena.list().jobs


def test_deepspeed_runs_as_an_mpijob(local_cluster: LocalCluster) -> None:
    pytest.importorskip("arena_mpijob", reason="arena-mpijob, whose type takes its place, is not installed")
    with ArenaClient(kubeconfig=str(local_cluster.kubeconfig), namespace=local_cluster.namespace()) as arena:
        done = arena.submit("deepspeedjob", {"name": "ds", "image": "i", "workers": 2, "command": "cat /job/hostfile"})
        assert done.job_type == "deepspeed-mpijob" and any("submitted as deepspeed-mpijob" in text for text in done.warnings)
        assert arena.wait("ds", timeout=90).status.phase is Phase.SUCCEEDED
        assert [line.text.split(".")[0] for line in arena.logs("ds")] == ["ds-worker-0", "ds-worker-1"]
