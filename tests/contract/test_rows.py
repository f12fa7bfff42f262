"""Our own contract on the local cluster; on any other: ``dev.py contract --context NAME``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from arena_core.kube.cluster import Cluster
from arena_core.kube.connect import ConnectOptions, connect
from arena_local.testing import LocalCluster
from tests.contract import own
from tests.contract.rows import ROWS, Row


@pytest.fixture(scope="module")
def target(local_cluster: LocalCluster) -> Iterator[tuple[Cluster, str]]:
    cluster = connect(ConnectOptions(kubeconfig=str(local_cluster.kubeconfig)))
    with own.custom_resource(cluster) as group:
        yield cluster, group


@pytest.mark.parametrize("number", list(ROWS))
def test_row(target: tuple[Cluster, str], number: str) -> None:
    own.run(ROWS[number], *target, image="local")


def test_a_row_that_differs_fails(target: tuple[Cluster, str], capsys: pytest.CaptureFixture[str]) -> None:
    def wrong(case: object) -> None:
        raise AssertionError("not as promised")

    assert not own.judge(Row("0", "x", frozenset(), wrong), *target, image="local")
    assert "not as promised" in capsys.readouterr().out
