"""Life cycles recorded from a real cluster, played against a local one: which agree, on which level, and is that enough."""

from __future__ import annotations

import concurrent.futures
import functools
import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from arena_local.context import Options
from arena_local.testing import LocalCluster
from tests.contract.places import HERE, RECORDINGS, STOOD_IN, WITHOUT, load

KNOWN = HERE / "known.json"
#: Levels outcome, path, objects, messages: every scenario. Events and pods: so much of all, and of an area of so many.
EXACT, SHARE, BIG = (1, 2, 3, 4), 0.9, 10
LEVELS = {1: "outcome", 2: "path", 3: "objects", 4: "messages", 5: "events", 6: "pods"}
ATTEMPTS = 3


def known() -> dict[str, Any]:
    """What is known to differ, and why."""
    found: dict[str, Any] = json.loads(KNOWN.read_text(encoding="utf-8"))
    return found


def unstable() -> set[str]:
    """The scenarios that the real cluster itself plays now so, now so (a table of REPLAY.md)."""
    text = (RECORDINGS / "REPLAY.md").read_text(encoding="utf-8")
    table = text.split("## What is unstable on the real cluster")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("|")]
    return {name for cell in cells for name in re.findall(r"[a-z]+(?:-[a-z0-9]+)+", cell)}


def beyond_this_kernel() -> set[str]:
    """What the scenarios may need and the kernel of this machine does not allow: names and mounts of a pod's own, its own pid 1."""
    from arena_local.kubelet.isolation import probe

    found = probe()
    return (set() if found.mount else {"cluster-dns", "host-path-mount", "pid-1"}) | (set() if found.pid else {"pid-1"})


def choose(areas: Iterable[str] = (), subset: str = "", names: Iterable[str] = ()) -> list[str]:
    """The scenarios to play: all but those that need what no cluster of processes has, or what this kernel does not allow."""
    replay, beyond = load(RECORDINGS), WITHOUT | beyond_this_kernel()
    for tag in sorted(beyond - WITHOUT):
        print(f"left out: scenarios that need {tag}; this kernel allows no namespaces for it", flush=True)
    found = list(names) or replay.R.names()
    if subset:
        found = [n for n in json.loads((RECORDINGS / "subsets.json").read_text(encoding="utf-8"))[subset] if n in found]
    wanted = {n for area in areas for n in replay.R.names(area)}
    needs = json.loads((RECORDINGS / "needs.json").read_text(encoding="utf-8"))
    chosen = [n for n in found if (not wanted or n in wanted) and not _needs(needs.get(n, ())) & beyond]
    ray = [] if shutil.which("ray") else [n for n in chosen if "kuberay" in needs.get(n, ()) and _imports_ray(replay.R.load(n))]
    if ray:
        print(f"left out: {', '.join(ray)}: their commands import Ray, which is not installed here (no `ray` on PATH)", flush=True)
    return [n for n in chosen if n not in ray]


def _imports_ray(recording: Mapping[str, Any]) -> bool:
    """Whether a command imports Ray and succeeds."""
    return "import ray" in json.dumps(recording["steps"]) and '"SUCCEEDED"' in json.dumps(recording["timeline"])


def _needs(tags: Sequence[str]) -> set[str]:
    """What a scenario needs, without what the stand-in of its operator brings."""
    return set(tags) - ({"image-filesystem"} if STOOD_IN & set(tags) else set())


def play(names: Sequence[str], kubeconfig: Path, jobs: int, *, level: int = 6, show: bool = True) -> list[Any]:
    """Play scenarios side by side, those that are unstable on the real cluster up to three times; then alone what differs."""
    replay, excuses, shaky, started = load(RECORDINGS), known(), unstable(), time.monotonic()
    client = replay.Client(str(kubeconfig))
    remember(replay.L)

    def one(name: str) -> Any:
        for _ in range(ATTEMPTS if name in shaky else 1):
            forget(name)
            result = replay.run(name, client).excuse(excuses)
            if not result.error and not result.bad(level):
                break
        forget(name)
        if show:
            report(result, level, time.monotonic() - started)
        return result

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        results = list(pool.map(one, names))
    # Scenarios share the node's GPUs and the machine's processors: what differs beside others is judged alone.
    return [one(r.scenario) if jobs > 1 and (r.error or r.bad(level)) else r for r in results]


