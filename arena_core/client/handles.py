"""Jobs that know their client: what ``submit``, ``get`` and ``list`` return can be waited for, read and deleted by itself."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence

from arena_core.contract.errors import ArenaError, UsageError
from arena_core.contract.types import Cause, Manifest, Submission
from arena_core.k8s import dig
from arena_core.records import names_of
from arena_core.typed import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypedDict, TypeVar, Unpack
from arena_core.usecases.views import Deleted, Job

if TYPE_CHECKING:
    from arena_core.client.calls import LogLines
    from arena_core.usecases.views import LogLine

J = TypeVar("J", bound=Job)
G = TypeVar("G", bound=Job, covariant=True)
B = TypeVar("B", bound=Job | Submission)
C = TypeVar("C")
S = TypeVar("S", bound="JobCalls[Any]")
A = TypeVar("A", bound="AsyncJobCalls[Any]")


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


class JobCalls(Generic[G], Protocol):
    """What a job asks of its client, which says itself what each call does."""

    def wait(
        self, job: JobLike, goal: str = "", *, timeout: float | None = None, on_change: Callable[[Job], None] | None = None
    ) -> G | None:
        """Wait for it."""

    def logs(self, job: JobLike, **options: Unpack[LogArguments]) -> LogLines:
        """Return the lines of its log."""

    def delete(self, jobs: JobLike, *, wait: bool | str = False, timeout: float | None = None) -> Sequence[Deleted]:
        """Delete it."""

    def events(self, job: JobLike) -> Sequence[Manifest]:
        """Return its events."""

    def explain(self, job: JobLike) -> Sequence[Cause]:
        """Say why it is not running."""

    def get(self, job: JobLike) -> G:
        """Read it."""


class AsyncJobCalls(Generic[G], Protocol):
    """What a job asks of its client for asyncio."""

    async def wait(
        self, job: JobLike, goal: str = "", *, timeout: float | None = None, on_change: Callable[[Job], None] | None = None
    ) -> G | None:
        """Wait for it."""

    def logs(self, job: JobLike, **options: Unpack[LogArguments]) -> AsyncGenerator[LogLine]:
        """Yield the lines of its log."""

    async def delete(self, jobs: JobLike, *, wait: bool | str = False, timeout: float | None = None) -> Sequence[Deleted]:
        """Delete it."""

    async def events(self, job: JobLike) -> Sequence[Manifest]:
        """Return its events."""

    async def explain(self, job: JobLike) -> Sequence[Cause]:
        """Say why it is not running."""

    async def get(self, job: JobLike) -> G:
        """Read it."""


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


class Handle(_Bound[S], Generic[S, J]):
    """A job whose client is ``S``, which reads it as a ``J``."""

    def wait(self, goal: str = "", *, timeout: float | None = None, on_change: Callable[[Job], None] | None = None) -> J | None:
        """Wait for this very job, as ``ArenaClient.wait`` does."""
        found: J | None = self.client.wait(_job(self), goal, timeout=timeout, on_change=on_change)
        return found

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

    def refresh(self) -> J:
        """Read the job anew; raises ``NotFound`` where this very job is gone."""
        found: J = self.client.get(_job(self))
        return found


class AsyncHandle(_Bound[A], Generic[A, J]):
    """A job whose client for asyncio is ``A``, which reads it as a ``J``."""

    async def wait(self, goal: str = "", *, timeout: float | None = None, on_change: Callable[[Job], None] | None = None) -> J | None:
        """Wait for this very job, as ``AsyncArenaClient.wait`` does."""
        found: J | None = await self.client.wait(_job(self), goal, timeout=timeout, on_change=on_change)
        return found

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

    async def refresh(self) -> J:
        """Read the job anew; raises ``NotFound`` where this very job is gone."""
        found: J = await self.client.get(_job(self))
        return found


def bound(kind: type[B], record: Any, client: object) -> B:
    """Return a copy of a record that knows its client."""
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
