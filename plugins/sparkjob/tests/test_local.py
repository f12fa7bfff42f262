"""What does not run on the local cluster says so at submit."""

from __future__ import annotations

import pytest

from arena_core.client import ArenaClient
from arena_core.contract.errors import ArenaError
from arena_local.testing import LocalCluster


def test_submit_says_that_nothing_would_run(local_cluster: LocalCluster) -> None:
    with ArenaClient(kubeconfig=str(local_cluster.kubeconfig), namespace=local_cluster.namespace()) as arena:
        with pytest.raises(ArenaError) as caught:
            arena.submit("sparkjob", {"name": "x"})
        assert "does not run this kind" in str(caught.value) and "there is no Spark here" in str(caught.value)
        assert not arena.list().jobs
