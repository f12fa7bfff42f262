"""Jobs that know their client: what ``submit``, ``get`` and ``list`` return can be waited for, read and deleted by itself."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence

from arena_core.contract.errors import ArenaError, UsageError
from arena_core.contract.types import Cause, Manifest, Submission
from arena_core.k8s import dig
from arena_core.records import names_of
from arena_core.typed import TYPE_CHECKING, Any, Generic, NamedTuple, TypedDict, TypeVar, Unpack
from arena_core.usecases.views import Deleted, Job

if TYPE_CHECKING:
    from arena_core.client.aio import AsyncArenaClient
    from arena_core.client.calls import LogLines
    from arena_core.client.sync import ArenaClient
    from arena_core.usecases.views import LogLine

C = TypeVar("C")
B = TypeVar("B", bound=Job | Submission)


class LogArguments(TypedDict, total=False):
    """The options of ``logs``, described there."""

    instance: str
    container: str
    all_instances: bool
    previous: bool
    follow: bool
    tail: int
    since_seconds: int
    since_time: str
    timestamps: bool
    joined: bool
    on_wait: Callable[[str], None]
    on_note: Callable[[str], None]
    on_idle: Callable[[], None]
    on_labels: Callable[[Sequence[str]], None]
    on_trouble: Callable[[str, ArenaError], None] | None


class Reference(NamedTuple):
    """Which job is meant; with a ``uid`` that very one, not another that has got its name meanwhile."""

    name: str
    job_type: str = ""
    namespace: str = ""
    uid: str = ""


#: What every call takes for a job: its name (``mnist``, ``pytorchjob/mnist``), or what ``submit``, ``get`` or ``list`` returned.
JobLike = str | Job | Submission


def reference(job: JobLike, job_type: str = "", namespace: str = "") -> Reference:
    """Return which job is meant by a name or a record."""
    if isinstance(job, str):
        return Reference(job, job_type, namespace)
    if isinstance(job, Submission):
        uid = dig.text(job.manifests[0], "metadata", "uid") if job.manifests else ""
        if not uid:
            raise UsageError(f"{job.name} was not created: this is what a dry run returned", "submit it without dry_run")
        return Reference(job.name, job.job_type, job.namespace, uid)
    if isinstance(job, Job):
        return Reference(job.name, job.job_type, job.namespace, job.uid)
    raise UsageError(f"a job is named by its name, or by what submit, get or list returned, not by {type(job).__name__}")


class _Bound(Generic[C]):
    """Something that knows its client; a copy or a pickle of it does not."""

    _client: C | None = None

    @property
    def client(self) -> C:
        """The client that it came from."""
        if self._client is None:
            raise UsageError("this is a copy that no longer knows its client", "ask the client: arena.wait(job), arena.logs(job) ...")
        return self._client

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "_client"}


class _Handle(_Bound["ArenaClient"]):
    def wait(self, goal: str = "", *, timeout: float | None = None, on_change: Callable[[Job], None] | None = None) -> BoundJob | None:
        """Wait for this very job, as ``ArenaClient.wait`` does."""
        return self.client.wait(_job(self), goal, timeout=timeout, on_change=on_change)

    def logs(self, **options: Unpack[LogArguments]) -> LogLines:
        """Return the lines of this very job's log; the options are those of ``ArenaClient.logs``."""
        return self.client.logs(_job(self), **options)

    def delete(self, *, wait: bool | str = False, timeout: float | None = None) -> Deleted:
        """Delete this very job and all that belongs to it; what keeps it from being deleted is raised."""
        return _deleted(self.client.delete(_job(self), wait=wait, timeout=timeout))

    def events(self) -> Sequence[Manifest]:
        """Return the Kubernetes events of the job, its pods and related objects, oldest first."""
        return self.client.events(_job(self))

    def explain(self) -> Sequence[Cause]:
        """Say in plain words why the job is not running."""
        return self.client.explain(_job(self))

    def refresh(self) -> BoundJob:
        """Read the job anew; raises ``NotFound`` where this very job is gone."""
        return self.client.get(_job(self))


class _AsyncHandle(_Bound["AsyncArenaClient"]):
    async def wait(
        self, goal: str = "", *, timeout: float | None = None, on_change: Callable[[Job], None] | None = None
    ) -> AsyncBoundJob | None:
        """Wait for this very job, as ``AsyncArenaClient.wait`` does."""
        return await self.client.wait(_job(self), goal, timeout=timeout, on_change=on_change)

    def logs(self, **options: Unpack[LogArguments]) -> AsyncGenerator[LogLine]:
        """Yield the lines of this very job's log; the options are those of ``AsyncArenaClient.logs``."""
        return self.client.logs(_job(self), **options)

    async def delete(self, *, wait: bool | str = False, timeout: float | None = None) -> Deleted:
        """Delete this very job and all that belongs to it; what keeps it from being deleted is raised."""
        return _deleted(await self.client.delete(_job(self), wait=wait, timeout=timeout))

    async def events(self) -> Sequence[Manifest]:
        """Return the Kubernetes events of the job, its pods and related objects, oldest first."""
        return await self.client.events(_job(self))

    async def explain(self) -> Sequence[Cause]:
        """Say in plain words why the job is not running."""
        return await self.client.explain(_job(self))

    async def refresh(self) -> AsyncBoundJob:
        """Read the job anew; raises ``NotFound`` where this very job is gone."""
        return await self.client.get(_job(self))


class BoundJob(Job, _Handle):
    """A job as it was read, which can be waited for, read and deleted."""


class BoundSubmission(Submission, _Handle):
    """A job that was created, which can be waited for, read and deleted."""


class AsyncBoundJob(Job, _AsyncHandle):
    """A job as it was read, which can be waited for, read and deleted; its methods are coroutines."""


class AsyncBoundSubmission(Submission, _AsyncHandle):
    """A job that was created, which can be waited for, read and deleted; its methods are coroutines."""


def bind(client: ArenaClient, job: Job) -> BoundJob:
    """Return the job as one that knows its client."""
    return _copy(BoundJob, job, client)


def bind_submission(client: ArenaClient, done: Submission) -> BoundSubmission:
    """Return what was created as a job that knows its client."""
    return _copy(BoundSubmission, done, client)


def bind_async(client: AsyncArenaClient, job: Job) -> AsyncBoundJob:
    """Return the job as one that knows its client."""
    return _copy(AsyncBoundJob, job, client)


def bind_submission_async(client: AsyncArenaClient, done: Submission) -> AsyncBoundSubmission:
    """Return what was created as a job that knows its client."""
    return _copy(AsyncBoundSubmission, done, client)


def _copy(kind: type[B], record: Any, client: Any) -> B:
    if isinstance(record, Job):
        made = object.__new__(kind)
        vars(made).update(vars(record))
    else:
        made = kind(**{name: getattr(record, name) for name in names_of(type(record))})
    vars(made)["_client"] = client  # the records are frozen
    return made


def _job(handle: Any) -> Job | Submission:
    """Return the record that a handle is."""
    assert isinstance(handle, Job | Submission)
    return handle


def _deleted(done: Sequence[Deleted]) -> Deleted:
    if done[0].error is not None:
        raise done[0].error
    return done[0]
