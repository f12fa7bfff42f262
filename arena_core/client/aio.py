"""``AsyncArenaClient``: the names of ``ArenaClient`` as coroutines. Whoever cancels a task ends its call, and nothing of it is left."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Unpack

from arena_core.client import threads
from arena_core.client.aiofiles import AsyncFiles
from arena_core.client.handles import AsyncHandle, AsyncJobCalls, JobLike, LogArguments, bound
from arena_core.client.sync import ArenaClient
from arena_core.client.topping import AsyncTops
from arena_core.contract.types import Submission
from arena_core.usecases.views import Deleted, Job, JobList, LogLine

if TYPE_CHECKING:
    from arena_core.contract.types import Cause, Jobs, Manifest, Rescale
    from arena_core.history.journal import Journal
    from arena_core.kube.cluster import Cluster
    from arena_core.kube.scope import CancelScope
    from arena_core.kube.streams import ExecSession
    from arena_core.usecases.about import About
    from arena_core.usecases.crons import Cron, CronList
    from arena_core.usecases.endpoints import Reached
    from arena_core.usecases.findings import Row
    from arena_core.usecases.forward import Forward, Served
    from arena_core.usecases.identity import Identity
    from arena_core.usecases.livelist import Change
    from arena_core.usecases.progress.of_job import Course
    from arena_core.usecases.prune import Pruned
    from arena_core.usecases.queues import Place, QueueBoard
    from arena_core.usecases.servers import ServerList
    from arena_core.usecases.session import Extensions
    from arena_core.usecases.stacks.model import Stacks
    from arena_core.usecases.stop import Stopped
    from arena_core.usecases.traffic.split import Split
    from arena_core.usecases.update import Updated
    from arena_core.usecases.volumes import Volume
    from arena_core.usecases.whatif.ask import Foreseen

T = TypeVar("T")


class AsyncArenaClient(AsyncFiles, AsyncTops):
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

    async def submit(
        self, job_type: str, args: Any, *, namespace: str = "", dry_run: str = "", rehearse: float = 0.0, force: bool = False
    ) -> AsyncBoundSubmission:
        """Create a job and return it; see ``ArenaClient.submit``."""
        done = await self._run(
            lambda arena: arena.submit(job_type, args, namespace=namespace, dry_run=dry_run, rehearse=rehearse, force=force)
        )
        return _bind_submission(self, done)

    async def list(
        self, *, job_type: str = "", namespace: str = "", all_namespaces: bool = False, selector: str = "", reasons: bool = False
    ) -> JobList[AsyncBoundJob]:
        """Return the jobs of a namespace or of all; see ``ArenaClient.list``."""
        found = await self._run(
            lambda arena: arena.list(
                job_type=job_type, namespace=namespace, all_namespaces=all_namespaces, selector=selector, reasons=reasons
            )
        )
        return JobList(tuple(_bind(self, job) for job in found), found.notes, found.unread)

    def watch_list(
        self, *, job_type: str = "", namespace: str = "", all_namespaces: bool = False, selector: str = ""
    ) -> AsyncGenerator[Change]:
        """Yield the list of jobs while it changes, for ``async for``; see ``ArenaClient.watch_list``."""
        return threads.lines(
            lambda scope: self._client.within(scope).watch_list(
                job_type=job_type, namespace=namespace, all_namespaces=all_namespaces, selector=selector
            )
        )

    async def get(self, job: JobLike, *, job_type: str = "", namespace: str = "") -> AsyncBoundJob:
        """Return one job with its instances and its reason; see ``ArenaClient.get``."""
        return _bind(self, await self._run(lambda arena: arena.get(job, job_type=job_type, namespace=namespace)))

    def about(self, job: Job) -> About:
        """Return what a job is; see ``ArenaClient.about``. Nothing is asked, so that nothing has to be awaited."""
        return self._client.about(job)

    async def figures(self, jobs: Sequence[Job]) -> Mapping[str, Mapping[str, float]]:
        """Return by uid the last figures of each job; see ``ArenaClient.figures``."""
        return await self._run(lambda arena: arena.figures(jobs))

    async def job_file(self, job: Job) -> Mapping[str, Any]:
        """Return the job file with which a job was submitted, from its record in the cluster; empty where there is none."""
        return await self._run(lambda arena: arena.job_file(job))

    async def bundle(self, name: str, *, job_type: str = "", namespace: str = "") -> Sequence[tuple[str, str]]:
        """Return what the cluster knows of a job as files for a support archive; see ``ArenaClient.bundle``."""
        return await self._run(lambda arena: arena.bundle(name, job_type=job_type, namespace=namespace))

    async def tensorboard(self, job: Job) -> str:
        """Return the address of the job's endpoint ``tensorboard``; see ``ArenaClient.tensorboard``."""
        return await self._run(lambda arena: arena.tensorboard(job))

    async def endpoints(self, job: Job) -> Reached:
        """Return what the job serves, with addresses, and what could not be read to tell."""
        return await self._run(lambda arena: arena.endpoints(job))

    def logs(self, job: JobLike, *, job_type: str = "", namespace: str = "", **options: Unpack[LogArguments]) -> AsyncGenerator[LogLine]:
        """Yield lines of a log, for ``async for``; the options are those of ``ArenaClient.logs``.

        Leaving the loop ends the reading when the generator is closed (``contextlib.aclosing`` does it at once).
        """
        return threads.lines(lambda scope: self._client.within(scope).logs(job, job_type=job_type, namespace=namespace, **options))

    async def wait(
        self,
        job: JobLike,
        goal: str = "",
        *,
        job_type: str = "",
        namespace: str = "",
        timeout: float | None = None,
        on_change: Callable[[Job], None] | None = None,
        uid: str = "",
    ) -> AsyncBoundJob | None:
        """Wait until a job is ``finished``, ``succeeded``, ``running``, ``failed`` or ``deleted``; see ``ArenaClient.wait``."""
        found = await self._run(
            lambda arena: arena.wait(job, goal, job_type=job_type, namespace=namespace, timeout=timeout, on_change=on_change, uid=uid)
        )
        return None if found is None else _bind(self, found)

    async def suspend(self, job: JobLike, *, job_type: str = "", namespace: str = "") -> AsyncBoundJob:
        """Suspend a job; see ``ArenaClient.suspend``."""
        return _bind(self, await self._run(lambda arena: arena.suspend(job, job_type=job_type, namespace=namespace)))

    async def stop(
        self, job: JobLike, *, job_type: str = "", namespace: str = "", suspend_only: bool = False, timeout: float | None = None
    ) -> Stopped:
        """Stop a job: suspend it where that is possible and lasts, else delete it; see ``ArenaClient.stop``."""
        kind, where = job_type, namespace
        return await self._run(lambda arena: arena.stop(job, job_type=kind, namespace=where, suspend_only=suspend_only, timeout=timeout))

    async def resume(self, job: JobLike, *, job_type: str = "", namespace: str = "") -> AsyncBoundJob:
        """Let a suspended job run; see ``ArenaClient.resume``."""
        return _bind(self, await self._run(lambda arena: arena.resume(job, job_type=job_type, namespace=namespace)))

    async def scale(
        self,
        job: JobLike,
        sizes: Mapping[str, int],
        *,
        how: Rescale | None = None,
        relative: bool = False,
        job_type: str = "",
        namespace: str = "",
    ) -> AsyncBoundJob:
        """Change how many pods roles of a running job have; see ``ArenaClient.scale``."""
        more: Any = {"how": how, "relative": relative, "job_type": job_type, "namespace": namespace}
        return _bind(self, await self._run(lambda arena: arena.scale(job, sizes, **more)))

    async def crons(self, *, namespace: str = "", all_namespaces: bool = False, selector: str = "") -> CronList:
        """Return the crons of a namespace or of all; see ``ArenaClient.crons``."""
        return await self._run(lambda arena: arena.crons(namespace=namespace, all_namespaces=all_namespaces, selector=selector))

    async def cron(self, name: str, *, job_type: str = "", namespace: str = "") -> Cron:
        """Return one cron with the jobs that it has made."""
        return await self._run(lambda arena: arena.cron(name, job_type=job_type, namespace=namespace))

    async def run_now(self, cron: str, *, job_type: str = "", namespace: str = "") -> Manifest:
        """Make a job of a cron at once, whatever its schedule says, and return the object that was created."""
        return await self._run(lambda arena: arena.run_now(cron, job_type=job_type, namespace=namespace))

    async def servers(
        self,
        name: str = "",
        *,
        version: str = "",
        job_type: str = "",
        namespace: str = "",
        all_namespaces: bool = False,
        selector: str = "",
    ) -> ServerList:
        """Return the servers of a namespace or of all; see ``ArenaClient.servers``."""
        return await self._run(
            lambda arena: arena.servers(
                name, version=version, job_type=job_type, namespace=namespace, all_namespaces=all_namespaces, selector=selector
            )
        )

    async def update(self, job: JobLike, args: Any, *, job_type: str = "", namespace: str = "", dry_run: str = "") -> Updated:
        """Change a live job and return what is different then; see ``ArenaClient.update``."""
        return await self._run(lambda arena: arena.update(job, args, job_type=job_type, namespace=namespace, dry_run=dry_run))

    async def split_traffic(
        self,
        name: str,
        weights: Mapping[str, int],
        *,
        via: Literal["", "istio", "gateway"] = "",
        gateway: str = "",
        hosts: Sequence[str] = (),
        namespace: str = "",
        dry_run: bool = False,
    ) -> Split:
        """Part the requests to a server among its versions; see ``ArenaClient.split_traffic``."""
        more: Any = {"via": via, "gateway": gateway, "hosts": hosts, "namespace": namespace, "dry_run": dry_run}
        return await self._run(lambda arena: arena.split_traffic(name, weights, **more))

    async def delete(
        self,
        jobs: JobLike | Sequence[JobLike] = (),
        *,
        job_type: str = "",
        namespace: str = "",
        all_namespaces: bool = False,
        selector: str = "",
        wait: bool | str = False,
        timeout: float | None = None,
        on_wait: Callable[[str], None] = lambda text: None,
    ) -> Sequence[Deleted]:
        """Delete jobs, each named or a record, or those with some labels; see ``ArenaClient.delete``."""
        return await self._run(
            lambda arena: arena.delete(
                jobs,
                job_type=job_type,
                namespace=namespace,
                all_namespaces=all_namespaces,
                selector=selector,
                wait=wait,
                timeout=timeout,
                on_wait=on_wait,
            )
        )

    async def prune(
        self,
        seconds: float,
        *,
        job_type: str = "",
        namespace: str = "",
        all_namespaces: bool = False,
        selector: str = "",
        dry_run: bool = False,
        wait: bool | str = False,
        timeout: float | None = None,
        on_wait: Callable[[str], None] = lambda text: None,
    ) -> Pruned:
        """Delete the jobs that ended at least so many seconds ago; see ``ArenaClient.prune``."""
        return await self._run(
            lambda arena: arena.prune(
                seconds,
                job_type=job_type,
                namespace=namespace,
                all_namespaces=all_namespaces,
                selector=selector,
                dry_run=dry_run,
                wait=wait,
                timeout=timeout,
                on_wait=on_wait,
            )
        )

    async def check(self, job_type: str = "", *, namespace: str = "") -> Sequence[Row]:
        """Return what the cluster has and lacks for jobs of a namespace; see ``ArenaClient.check``."""
        return await self._run(lambda arena: arena.check(job_type, namespace=namespace))

    async def volumes(self, *, namespace: str = "", all_namespaces: bool = False) -> Sequence[Volume]:
        """Return the claims that a job can mount with ``data``; see ``ArenaClient.volumes``."""
        return await self._run(lambda arena: arena.volumes(namespace=namespace, all_namespaces=all_namespaces))

    async def events(self, job: JobLike) -> Sequence[Manifest]:
        """Return the Kubernetes events of a job, its pods and related objects, oldest first."""
        return await self._run(lambda arena: arena.events(job))

    def pulse(self, of: JobLike, *, all_namespaces: bool = False, tick: float = 2.0) -> AsyncGenerator[None]:
        """Yield when to look again, for ``async for``; see ``ArenaClient.pulse``."""
        return threads.lines(lambda scope: self._client.within(scope).pulse(of, all_namespaces=all_namespaces, tick=tick))

    def watch_events(self, job: JobLike) -> AsyncGenerator[Manifest]:
        """Yield the Kubernetes events of a job as they come, for ``async for``; see ``ArenaClient.watch_events``."""
        return threads.lines(lambda scope: self._client.within(scope).watch_events(job))

    async def stacks(self, job: JobLike, *, instance: str = "", container: str = "", carry: bool = False) -> Stacks:
        """Return where the processes of a running job are; see ``ArenaClient.stacks``."""
        return await self._run(lambda arena: arena.stacks(job, instance=instance, container=container, carry=carry))

    async def silence(self, job: JobLike, after: float) -> Cause | None:
        """Return what is to be said of a running job that has written nothing for so many seconds; see ``ArenaClient.silence``."""
        return await self._run(lambda arena: arena.silence(job, after))

    async def served(self, job: JobLike) -> Sequence[Served]:
        """Return what a job serves that can be forwarded to now; see ``ArenaClient.served``."""
        return await self._run(lambda arena: arena.served(job))

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

    async def explain(self, job: JobLike) -> Sequence[Cause]:
        """Say in plain words why a job is not running; nothing where it runs or has ended well."""
        return await self._run(lambda arena: arena.explain(job))

    async def exec(
        self, job: JobLike, command: Sequence[str], *, instance: str = "", container: str = "", stdin: bool = False, tty: bool = False
    ) -> ExecSession:
        """Run a command in an instance (by default the chief) of a job; the session that is returned blocks."""
        return await self._run(lambda arena: arena.exec(job, command, instance=instance, container=container, stdin=stdin, tty=tty))

    async def progress(self, jobs: Sequence[Job]) -> Mapping[str, Course]:
        """Return by uid how far the running ones of the jobs are; see ``ArenaClient.progress``."""
        return await self._run(lambda arena: arena.progress(jobs))

    async def queues(self, name: str = "", *, namespace: str = "", all_namespaces: bool = False) -> QueueBoard:
        """Return the queues that jobs of a namespace can name, or that one; see ``ArenaClient.queues``."""
        return await self._run(lambda arena: arena.queues(name, namespace=namespace, all_namespaces=all_namespaces))

    async def places(self, jobs: Sequence[Job], *, namespace: str = "") -> Mapping[str, Place]:
        """Return by uid at which place those of the jobs stand that wait in a queue."""
        return await self._run(lambda arena: arena.places(jobs, namespace=namespace))

    async def place(self, job: Job) -> tuple[str, Place | None]:
        """Return the queue of a job that was got, empty for none, and its place where it waits there."""
        return await self._run(lambda arena: arena.place(job))

    async def what_if(self, job_type: str, args: Any, *, namespace: str = "") -> Foreseen:
        """Return what would become of a job if it was submitted now; see ``ArenaClient.what_if``."""
        return await self._run(lambda arena: arena.what_if(job_type, args, namespace=namespace))

    async def foresee(self, job: JobLike) -> Foreseen:
        """Return when a job that waits is expected to start; see ``ArenaClient.foresee``."""
        return await self._run(lambda arena: arena.foresee(job))

    async def whoami(self) -> Identity:
        """Return who we are to the cluster, and Arena's id of this user."""
        return await self._run(lambda arena: arena.whoami())

    async def schema(self, job_type: str) -> Mapping[str, Any]:
        """Return the JSON Schema of a job file of this type."""
        return await self._run(lambda arena: arena.schema(job_type))


class AsyncBoundJob(Job, AsyncHandle[AsyncArenaClient, "AsyncBoundJob"]):
    """A job as it was read, which can be waited for, read and deleted; its methods are coroutines."""


class AsyncBoundSubmission(Submission, AsyncHandle[AsyncArenaClient, AsyncBoundJob]):
    """A job that was created, which can be waited for, read and deleted; its methods are coroutines."""


def _bind(client: AsyncJobCalls[AsyncBoundJob], job: Job) -> AsyncBoundJob:
    """Return the job as one that knows its client."""
    return bound(AsyncBoundJob, job, client)


def _bind_submission(client: AsyncJobCalls[AsyncBoundJob], done: Submission) -> AsyncBoundSubmission:
    """Return what was created as a job that knows its client."""
    return bound(AsyncBoundSubmission, done, client)
