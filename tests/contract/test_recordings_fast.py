"""The fast part of the recorded life cycles, against a running local cluster; all of them: ``dev.py contract --recordings``."""

from __future__ import annotations

import fnmatch

import pytest

from arena_local.context import Options
from arena_local.testing import LocalCluster
from tests.contract import recorded
from tests.contract.places import RECORDINGS

#: They mostly wait, for the operators' own delays and for the pace of the recording.
AT_ONCE = 12
here = pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the recordings are not here")


@here
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_fast_recordings_agree() -> None:
    names = recorded.choose(subset="fast")
    assert len(names) > 60
    with LocalCluster.start(Options(resources={"nvidia.com/gpu": "8"})) as cluster:
        results = recorded.play(names, cluster.kubeconfig, AT_ONCE, level=4, show=False)
    failed = {r.scenario: recorded.describe(r, 4) for r in results if r.error or r.bad(4)}
    assert not failed
    total = recorded.agreement(results, excused=False)["total"]
    assert all(total[level] >= recorded.SHARE * total[0] for level in (5, 6)), "events and details of pods"


@here
def test_what_is_known_to_differ_is_a_scenario_and_has_a_reason() -> None:
    scenarios = set(recorded.load(RECORDINGS).R.names())
    for name, entry in recorded.known().items():
        assert fnmatch.filter(scenarios, name), name
        assert len(entry["why"].split()) > 5, name


def judged(level: int, **more: object) -> object:
    """A result with one difference, as the replay makes it."""

    class Result:
        scenario, area, error, notes, unstable, seconds = "s", "pod", None, [], [], 0.0
        diffs = [type("D", (), {"level": level, "object": "Pod/p", "path": "phase", "recorded": "a", "seen": "b"})()]

        def bad(self, most: int = 6) -> list[object]:
            return [d for d in self.diffs if d.level <= most]

    result = Result()
    result.__dict__.update(more)
    return result


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_one_difference_that_nobody_knows_of_fails(level: int) -> None:
    assert any(line.startswith("s: L") for line in recorded.missed([judged(level)]))


def test_events_and_pods_may_differ_in_one_of_ten() -> None:
    good = [judged(5, diffs=[]) for _ in range(9)]
    assert recorded.missed([*good, judged(5)]) == []
    assert recorded.missed([*good[1:], judged(5), judged(5)])
    assert recorded.missed([judged(1, error="the server went away")])
