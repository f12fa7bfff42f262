"""What a real Kubernetes answered, request by request, against the local cluster."""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import json
import random
import string
from pathlib import Path
from typing import Any

import pytest

_spec = importlib.util.spec_from_file_location("contract_excused", Path(__file__).with_name("excused.py"))
excused = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(excused)
_conf = importlib.util.spec_from_file_location("contract_conftest", Path(__file__).with_name("conftest.py"))
conf = importlib.util.module_from_spec(_conf)
_conf.loader.exec_module(conf)

TRANSCRIPTS = conf.SHARED / "conformance" / "transcripts"
SCENARIOS: dict[str, tuple[str, dict[str, Any]]] = {
    scenario["id"]: (file.stem, scenario)
    for file in sorted(TRANSCRIPTS.glob("*.json"))
    if file.stem != "fixtures"
    for scenario in json.loads(file.read_text())["scenarios"]
}
AGREEING = [name for name in SCENARIOS if name not in excused.EXCUSED]
needs_recordings = pytest.mark.skipif(not SCENARIOS, reason="the recordings are not here")


@pytest.fixture(scope="session")
def fixtures() -> dict[str, Any]:
    return json.loads((TRANSCRIPTS / "fixtures.json").read_text())


def play(replay: Any, server: Any, area: str, scenario: dict[str, Any], fixtures: dict[str, Any]) -> list[str]:
    conf.install_crds(server, scenario, fixtures)
    env = {"image": "python:local"}
    skipped = replay.setup(server, scenario, env, fixtures, None)
    assert not skipped
    try:
        return replay.run(server, scenario, env, area == "server-side-apply")
    finally:
        for space in scenario.get("namespaces", ()):
            remove(replay, server, f"/api/v1/namespaces/{env.get(space, '-')}", wait=area not in excused.POD_AREAS)


def remove(replay: Any, server: Any, namespace: str, *, wait: bool) -> None:
    """Delete what a scenario leaves, and wait for it: each object that goes moves the revision of the next scenario's lists."""
    replay.guarded(server, {"method": "DELETE", "path": namespace}, {})
    if wait:
        with contextlib.suppress(TimeoutError):  # one scenario leaves a finalizer that nobody takes away
            conf.wait_for(lambda: server.http({"method": "GET", "path": namespace})["status"] == 404, 3)


class InTurn:
    """Chance for the names of namespaces: those of every other attempt sort as they were made, the others the other way."""

    def __init__(self, attempt: int) -> None:
        self._beginning = random.choices(string.ascii_lowercase, k=3)
        self._ends = itertools.cycle(sorted(string.ascii_lowercase, reverse=bool(attempt % 2)))

    def choices(self, _letters: str, *, k: int) -> list[str]:
        return [*self._beginning, *next(self._ends) * (k - 3)]


@needs_recordings
@pytest.mark.parametrize("name", AGREEING)
def test_agrees(name: str, replay: Any, fixtures: dict[str, Any], request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    area, scenario = SCENARIOS[name]
    server = request.getfixturevalue("pod_server" if area in excused.POD_AREAS else "api_server")
    attempts = excused.ATTEMPTS if name in excused.UNSTABLE else 1
    for attempt in range(attempts):
        monkeypatch.setattr(replay, "random", InTurn(attempt))
        differences = play(replay, server, area, scenario, fixtures)
        if not differences:
            return
    assert not differences, "\n".join(differences)


@needs_recordings
def test_enough_agree() -> None:
    """95 of 100 scenarios, and of each area of ten or more 9 of 10."""
    assert set(excused.EXCUSED) | set(excused.UNSTABLE) <= set(SCENARIOS)
    assert len(AGREEING) >= 0.95 * len(SCENARIOS)
    areas: dict[str, list[str]] = {}
    for name, (area, _) in SCENARIOS.items():
        areas.setdefault(area, []).append(name)
    for names in areas.values():
        if len(names) >= 10:
            assert sum(name not in excused.EXCUSED for name in names) >= 0.9 * len(names), names
