"""Life cycles recorded from a real cluster, played back step by step: what a user would have read at each of them.

A recording is a list of changes in their order, as a watch gives them, of all the objects that belong to a job::

    {"type": "ADDED", "kind": "Thing", "name": "x", "object": {...}}
    {"type": "MODIFIED", "kind": "Thing", "name": "x", "object": {...}}
    {"type": "MODIFIED", "kind": "Thing", "name": "x", "set": {"/status/phase": "Running"}, "removed": ["/status/reason"]}
    {"type": "DELETED", "kind": "Thing", "name": "x"}

``set`` and ``removed`` are JSON pointers: they keep a recording small. A table of words beside it, written by hand from the
recording and not by the code under test, says what is right::

    WORDS = read_words(Path(__file__).parent / "data" / "words.txt")

    @pytest.mark.parametrize(("scenario", "name", "expected"), WORDS)
    def test_words_of_a_life_cycle(scenario, name, expected):
        timeline = json.loads((DATA / f"{scenario}.json").read_text())
        def status(job, objects):
            return plugin.arena_job_status(seen(job, owned(objects, job)), None)
        assert words_of(timeline, "Thing", status, name) == expected
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from arena_core.contract.types import JobStatus, Manifest
from arena_core.k8s import owners

#: (kind, name) → the object.
Objects = dict[tuple[str, str], Manifest]


def read_words(path: Path) -> list[tuple[str, str, list[str]]]:
    """Return the rows of a table of words: scenario, what is watched (a name or a kind), the words; ``#`` begins a comment line."""
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip() and not line.startswith("#")]
    return [(scenario, watched, words) for scenario, watched, *words in rows]


def replay(timeline: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], Objects]]:
    """Yield (the change, all objects after it); a change of an object that was never added is passed over."""
    objects: Objects = {}
    for entry in timeline:
        key = entry["kind"], entry["name"]
        if entry["type"] == "DELETED":
            objects.pop(key, None)
        elif "object" in entry:
            objects[key] = copy.deepcopy(entry["object"])
        elif key in objects:
            _change(objects[key], entry)
        yield entry, objects


def owned(objects: Objects, owner: Manifest, kind: str = "Pod") -> list[Manifest]:
    """Return the objects of a kind that have an ownerReference to ``owner``."""
    uid = owner["metadata"]["uid"]
    return [o for (k, _), o in objects.items() if k == kind and owners.owned_by(o, uid)]


def statuses_of(
    timeline: Iterable[Mapping[str, Any]], kind: str, status: Callable[[Manifest, Objects], JobStatus], name: str = ""
) -> Iterator[JobStatus | None]:
    """Yield the status of the job (or of each job of the kind, without a name) after every step, None at its deletion."""
    for entry, objects in replay(timeline):
        if (entry["type"], entry["kind"]) == ("DELETED", kind) and name in ("", entry["name"]):
            yield None
        for (found, own_name), job in objects.items():
            if found == kind and name in ("", own_name):
                yield status(job, objects)


def words_of(
    timeline: Iterable[Mapping[str, Any]], kind: str, status: Callable[[Manifest, Objects], JobStatus], name: str = ""
) -> list[str]:
    """Return the words (phases) of a recorded job in their order, repeats left out; its deletion is ``gone``."""
    words: list[str] = []
    for found in statuses_of(timeline, kind, status, name):
        word = found.phase.value if found else "gone"
        if words[-1:] != [word]:
            words.append(word)
    return words


def _change(obj: Any, entry: Mapping[str, Any]) -> None:
    for pointer in entry.get("removed") or ():
        place, key = _place(obj, pointer)
        del place[key]
    for pointer, value in (entry.get("set") or {}).items():
        place, key = _place(obj, pointer)
        if isinstance(place, list) and key >= len(place):
            place.append(copy.deepcopy(value))
        else:
            place[key] = copy.deepcopy(value)


def _place(obj: Any, pointer: str) -> tuple[Any, Any]:
    *way, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    for key in way:
        obj = obj[int(key)] if isinstance(obj, list) else obj.setdefault(key, {})
    return obj, int(last) if isinstance(obj, list) else last
