"""Ray's dashboard is an endpoint of the job as soon as KubeRay has written where it is."""

from __future__ import annotations

from typing import Any

import pytest

from arena_core.contract.types import Endpoint
from arena_rayjob.status import endpoints


def job(url: Any, exact: str = "Running") -> Any:
    return {"status": {"dashboardURL": url, "jobDeploymentStatus": exact}}


@pytest.mark.parametrize(("exact", "ready"), [("Running", True), ("Waiting", True), ("Initializing", None)])
def test_the_dashboard(exact: str, ready: bool | None) -> None:
    assert endpoints(job("a-x1-head-svc.n.svc.cluster.local:8265", exact)) == [
        Endpoint("Ray dashboard", "http", "a-x1-head-svc", 8265, ready)
    ]


@pytest.mark.parametrize("url", [None, "", 5, "10.0.0.1:8265", "a-head-svc.n.svc.cluster.local", "a.n.svc:x", ":8265", ["a"]])
def test_what_is_no_service_is_none(url: Any) -> None:
    assert endpoints(job(url)) == []
