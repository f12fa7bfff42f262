"""Requests recorded from a real API server, sent to a local one: do the answers agree."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arena_local.context import Options
from arena_local.daemon import control
from arena_local.daemon.state import State
from tests.contract.places import CONFORMANCE, HERE, SHARED, load

KNOWN = HERE / "known-conformance.json"
#: So much of all scenarios agrees, and so much of each area of ten or more.
ALL, AREA, BIG = 0.95, 0.9, 10
PLAIN = HERE.parents[1] / "plugins/local/tests/contract/plain_server.py"


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
    """Scenario (``area/id``) -> why it differs."""
    found: dict[str, str] = json.loads(KNOWN.read_text(encoding="utf-8"))
    return found


@contextlib.contextmanager
def plain_server() -> Iterator[str]:
    """A local cluster without job types, as the recorded one was; yields its URL."""
    folder = Path(tempfile.mkdtemp(prefix="arena-conf-"))
    state = State(folder / "local")
    state.save_options(Options())
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen([sys.executable, str(PLAIN), str(state.folder)], stdout=out, stderr=out)
    try:
        until = time.monotonic() + 20
        while state.daemon() is None:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the server did not start: {(folder / 'out').read_text()}")
            time.sleep(0.05)
        daemon = state.daemon()
        assert daemon is not None
        yield f"http://127.0.0.1:{daemon.port}/{state.token()}"
    finally:
        control.stop(state)
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def scenarios(areas: Sequence[str] = (), ids: Sequence[str] = ()) -> list[tuple[str, dict[str, Any]]]:
    """The recorded scenarios with their areas."""
    found = []
    for file in sorted((CONFORMANCE / "transcripts").glob("*.json")):
        if file.stem == "fixtures" or (areas and file.stem not in areas):
            continue
        found += [(file.stem, s) for s in json.loads(file.read_text(encoding="utf-8"))["scenarios"] if not ids or s["id"] in ids]
    return found


def play(
    url: str, chosen: Sequence[tuple[str, dict[str, Any]]], jobs: int = 6, tell: Callable[[Outcome], None] = lambda _: None
) -> list[Outcome]:
    """Play the scenarios side by side (each has namespaces of its own; the CRDs are made before)."""
    replay = load(CONFORMANCE)
    fixtures = json.loads((CONFORMANCE / "transcripts/fixtures.json").read_text(encoding="utf-8"))
    crds, own = str(SHARED / "crds"), threading.local()
    for crd in sorted({c for _, s in chosen for c in s.get("needs", ())}):
        replay.setup(replay.Server(url), {"needs": [crd]}, {}, fixtures, crds)

    def one(entry: tuple[str, dict[str, Any]]) -> Outcome:
        area, scenario = entry
        server = own.__dict__.setdefault("server", replay.Server(url))
        env, started = {"image": "python:local"}, time.monotonic()
        skipped = replay.setup(server, scenario, env, fixtures, crds)
        diffs = [] if skipped else replay.run(server, scenario, env, area == "server-side-apply")
        for variable in scenario.get("namespaces", []):
            replay.guarded(server, {"method": "DELETE", "path": f"/api/v1/namespaces/{env.get(variable, '-')}"}, {})
        outcome = Outcome(area, scenario["id"], scenario["title"], diffs, skipped or "", time.monotonic() - started)
        tell(outcome)
        return outcome

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, chosen))


def missed(outcomes: Sequence[Outcome]) -> list[str]:
    """The goals that are not reached; and every difference that is not written down."""
    found = [
        f"{o.area}/{o.id} differs and is not in {KNOWN.name}: {[o.skipped, *o.diffs][1:2] or o.skipped}"
        for o in outcomes
        if not o.agrees and f"{o.area}/{o.id}" not in known()
    ]
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
    with plain_server() as url:
        outcomes = play(url, scenarios(areas, ids), tell=_tell)
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
