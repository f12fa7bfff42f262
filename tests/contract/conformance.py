"""Requests recorded from a real API server, sent to a local one: do the answers agree."""

from __future__ import annotations

import json
import runpy
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from arena_local.context import Options
from arena_local.testing import LocalCluster
from tests.contract.places import CONFORMANCE, ROOT, SHARED, load

Entry = tuple[str, dict[str, Any]]
ATTEMPTS = 4
#: So much of all scenarios agrees, and so much of each area of ten or more.
ALL, AREA, BIG = 0.95, 0.9, 10
#: The same judge in pytest, beside the list of what differs: there is one list.
TESTS = ROOT / "plugins/local/tests/contract"


@dataclass
class Outcome:
    """One scenario's end."""

    area: str
    id: str
    title: str
    diffs: list[str]
    skipped: str = ""
    seconds: float = 0.0

    @property
    def agrees(self) -> bool:
        """Whether every answer was as recorded."""
        return not self.diffs and not self.skipped


def known() -> dict[str, str]:
    """Scenario -> why it differs."""
    found: dict[str, str] = runpy.run_path(str(TESTS / "excused.py"))["EXCUSED"]
    return found


def shaky() -> dict[str, str]:
    """Scenario -> which chance it depends on."""
    found: dict[str, str] = runpy.run_path(str(TESTS / "excused.py"))["UNSTABLE"]
    return found


def scenarios(areas: Sequence[str] = (), ids: Sequence[str] = ()) -> list[Entry]:
    """The recorded scenarios with their areas."""
    found = []
    for file in sorted((CONFORMANCE / "transcripts").glob("*.json")):
        if file.stem == "fixtures" or (areas and file.stem not in areas):
            continue
        found += [(file.stem, s) for s in json.loads(file.read_text(encoding="utf-8"))["scenarios"] if not ids or s["id"] in ids]
    return found


def play(
    server: tuple[str, str], chosen: Sequence[Entry], jobs: int = 6, tell: Callable[[Outcome], None] = lambda _: None
) -> list[Outcome]:
    """Play the scenarios side by side (each has namespaces of its own; the CRDs are made before)."""
    replay, shaken = load(CONFORMANCE), shaky()
    fixtures = json.loads((CONFORMANCE / "transcripts/fixtures.json").read_text(encoding="utf-8"))
    crds, own, (url, token) = str(SHARED / "crds"), threading.local(), server
    for crd in sorted({c for _, s in chosen for c in s.get("needs", ())}):
        replay.setup(replay.Server(url, token=token), {"needs": [crd]}, {}, fixtures, crds)

    def once(client: Any, area: str, scenario: dict[str, Any]) -> Outcome:
        env, started = {"image": "python:local"}, time.monotonic()
        skipped = replay.setup(client, scenario, env, fixtures, crds)
        diffs = [] if skipped else replay.run(client, scenario, env, area == "server-side-apply")
        for variable in scenario.get("namespaces", []):
            replay.guarded(client, {"method": "DELETE", "path": f"/api/v1/namespaces/{env.get(variable, '-')}"}, {})
        return Outcome(area, scenario["id"], scenario["title"], diffs, skipped or "", time.monotonic() - started)

    def one(entry: Entry) -> Outcome:
        client = own.__dict__.setdefault("client", replay.Server(url, token=token))
        for _ in range(ATTEMPTS if entry[1]["id"] in shaken else 1):
            outcome = once(client, *entry)
            if outcome.agrees:
                break
        tell(outcome)
        return outcome

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, chosen))


def missed(outcomes: Sequence[Outcome]) -> list[str]:
    """The goals that are not reached; and every difference that is not written down."""
    excused = known() | shaky()
    found = [f"{o.id} differs, and nobody knows why: {o.skipped or o.diffs[0]}" for o in outcomes if not o.agrees and o.id not in excused]
    agree = sum(o.agrees for o in outcomes)
    if agree < ALL * len(outcomes):
        found.append(f"{agree} of {len(outcomes)} scenarios agree")
    for area, (good, total) in by_area(outcomes).items():
        if total >= BIG and good < AREA * total:
            found.append(f"{area}: {good} of {total} agree")
    return found


def by_area(outcomes: Sequence[Outcome]) -> dict[str, tuple[int, int]]:
    """Area -> (agreeing, all)."""
    return {
        a: (sum(o.agrees for o in outcomes if o.area == a), sum(o.area == a for o in outcomes)) for a in sorted({o.area for o in outcomes})
    }


def _tell(outcome: Outcome) -> None:
    word = "ok" if outcome.agrees else "differs"
    print(f"{word:8} {outcome.area:28} {outcome.id:14} {outcome.title[:70]} ({outcome.seconds:.1f} s)", flush=True)
    for line in [outcome.skipped, *outcome.diffs][: 0 if outcome.agrees else 5]:
        print(f"         {line}" if line else "", end="\n" if line else "", flush=True)


def main(areas: Sequence[str], ids: Sequence[str]) -> int:
    """``dev.py contract --conformance``."""
    started = time.monotonic()
    with LocalCluster.start(Options(operators=False)) as cluster:
        url, _, token = cluster.server.rpartition("/")
        outcomes = play((url, token), scenarios(areas, ids), tell=_tell)
    print()
    for area, (good, total) in by_area(outcomes).items():
        print(f"{area:30}{good:>4} of {total:>3} agree")
    steps = sum(len(s["steps"]) for _, s in scenarios(areas, ids))
    agree = sum(o.agrees for o in outcomes)
    print(f"{agree} of {len(outcomes)} scenarios ({steps} steps) in {time.monotonic() - started:.0f} s")
    goals = missed(outcomes)
    for line in goals:
        print(f"  missed: {line}", file=sys.stderr)
    return 1 if goals else 0
