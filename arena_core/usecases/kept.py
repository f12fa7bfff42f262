"""Logs of pods that are gone, as the local cluster keeps them; other clusters keep none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from arena_core.contract.errors import ArenaError
from arena_core.contract.types import Manifest
from arena_core.k8s import dig
from arena_core.records import record
from arena_core.typed import Any
from arena_core.usecases.session import Session


@record(slots=False)
class KeptRun:
    """The log of one run of a container; ``job`` is the name of the outermost owner."""

    pod: str
    uid: str
    container: str
    attempt: int
    job: str
    owners: tuple[str, ...]
    labels: Mapping[str, str]
    facts: Mapping[str, Any]

    def path(self, namespace: str) -> str:
        """Return where it can be read."""
        return f"/arena/v1/namespaces/{namespace}/keptlogs/{self.uid}/{self.container}/{self.attempt}"


def kept_runs(session: Session, namespace: str, owner: str = "") -> list[KeptRun] | None:
    """Return what is kept of a job (its uid) or of all; None where the cluster keeps no logs of pods that are gone."""
    try:
        answer = session.cluster.request("GET", f"/arena/v1/namespaces/{namespace}/keptlogs", {"owner": owner})
        found = answer.json() if answer.ok else None
    except (ArenaError, ValueError):
        return None
    return [_run(item) for item in dig.items(found, "items")] if isinstance(found, dict) else None


def _run(item: Mapping[str, Any]) -> KeptRun:
    owners = dig.dig(item, "owners")
    return KeptRun(
        dig.text(item, "pod"),
        dig.text(item, "podUid"),
        dig.text(item, "container"),
        dig.number(item, "attempt"),
        dig.text(item, "job"),
        tuple(str(uid) for uid in owners) if isinstance(owners, list) else (),
        {str(k): str(v) for k, v in dig.mapping(item, "labels").items()},
        item,
    )


class Kept:
    """What is kept of one job."""

    def __init__(self, runs: Iterable[KeptRun] = ()) -> None:
        self.runs = list(runs)

    def run(self, uid: str, container: str, *, previous: bool = False) -> KeptRun | None:
        """Return the last run of a container, or the one before."""
        found = sorted((r for r in self.runs if (r.uid, r.container) == (uid, container)), key=lambda r: r.attempt)
        return found[-1 - previous] if len(found) > previous else None

    def before(self, pod: str, container: str, uid: str) -> KeptRun | None:
        """Return the last run of an earlier pod of this name."""
        found = [r for r in self.runs if (r.pod, r.container) == (pod, container) and r.uid != uid]
        return max(found, key=_age, default=None)

    def pods(self, there: Sequence[Manifest]) -> list[Manifest]:
        """Return the pods that are gone, the newest of each name, as far as their logs tell of them; ``there`` are those that are not."""
        names = {dig.text(pod, "metadata", "name") for pod in there}
        newest: dict[str, KeptRun] = {}
        for run in sorted(self.runs, key=_age):
            if run.pod not in names:
                newest[run.pod] = run
        return [_pod([r for r in self.runs if r.uid == run.uid]) for run in newest.values()]


def _age(run: KeptRun) -> tuple[str, int]:
    return dig.text(run.facts, "started"), run.attempt


def _pod(runs: Sequence[KeptRun]) -> Manifest:
    last = {run.container: run for run in sorted(runs, key=lambda r: r.attempt)}
    failed = any(dig.number(run.facts, "exitCode") for run in last.values())
    first = runs[0]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": first.pod,
            "uid": first.uid,
            "labels": dict(first.labels),
            "creationTimestamp": min(dig.text(r.facts, "started") for r in runs),
        },
        "spec": {"containers": [{"name": name} for name in last]},
        "status": {"phase": "Failed" if failed else "Succeeded", "containerStatuses": [_status(run) for run in last.values()]},
    }


def _status(run: KeptRun) -> dict[str, Any]:
    code = dig.number(run.facts, "exitCode")
    ended = {"exitCode": code, "reason": "Error" if code else "Completed"}
    times = {"startedAt": dig.text(run.facts, "started"), "finishedAt": dig.text(run.facts, "finished")}
    return {"name": run.container, "restartCount": run.attempt, "ready": False, "state": {"terminated": ended | times}}
