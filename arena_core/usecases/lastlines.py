"""The last lines of the log of an instance that failed: bounded, and never a reason to fail itself."""

from __future__ import annotations

from arena_core import podends
from arena_core.contract.errors import ArenaError
from arena_core.k8s import dig
from arena_core.kube.answer import BadAnswer
from arena_core.kube.jsontext import loads
from arena_core.kube.resources import PODS
from arena_core.records import record
from arena_core.typed import TYPE_CHECKING, Any
from arena_core.usecases.session import Session
from arena_core.usecases.unread import reason
from arena_core.usecases.views import Job

if TYPE_CHECKING:
    from arena_core.kube.answer import Answer

#: So many lines, and at most so many bytes, are read.
LINES, BYTES = 5, 8192
#: What a node answers (with 200) when it has removed the log.
_EXCUSE = b"unable to retrieve container logs for "


@record
class LastLines:
    """The last lines; where they could not be read, ``unread`` says why in a word or two."""

    lines: tuple[str, ...] = ()
    unread: str = ""


def last_lines(session: Session, job: Job, pod_name: str) -> LastLines:
    """Return the last lines of the container of a pod that failed; of one that is gone where the local cluster has kept them."""
    pod = next((p for p in job.pods if dig.text(p, "metadata", "name") == pod_name), None)
    try:
        data = _of_pod(session, job, pod) if pod is not None else _kept(session, job, pod_name)
    except ArenaError as error:
        return LastLines((), reason(error))
    except ValueError:
        return LastLines((), "the answer makes no sense")
    if data.startswith(_EXCUSE):
        return LastLines((), "its node has removed it")
    lines = [line for line in data.decode(errors="replace").splitlines() if line.strip()]
    return LastLines(tuple(line.rpartition("\r")[2][-500:] for line in lines[-LINES:]))


def _of_pod(session: Session, job: Job, pod: Any) -> bytes:
    container, previous = failed_container(pod)
    if not container:
        return b""
    query: dict[str, Any] = {"tailLines": LINES, "limitBytes": BYTES, "container": container}
    if previous:
        query["previous"] = "true"
    path = f"/api/v1/namespaces/{job.namespace}/pods/{dig.text(pod, 'metadata', 'name')}/log"
    return log_of(session.cluster.request("GET", path, query), job.namespace, dig.text(pod, "metadata", "name"))


def log_of(answer: Answer, namespace: str, pod_name: str) -> bytes:
    """Return a log that was answered; raises where something else was."""
    if not answer.ok:
        from arena_core.kube.refusals import refusal

        raise refusal(answer.status, answer.body, verb="get", resource=PODS, namespace=namespace, name=pod_name)
    if answer.headers.get("content-type", "").partition(";")[0] in ("text/html", "application/json"):
        raise BadAnswer(f"something else came instead of the log of {pod_name}")
    return answer.body


def failed_container(pod: Any) -> tuple[str, bool]:
    """Return (container, whether its earlier run is meant) of what failed in a pod."""
    end = podends.decisive(pod)
    # While a newer run is there the earlier one is asked for; until it starts the last log is the failed run's.
    return (end.container, end.earlier and "running" in dig.mapping(end.row, "state")) if end else ("", False)


def _kept(session: Session, job: Job, pod_name: str) -> bytes:
    if not session.cluster.is_local:
        return b""
    base = f"/arena/v1/namespaces/{job.namespace}/keptlogs"
    answer = session.cluster.request("GET", base, {"owner": job.uid})
    rows = list(dig.items(loads(answer.body), "items")) if answer.ok else []
    failed = [r for r in rows if r.get("pod") == pod_name and dig.number(r, "exitCode")]
    if not failed:
        return b""
    last = max(failed, key=lambda r: (dig.text(r, "finished"), dig.number(r, "attempt")))
    path = f"{base}/{last.get('podUid')}/{last.get('container')}/{last.get('attempt')}"
    found = session.cluster.request("GET", path, {"tailLines": LINES, "limitBytes": BYTES})
    return log_of(found, job.namespace, pod_name)
