"""Logs of pods that are gone, kept for as long as their job is there, and a while longer where it had finished.

The logs move from the pod's folder to ``kept/POD-UID``, with a record of whose they are. They go with the outermost owner of the pod;
where that had finished, a week later; and the oldest go when all of them together become too big.
"""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

from arena_local.files import read_json
from arena_local.kubelet.lineage import alive, finished, lineage
from arena_local.kubelet.logs import files_of
from arena_local.sdk.bundle import Api, Obj

log = logging.getLogger(__name__)
#: Seconds that logs of finished jobs stay after the job's object has gone.
AGE = 7 * 24 * 3600.0
#: Bytes of all kept logs together, unless the options say otherwise.
LIMIT = 1 << 30
_RECORD = "pod.json"


class Kept:
    """The kept logs of one cluster."""

    def __init__(self, api: Api, folder: Path, limit: int = LIMIT) -> None:
        self._api = api
        self._folder = folder
        self.limit = limit
        self._pods: dict[str, Obj] = {}
        #: Outermost owners that went while pods of theirs were still there: whether the job had finished.
        self._ended: dict[str, bool] = {}
        #: Logs are moved in a thread, because that may take a while.
        self._lock = threading.RLock()

    def load(self) -> None:
        """Find again what earlier daemons kept."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in self._folder.iterdir():
            record = read_json(path / _RECORD)
            if not record:
                shutil.rmtree(path, ignore_errors=True)
                continue
            self._pods[path.name] = record
            if not record["gone"] and not alive(self._api, record["lineage"]):
                self._leave(path.name, done=True)
        self.clean()

    def remember(self, pod: Obj, folder: Path) -> None:
        """Record whose a pod is, as long as its owners can be asked."""
        path = folder / _RECORD
        if path.exists():
            return
        meta = pod["metadata"]
        record = {"pod": meta["name"], "namespace": meta["namespace"], "podUid": meta["uid"], "labels": meta.get("labels") or {}}
        path.write_text(json.dumps(record | {"lineage": lineage(self._api, pod), "gone": 0.0}))

    def keep(self, folder: Path) -> None:
        """Take over the logs of a pod that is gone; the rest of its folder is removed."""
        with self._lock:
            self._keep(folder)
            self.clean()

    def _keep(self, folder: Path) -> None:
        record = read_json(folder / _RECORD)
        outermost = record["lineage"][-1]["uid"] if record.get("lineage") else ""
        done = self._ended.get(outermost)
        if outermost and self.limit and done is not False:
            with contextlib.suppress(OSError):  # a full disk: what cannot be kept goes
                runs = _move(folder, self._folder / folder.name)
                if runs:
                    there = alive(self._api, record["lineage"])
                    self._store(folder.name, record | {"runs": runs, "gone": 0.0 if there else self._api.now().timestamp()})
        shutil.rmtree(folder, ignore_errors=True)

    def owner_gone(self, obj: Obj) -> None:
        """Be told that an object was deleted: logs of its pods go with it, or a while later where it had finished."""
        with self._lock:
            self._owner_gone(obj)

    def _owner_gone(self, obj: Obj) -> None:
        uid = obj["metadata"].get("uid", "")
        mine = [name for name, record in self._pods.items() if record["lineage"][-1]["uid"] == uid]
        if mine or "ownerReferences" not in obj["metadata"]:
            done = finished(obj)
            self._ended[uid] = done
            while len(self._ended) > 10_000:
                del self._ended[next(iter(self._ended))]
            for name in mine:
                self._leave(name, done=done)

    def _leave(self, name: str, *, done: bool) -> None:
        if done:
            with contextlib.suppress(OSError):
                self._store(name, self._pods[name] | {"gone": self._api.now().timestamp()})
        else:
            self._drop(name)

    def _store(self, name: str, record: Obj) -> None:
        self._pods[name] = record
        part = self._folder / name / f"{_RECORD}.part"
        part.write_text(json.dumps(record))
        part.replace(self._folder / name / _RECORD)

    def _drop(self, name: str) -> None:
        self._pods.pop(name, None)
        shutil.rmtree(self._folder / name, ignore_errors=True)

    def clean(self) -> None:
        """Remove what is too old, then the oldest of what is too much."""
        with self._lock:
            self._clean()

    def _clean(self) -> None:
        oldest_first = sorted(self._pods, key=lambda name: max((r["finished"] for r in self._pods[name].get("runs") or ()), default=""))
        limit = self._api.now().timestamp() - self._api.setting("logs.kept", AGE)
        size = sum(run["size"] for record in self._pods.values() for run in record.get("runs") or ())
        for name in oldest_first:
            record = self._pods[name]
            if size > self.limit or (record["gone"] and record["gone"] < limit):
                size -= sum(run["size"] for run in record.get("runs") or ())
                self._drop(name)

    def items(self, namespace: str, owner: str) -> Iterator[Obj]:
        """Yield the kept runs of a namespace's pods that ``owner`` (a uid) stands above; all of them without one."""
        for record in list(self._pods.values()):
            owners = [one["uid"] for one in record["lineage"]]
            if record["namespace"] == namespace and (not owner or owner in owners):
                about = {key: record[key] for key in ("pod", "podUid", "labels")} | {"owners": owners, "job": record["lineage"][-1]["name"]}
                for run in record.get("runs") or ():
                    yield about | run

    def path(self, namespace: str, uid: str, container: str, attempt: str) -> Path | None:
        """Return where a kept log is."""
        record = self._pods.get(uid)
        for run in (record.get("runs") or ()) if record and record["namespace"] == namespace else ():
            if (run["container"], str(run["attempt"])) == (container, attempt):
                return self._folder / uid / container / f"{attempt}.log"
        return None


def _move(source: Path, target: Path) -> list[Obj]:
    """Move the logs of every run of every container; returns what is known of the runs."""
    runs = []
    for path in sorted(source.glob("*/*.log")):
        number, container = path.name.partition(".")[0], path.parent.name
        if not number.isdigit():
            continue
        (target / container).mkdir(parents=True, exist_ok=True)
        end = read_json(path.with_name(f"{number}.exit.json"))
        size = sum(one.stat().st_size for one in files_of(path))
        for one in path.parent.glob(f"{path.name}*"):
            one.rename(target / container / one.name)
        facts = {"started": end.get("startedAt", ""), "finished": end.get("finishedAt", ""), "exitCode": end.get("exitCode"), "size": size}
        runs.append({"container": container, "attempt": int(number)} | facts)
    return runs
