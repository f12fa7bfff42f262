"""``AsyncArenaClient``: the names of ``ArenaClient`` as coroutines. Whoever cancels a task ends its call, and nothing of it is left."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from arena_core.client import threads
from arena_core.client.handles import AsyncHandle, AsyncJobCalls, JobLike, LogArguments, bound
from arena_core.client.running import InThreads, awaited, made, yielded
from arena_core.client.sync import ArenaClient
from arena_core.contract.types import Submission
from arena_core.usecases.views import Job, JobList, LogLine

if TYPE_CHECKING:
    from arena_core.contract.types import Jobs
    from arena_core.history.journal import Journal
    from arena_core.kube.cluster import Cluster
    from arena_core.kube.scope import CancelScope
    from arena_core.usecases.about import About
    from arena_core.usecases.forward import Forward, Served
    from arena_core.usecases.session import Extensions

T = TypeVar("T")


def _bind(client: AsyncJobCalls[AsyncBoundJob], job: Job) -> AsyncBoundJob:
    """Return the job as one that knows its client."""
    return bound(AsyncBoundJob, job, client)


def _bind_submission(client: AsyncJobCalls[AsyncBoundJob], done: Submission) -> AsyncBoundSubmission:
    """Return what was created as a job that knows its client."""
    return bound(AsyncBoundSubmission, done, client)


def _bind_if_any(client: AsyncJobCalls[AsyncBoundJob], job: Job | None) -> AsyncBoundJob | None:
    """The same where there may be none."""
    return None if job is None else _bind(client, job)


def _bind_list(client: AsyncJobCalls[AsyncBoundJob], found: JobList[Any]) -> JobList[AsyncBoundJob]:
    """Return the list with jobs that know their client."""
    return JobList(tuple(_bind(client, job) for job in found), found.notes, found.unread)


class AsyncArenaClient(InThreads):
    """One cluster and the job types that are installed, for asyncio: the arguments and methods are those of ``ArenaClient``.

    Each call runs in a thread of its own. Callbacks (``on_change``, ``on_wait`` …) are called in that thread: they may not touch the
    loop but by ``loop.call_soon_threadsafe``. A submission whose task is cancelled is undone: the job is there whole or not at all.
    """

    def __init__(
        self,
        *,
        kubeconfig: str = "",
        context: str = "",
        namespace: str = "",
        as_user: str = "",
        as_groups: Sequence[str] = (),
        local: bool = False,
        jobs: Jobs | None = None,
        extensions: Extensions | None = None,
        history: Journal | None = None,
    ) -> None:
        self._client = ArenaClient(
            kubeconfig=kubeconfig,
            context=context,
            namespace=namespace,
            as_user=as_user,
            as_groups=as_groups,
            local=local,
            jobs=jobs,
            extensions=extensions,
            history=history,
        )

    @classmethod
    def of(cls, client: ArenaClient) -> AsyncArenaClient:
        """Return a client for asyncio that shares the connections of another."""
        made = cls.__new__(cls)
        made._client = client
        return made

    def __repr__(self) -> str:
        return f"Async{self._client!r}"

    async def __aenter__(self) -> AsyncArenaClient:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        """End all calls that are under way (they raise ``Cancelled``) and close idle connections; the client can be used again."""
        self._client.close()

    def within(self, scope: CancelScope) -> AsyncArenaClient:
        """Return this client for calls that ``scope.cancel()`` ends, from any thread; cancelling their task does it, too."""
        return AsyncArenaClient.of(self._client.within(scope))

    @property
    def cluster(self) -> Cluster:
        """The cluster, whose requests block."""
        return self._client.cluster

    @property
    def jobs(self) -> Jobs:
        """The installed job types."""
        return self._client.jobs

    @property
    def namespace(self) -> str:
        """The namespace of calls that name none."""
        return self._client.namespace

    submit = made(ArenaClient.submit, _bind_submission)
    list = made(ArenaClient.list, _bind_list)
    watch_list = yielded(ArenaClient.watch_list)
    get = made(ArenaClient.get, _bind)

    def about(self, job: Job) -> About:
        """Return what a job is; see ``ArenaClient.about``. Nothing is asked, so that nothing has to be awaited."""
        return self._client.about(job)

    figures = awaited(ArenaClient.figures)
    job_file = awaited(ArenaClient.job_file)
    bundle = awaited(ArenaClient.bundle)
    tensorboard = awaited(ArenaClient.tensorboard)
    endpoints = awaited(ArenaClient.endpoints)

    def logs(self, job: JobLike, *, job_type: str = "", namespace: str = "", **options: Unpack[LogArguments]) -> AsyncGenerator[LogLine]:
        """Yield lines of a log, for ``async for``; the options are those of ``ArenaClient.logs``.

        Leaving the loop ends the reading when the generator is closed (``contextlib.aclosing`` does it at once).
        """
        return threads.lines(lambda scope: self._client.within(scope).logs(job, job_type=job_type, namespace=namespace, **options))

    wait = made(ArenaClient.wait, _bind_if_any)
    suspend = made(ArenaClient.suspend, _bind)
    stop = awaited(ArenaClient.stop)
    resume = made(ArenaClient.resume, _bind)
    scale = made(ArenaClient.scale, _bind)
    crons = awaited(ArenaClient.crons)
    cron = awaited(ArenaClient.cron)
    run_now = awaited(ArenaClient.run_now)
    servers = awaited(ArenaClient.servers)
    update = awaited(ArenaClient.update)
    split_traffic = awaited(ArenaClient.split_traffic)
    delete = awaited(ArenaClient.delete)
    prune = awaited(ArenaClient.prune)
    check = awaited(ArenaClient.check)
    volumes = awaited(ArenaClient.volumes)
    events = awaited(ArenaClient.events)
    pulse = yielded(ArenaClient.pulse)
    watch_events = yielded(ArenaClient.watch_events)
    stacks = awaited(ArenaClient.stacks)
    silence = awaited(ArenaClient.silence)
    served = awaited(ArenaClient.served)

    async def forward(
        self,
        job: JobLike,
        to: Served | int,
        *,
        local: int = 0,
        instance: str = "",
        on_trouble: Callable[[str], None] = lambda text: None,
    ) -> Forward:
        """Forward a port of this machine to what a job serves; see ``ArenaClient.forward``. It goes on in threads of its own."""
        return await self._run(lambda arena: self._client.forward(job, to, local=local, instance=instance, on_trouble=on_trouble))

    explain = awaited(ArenaClient.explain)
    exec = awaited(ArenaClient.exec)
    progress = awaited(ArenaClient.progress)
    queues = awaited(ArenaClient.queues)
    places = awaited(ArenaClient.places)
    place = awaited(ArenaClient.place)
    what_if = awaited(ArenaClient.what_if)
    foresee = awaited(ArenaClient.foresee)
    whoami = awaited(ArenaClient.whoami)
    schema = awaited(ArenaClient.schema)
    check_monitoring = awaited(ArenaClient.check_monitoring)
    top_nodes = awaited(ArenaClient.top_nodes)
    top_jobs = awaited(ArenaClient.top_jobs)
    watch_top_nodes = yielded(ArenaClient.watch_top_nodes)
    watch_top_jobs = yielded(ArenaClient.watch_top_jobs)
    put_data = awaited(ArenaClient.put_data)
    get_data = awaited(ArenaClient.get_data)
    push_workdir = awaited(ArenaClient.push_workdir)
    prune_workdirs = awaited(ArenaClient.prune_workdirs)


class AsyncBoundJob(Job, AsyncHandle[AsyncArenaClient, "AsyncBoundJob"]):
    """A job as it was read, which can be waited for, read and deleted; its methods are coroutines."""


class AsyncBoundSubmission(Submission, AsyncHandle[AsyncArenaClient, AsyncBoundJob]):
    """A job that was created, which can be waited for, read and deleted; its methods are coroutines."""