def remember(levels: Any) -> None:
    """Let the replayer work out once what a text of an object is in the recording's names: keys and most values come again and again."""
    text = levels.Norm.text
    if hasattr(text, "__wrapped__"):
        return

    @functools.wraps(text)
    def kept(norm: Any, plain: str) -> str:
        known: dict[tuple[str, int], str] = norm.__dict__.setdefault("kept", {})
        key = (plain, len(norm.names))  # a name that is learned changes what texts become
        if key not in known:
            known[key] = text(norm, plain)
        return known[key]

    levels.Norm.text = kept


def forget(name: str) -> None:
    """Remove a folder of the node that is named after the scenario: it has that name in every run, and what is in it counts."""
    shutil.rmtree(Path(tempfile.gettempdir()) / f"rep-{name}", ignore_errors=True)


def describe(result: Any, level: int) -> list[str]:
    """What a result differs in, one line each."""
    found = [f"error: {result.error}"] if result.error else []
    found += [f"L{d.level} {d.object} | {d.path} | recorded {d.recorded!r:.150} | seen {d.seen!r:.150}" for d in result.bad(level)]
    return found + [f"note: {note}" for note in result.notes]


def report(result: Any, level: int, seconds: float) -> None:
    """Print a line per scenario, and its differences below."""
    bad = result.error or result.bad(level)
    print(f"{seconds:6.0f} s {'differs' if bad else 'ok':8} {result.area:12} {result.scenario}", flush=True)
    for line in describe(result, level)[:12] if bad else ():
        print(f"                  {line}", flush=True)


def agreement(results: Sequence[Any], *, excused: bool) -> dict[str, dict[int, int]]:
    """Per area (and in all): the number of scenarios (key 0) and how many agree on each level."""
    rows: dict[str, dict[int, int]] = {}
    for result in sorted(results, key=lambda r: str(r.area)):
        bad = set(LEVELS) if result.error else {d.level for d in (result.bad() if excused else result.diffs)}
        for area in (result.area, "total"):
            row = rows.setdefault(area, dict.fromkeys(range(7), 0))
            row[0] += 1
            for number in LEVELS:
                row[number] += number not in bad
    rows["total"] = rows.pop("total", dict.fromkeys(range(7), 0))
    return rows


def print_table(rows: Mapping[str, Mapping[int, int]]) -> None:
    """Print agreement per area and level."""
    print(f"{'area':12}{'scenarios':>10}" + "".join(f"{name:>12}" for name in LEVELS.values()))
    for area, row in rows.items():
        print(f"{area:12}{row[0]:>10}" + "".join(f"{f'{row[n]} {100 * row[n] // max(row[0], 1)}%':>12}" for n in LEVELS))


def missed(results: Sequence[Any]) -> list[str]:
    """The goals that are not reached: levels 1 to 4 agree or the difference is known; of events and pods nine in ten agree outright."""
    found = [f"{r.scenario}: {line}" for r in results if r.error or r.bad(max(EXACT)) for line in describe(r, max(EXACT))[:1]]
    for area, row in agreement(results, excused=False).items():
        found += [
            f"{area}: {LEVELS[n]} agree in {row[n]} of {row[0]}"
            for n in (5, 6)
            if (row[0] >= BIG or area == "total") and row[n] < SHARE * row[0]
        ]
    return found


def not_needed(results: Sequence[Any]) -> list[str]:
    """Known differences that did not come up: perhaps they are no more."""
    played = {r.scenario: r for r in results}
    silent = [n for n in known() if n in played and not played[n].diffs and not played[n].error]
    return [f"{n}: known to differ, but agreed this time" for n in silent]


def main(areas: Sequence[str], jobs: int, subset: str, names: Sequence[str], kubeconfig: str) -> int:
    """``dev.py contract --recordings``."""
    chosen = choose(areas, subset, names)
    print(f"{len(chosen)} scenarios, {jobs} at once", flush=True)
    started = time.monotonic()
    if kubeconfig:
        results = play(chosen, Path(kubeconfig), jobs)
    else:
        with LocalCluster.start(Options(resources={"nvidia.com/gpu": "8"})) as cluster:
            results = play(chosen, cluster.kubeconfig, jobs)
    print("\nagreement, known differences counted as differences")
    print_table(agreement(results, excused=False))
    print("\nagreement, known differences left out")
    print_table(agreement(results, excused=True))
    for line in not_needed(results):
        print(line)
    goals = missed(results)
    print(f"\n{len(results)} scenarios in {time.monotonic() - started:.0f} s; " + ("all goals are met" if not goals else "goals missed:"))
    for line in goals:
        print(f"  {line}", file=sys.stderr)
    return 1 if goals else 0
