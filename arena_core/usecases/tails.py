"""The last lines of all instances of a job, of pods that are gone as far as the cluster has kept them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from arena_core.contract.errors import ArenaError
from arena_core.contract.types import Manifest
from arena_core.discreet import discreet
from arena_core.k8s import dig
from arena_core.kube.gather import gather
from arena_core.typed import Any
from arena_core.usecases.kept import Kept, kept_runs
from arena_core.usecases.lastlines import failed_container, log_of
from arena_core.usecases.session import Session
from arena_core.usecases.unread import reason
from arena_core.usecases.views import Job

#: So many instances of a job, and so many bytes of each.
MOST, BYTES = 256, 1 << 20
Tail = Mapping[str, Any]


def tails(session: Session, job: Job, lines: int) -> list[Tail]:
    """Return for each instance its last lines, or why they are missing."""
    pods = list(job.pods)
    kept = Kept(kept_runs(session, job.namespace, job.uid) or ()) if session.cluster.is_local else Kept()
    gone = kept.pods(pods)
    short = {one.name: one.short_name for one in job.status.instances}
    container = session.jobs.get(job.job_type).job_type.container
    chosen = [(pod, _container(pod, container)) for pod in [*pods, *gone][:MOST]]
    found = gather([_reader(session, job.namespace, pod, name, kept, lines) for pod, name in chosen])
    rows: list[Tail] = []
    for (pod, name), answer in zip(chosen, found, strict=True):
        full = dig.text(pod, "metadata", "name")
        facts = {"instance": short.get(full) or full.removeprefix(f"{job.name}-"), "pod": full, "container": name}
        missing = reason(answer) if isinstance(answer, ArenaError) else ""
        rows.append({**facts, "lines": "" if isinstance(answer, ArenaError) else answer, "missing": missing})
    if not rows:
        rows.append({"instance": "", "missing": "its instances are gone, and with them their logs"})
    return rows


def _container(pod: Manifest, main: str) -> str:
    failed, _ = failed_container(pod)
    names = [dig.text(one, "name") for one in dig.items(pod, "spec", "containers")]
    return failed or (main if main in names else names[0] if names else "")


def _reader(session: Session, namespace: str, pod: Manifest, container: str, kept: Kept, lines: int) -> Callable[[], str]:
    name, run = dig.text(pod, "metadata", "name"), kept.run(dig.text(pod, "metadata", "uid"), container)
    path = run.path(namespace) if run else f"/api/v1/namespaces/{namespace}/pods/{name}/log"
    query: dict[str, Any] = {"tailLines": lines}
    if run is None:
        query["container"] = container

    def read() -> str:
        if not started(pod, container):
            raise ArenaError("it has not started")
        data = log_of(session.cluster.request("GET", path, query), namespace, name)
        return discreet(_last(data.decode("utf-8", "replace"), lines))

    return read


def started(pod: Manifest, container: str) -> bool:
    """Whether a container of a pod has run, so that there is a log."""
    for key in ("initContainerStatuses", "containerStatuses"):
        for row in dig.items(pod, "status", key):
            if dig.text(row, "name") == container:
                return "waiting" not in dig.mapping(row, "state") or bool(dig.mapping(row, "lastState"))
    return False


def _last(text: str, lines: int) -> str:
    """Return the end of a log: bounded, and of lines that a progress bar has written over only what was seen last."""
    found = [line.rpartition("\r")[2] for line in text.replace("\r\n", "\n").split("\n")]
    if found and not found[-1]:
        found.pop()
    return "".join(f"{line}\n" for line in found[-lines:])[-BYTES:]
