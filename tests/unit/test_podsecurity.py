"""What Pod Security's levels forbid (N5)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from arena_core.podsecurity import breaches
from arena_core.testing.conformance import OBJECT

SAFE = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def spec(container: Any = None, **more: Any) -> dict[str, Any]:
    return {"containers": [{"name": "c", "securityContext": container or {}}], **more}


@pytest.mark.parametrize(
    ("pod", "baseline"),
    [
        (spec(), []),
        (spec(hostNetwork=True), ["hostNetwork"]),
        (spec(volumes=[{"name": "v", "hostPath": {"path": "/tmp"}}]), ["hostPath volumes"]),
        (spec({"privileged": True}), ["privileged containers"]),
        (spec({"capabilities": {"add": ["IPC_LOCK"]}}), ["added capabilities"]),
        (spec({"capabilities": {"add": ["CHOWN"]}}), []),
    ],
)
def test_baseline(pod: dict[str, Any], baseline: list[str]) -> None:
    assert breaches(pod, "baseline") == baseline
    assert breaches(pod, "privileged") == breaches(pod, "nonsense") == []
    assert set(baseline) < set(breaches(pod, "restricted"))


def test_restricted() -> None:
    assert breaches(spec(SAFE), "restricted") == []
    for key in SAFE:
        assert len(breaches(spec({k: v for k, v in SAFE.items() if k != key}), "restricted")) == 1, key
    assert breaches(spec({**SAFE, "runAsNonRoot": False}, securityContext={"runAsNonRoot": True}), "restricted"), (
        "the container's own word counts"
    )


@given(OBJECT)
def test_any_object_is_taken(obj: dict[str, Any]) -> None:
    breaches(obj, "restricted")
