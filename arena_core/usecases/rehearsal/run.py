"""Runs the objects of a job on a stage (entry-point group ``arena.stages``) and says what became of them."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence

from arena_core.contract.errors import ArenaError, JobFailed, NotFound, RehearsalFailed
from arena_core.contract.types import BEFORE, JobHandle, Manifest, Phase
from arena_core.k8s import dig
from arena_core.kube.connect import ConnectOptions, connect
from arena_core.records import record
from arena_core.typed import Any
from arena_core.usecases import marks
from arena_core.usecases.create import Creation
from arena_core.usecases.facts import read
from arena_core.usecases.failed import failure
from arena_core.usecases.lastlines import failed_container, last_lines
from arena_core.usecases.provided import provided
from arena_core.usecases.rehearsal import judge
from arena_core.usecases.session import Session
from arena_core.usecases.views import Job

GROUP = "arena.stages"
#: The annotation of a job that was rehearsed: the hash of the objects that were.
REHEARSED = "arena.kubeflow.org/rehearsed"
#: Seconds between two looks, and for which others may follow the first that fails: the one that failed first is to blame.
_PAUSE, _FOLLOWERS = 0.2, 0.6
LIMITS = "a rehearsal cannot see what is in the image, real accelerators, the cluster's network and the data"


@record
class Rehearsed:
    """How a rehearsal went that nothing was found wrong in: the hash of the objects, and what else there is to say."""

    digest: str
    notes: tuple[str, ...] = ()


def rehearse(session: Session, handle: JobHandle, manifests: Sequence[Manifest], seconds: float) -> Rehearsed:
    """Run the objects for so many seconds; raises ``RehearsalFailed`` where the job fails within them."""
    digest = judge.digest(manifests)
    with provider()(manifests, seconds) as stage:
        options = ConnectOptions(kubeconfig=stage.kubeconfig, context=stage.context)
        inner = Session(connect(options).within(session.cluster.scope), session.jobs, stage.namespace)
        creation = Creation(inner, handle, stage.namespace, marks.new_submit_id())
        try:
            stored = creation.run(_ordered(stage.manifests), lambda job: "")
        except ArenaError as error:
            return Rehearsed(digest, (f"it could not be rehearsed on the local cluster: {error.message}", LIMITS))
        notes = [*_Watch(inner, handle, str(stored[0]["metadata"]["name"]), seconds).run()]
        if stage.stand_ins:
            notes.append(f"empty in the rehearsal: {', '.join(stage.stand_ins)}")
    return Rehearsed(digest, (*notes, LIMITS))


def _ordered(manifests: Sequence[Manifest]) -> list[Manifest]:
    """Return copies of which those that pods need to start stand before the job."""
    found = [copy.deepcopy(obj) for obj in manifests]
    for obj in found[1:]:
        if not obj["metadata"].get("ownerReferences") and obj["kind"] in ("PersistentVolumeClaim", "Secret", "ConfigMap", "ServiceAccount"):
            marks.add(obj, annotations={BEFORE: "true"})
    return found


def provider() -> Callable[[Sequence[Manifest], float], Any]:
    """Return who sets a stage: the local cluster, where it is installed."""
    return provided(GROUP, "rehearse a job")  # type: ignore[no-any-return]


class _Watch:
    """Looks at a job on the stage until it has failed, has ended, or the time is over."""

    def __init__(self, session: Session, handle: JobHandle, name: str, seconds: float) -> None:
        self._session = session
        self._handle = handle
        self._name = name
        self._seconds = seconds
        self._begun = time.monotonic()

    def run(self) -> list[str]:
        """Return notes; raises where the job failed of itself."""
        job = self._look()
        while self._left() > 0:
            if job is not None and (job.status.phase is Phase.FAILED or _failing(job)):
                self._session.cluster.scope.sleep(_FOLLOWERS)
                return self._judge(self._look() or job)
            if job is not None and job.status.phase is Phase.SUCCEEDED:
                return [f"rehearsed: it succeeded after {self._spent():.0f} s"]
            self._session.cluster.scope.sleep(min(_PAUSE, max(0.0, self._left())))
            job = self._look()
        why = f": {job.status.message}" if job is not None and job.status.message else ""
        if job is None or not any(dig.text(pod, "status", "phase") == "Running" for pod in job.pods or ()):
            return [f"its instances did not start in the rehearsal within {self._seconds:g} s{why}"]
        if not job.status.phase.runs:
            # Instances that only make ready (the nodes of a Ray cluster) say nothing of the command.
            return [f"its command was not reached in the rehearsal within {self._seconds:g} s{why}"]
        return [f"rehearsed: it still ran after {self._seconds:g} s"]

    def _spent(self) -> float:
        return time.monotonic() - self._begun

    def _left(self) -> float:
        return self._seconds - self._spent()

    def _look(self) -> Job | None:
        try:
            found = self._session.cluster.get(self._handle.job_type.resource, self._session.namespace, self._name)
        except NotFound:
            return None
        return read(self._session, self._handle, found)

    def _judge(self, job: Job) -> list[str]:
        """Raise what is wrong, or return why it says nothing about the real cluster."""
        pod = judge.first_failed(job.pods or ())
        spent = self._spent()
        error = self._of_pod(job, pod) if pod is not None else failure(self._session, job)
        excuse = judge.excuse(job.pods or (), error.last_lines, error.reason)
        if excuse:
            return [f"the rehearsal says little: {excuse}"]
        who = f"{error.instance} exited with {error.instance_exit_code}" if error.instance_exit_code is not None else error.message
        failed = RehearsalFailed(
            f"the rehearsal failed after {spent:.0f} s: {who}",
            "nothing was submitted; `--force` submits it all the same",
        )
        failed.job, failed.instance, failed.reason = job.name, error.instance, error.reason
        failed.instance_exit_code, failed.last_lines = error.instance_exit_code, error.last_lines
        raise failed

    def _of_pod(self, job: Job, pod: Manifest) -> JobFailed:
        name = dig.text(pod, "metadata", "name")
        member = next((one for one in job.status.instances if one.name == name), None)
        error = JobFailed(judge.trouble(pod))
        error.instance = member.short_name if member else name
        error.instance_exit_code, error.reason = judge.exit_of(pod)
        error.last_lines = last_lines(self._session, job, name).lines or ((judge.trouble(pod),) if judge.trouble(pod) else ())
        return error


def _failing(job: Job) -> bool:
    """Whether some instance has failed of itself, whatever is done about it."""
    return any(failed_container(pod)[0] or judge.trouble(pod) for pod in job.pods or ())
