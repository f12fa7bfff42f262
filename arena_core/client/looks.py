"""What a client shows of jobs and their surroundings: endpoints, queues, use, volumes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from arena_core.client.connected import Connected
from arena_core.client.handles import JobLike
from arena_core.typed import TYPE_CHECKING, Any, TypeVar
from arena_core.usecases.views import Job

if TYPE_CHECKING:
    from arena_core.contract.types import Cause, Manifest
    from arena_core.usecases.about import About
    from arena_core.usecases.crons import Cron, CronList
    from arena_core.usecases.endpoints import Reached
    from arena_core.usecases.findings import Row
    from arena_core.usecases.forward import Forward, Served
    from arena_core.usecases.progress.of_job import Course
    from arena_core.usecases.queues import Place, QueueBoard
    from arena_core.usecases.servers import ServerList
    from arena_core.usecases.stacks.model import Stacks
    from arena_core.usecases.top.of_jobs import JobBoard
    from arena_core.usecases.top.of_nodes import NodeBoard
    from arena_core.usecases.volumes import Volume
    from arena_core.usecases.whatif.ask import Foreseen


J = TypeVar("J", bound=Job)


class Looks(Connected[J]):
    """The part of ``ArenaClient`` that shows what belongs to jobs."""

    def about(self, job: Job) -> About:
        """Return what a job is: its roles with image, command, resources, names of variables. Nothing is asked."""
        from arena_core.usecases.about import about

        return about(self._session, job)

    def job_file(self, job: Job) -> Mapping[str, Any]:
        """Return the job file with which a job was submitted, from its record in the cluster; empty where there is none."""
        from arena_core.usecases.record import job_file

        with self._call() as session:
            return job_file(session.cluster, job.namespace, job.name, job.job_type)

    def bundle(self, name: str, *, job_type: str = "", namespace: str = "") -> Sequence[tuple[str, str]]:
        """Return what the cluster knows of a job as files (path, text) for a support archive, without secrets."""
        from arena_core.usecases.bundle import of_live

        with self._call() as session:
            return list(of_live(session, name, job_type, namespace or self.namespace))

    def tensorboard(self, job: Job) -> str:
        """Return the address of the job's endpoint ``tensorboard``, or nothing where it has none; ``endpoints`` says why it is not up."""
        found = self.endpoints(job).named("tensorboard")
        return found.address if found else ""

    def endpoints(self, job: Job) -> Reached:
        """Return what the job serves, with addresses, and what could not be read to tell."""
        from arena_core.usecases.endpoints import endpoints

        with self._call() as session:
            return endpoints(session, job)

    def crons(self, *, namespace: str = "", all_namespaces: bool = False, selector: str = "") -> CronList:
        """Return the crons of a namespace or of all, with the time at which a job is due next."""
        from arena_core.usecases.crons import list_crons

        with self._call() as session:
            return list_crons(session, namespace="" if all_namespaces else namespace or self.namespace, selector=selector)

    def cron(self, name: str, *, job_type: str = "", namespace: str = "") -> Cron:
        """Return one cron with the jobs that it has made."""
        from arena_core.usecases.crons import get_cron

        with self._call() as session:
            return get_cron(session, name, job_type=job_type, namespace=namespace or self.namespace)

    def servers(
        self,
        name: str = "",
        *,
        version: str = "",
        job_type: str = "",
        namespace: str = "",
        all_namespaces: bool = False,
        selector: str = "",
    ) -> ServerList:
        """Return the servers of a namespace or of all, of one name (and version), with addresses and their parts of the requests."""
        from arena_core.usecases.servers import Wanted, list_servers
        from arena_core.usecases.traffic.parted import parted

        with self._call() as session:
            where = "" if all_namespaces else namespace or self.namespace
            return parted(session, list_servers(session, Wanted(name, version, job_type, where, selector)), where)

    def check(self, job_type: str = "", *, namespace: str = "") -> Sequence[Row]:
        """Return what the cluster has and lacks for jobs of a namespace: kinds, operators, rights, queues, nodes; for one type or all."""
        from arena_core.records import replace
        from arena_core.usecases.checkup.run import check

        with self._call() as session:
            return check(replace(session, namespace=namespace or self.namespace), job_type)

    def what_if(self, job_type: str, args: Any, *, namespace: str = "") -> Foreseen:
        """Return what would become of a job if it was submitted now: when it would start, behind whom, or why never. Nothing is written.

        ``args`` are those of ``submit``. Needs the local cluster (``arena-local``) to be installed: it runs in memory what was read.
        """
        from arena_core.usecases.whatif.ask import foresee_submission

        with self._call() as session:
            return foresee_submission(session, job_type, args, namespace)

    def foresee(self, job: JobLike) -> Foreseen:
        """Return when a job that waits is expected to start, behind whom, or why never. Nothing is written."""
        from arena_core.usecases.whatif.ask import foresee_job

        known = self._known(job)
        with self._call() as session:
            return foresee_job(session, known)

    def volumes(self, *, namespace: str = "", all_namespaces: bool = False) -> Sequence[Volume]:
        """Return the claims of a namespace or of all that a job can mount with ``data``, by namespace and name."""
        from arena_core.usecases.volumes import volumes

        with self._call() as session:
            return volumes(session, "" if all_namespaces else namespace or self.namespace)

    def progress(self, jobs: Sequence[Job]) -> Mapping[str, Course]:
        """Return by uid how far the running ones of the jobs are, by their own status or the end of the chief's log.

        That costs one request of at most 64 KiB a job; of a job that tells nothing there is nothing.
        """
        if not any(job.status.phase.runs for job in jobs):
            return {}
        from arena_core.usecases.progress.of_job import progress_of_each

        with self._call() as session:
            return progress_of_each(session, jobs)

    def figures(self, jobs: Sequence[Job]) -> Mapping[str, Mapping[str, float]]:
        """Return by uid the last figures (loss, accuracy ...) that the end of the chief's log tells, also of jobs that have ended."""
        from arena_core.usecases.progress.of_job import figures_of_each

        with self._call() as session:
            return figures_of_each(session, jobs)

    def queues(self, name: str = "", *, namespace: str = "", all_namespaces: bool = False) -> QueueBoard:
        """Return the queues that jobs of a namespace can name, or that one: quota, who runs, who waits at which place.

        Raises ``KindNotInstalled`` where the cluster has no queueing system, ``NotFound`` for a name that no queue has.
        """
        from arena_core.usecases.queues import list_queues

        with self._call() as session:
            return list_queues(session, "" if all_namespaces else namespace or self.namespace, name)

    def places(self, jobs: Sequence[Job], *, namespace: str = "") -> Mapping[str, Place]:
        """Return by uid at which place those of the jobs stand that wait in a queue."""
        from arena_core.usecases.queues import places

        with self._call() as session:
            return places(session, jobs, namespace)

    def place(self, job: Job) -> tuple[str, Place | None]:
        """Return the queue of a job that was got, empty for none, and its place where it waits there."""
        from arena_core.usecases.queues import place_of

        with self._call() as session:
            return place_of(session, job)

    def check_monitoring(self, *, prometheus: str = "", prometheus_token: str = "") -> Sequence[Row]:
        """Return what of the monitoring that ``top_nodes`` and ``top_jobs`` use is there, missing, or not known for want of rights."""
        from arena_core.usecases.top.check import check_monitoring
        from arena_core.usecases.top.prometheus import Address

        with self._call() as session:
            return check_monitoring(session, Address(prometheus, prometheus_token))

    def top_nodes(self, names: Sequence[str] = (), *, prometheus: str = "", prometheus_token: str = "") -> NodeBoard:
        """Return what the nodes (all, or those named) have, which jobs hold it, and what is used where somebody measures that.

        GPUs are measured by Prometheus: the one at the address ``prometheus``, else the one that is found in the cluster.
        """
        from arena_core.usecases.top.of_nodes import top_nodes
        from arena_core.usecases.top.prometheus import Address

        with self._call() as session:
            return top_nodes(session, names, Address(prometheus, prometheus_token))

    def watch_top_nodes(self, names: Sequence[str] = (), *, prometheus: str = "", prometheus_token: str = "") -> Iterator[NodeBoard]:
        """Yield what ``top_nodes`` returns, at once and within a fifth of a second after each change.

        Nodes, pods and jobs are read once and then watched; what is used is asked for every two seconds.
        """
        from arena_core.usecases.top.live import live_nodes
        from arena_core.usecases.top.prometheus import Address

        with self._call() as session:
            yield from live_nodes(session, names, Address(prometheus, prometheus_token))

    def watch_top_jobs(
        self,
        *,
        job_type: str = "",
        namespace: str = "",
        all_namespaces: bool = False,
        prometheus: str = "",
        prometheus_token: str = "",
    ) -> Iterator[JobBoard]:
        """Yield what ``top_jobs`` returns of all jobs of a namespace, at once and within a fifth of a second after each change.

        Jobs and pods are read once and then watched; what is used is asked for every two seconds.
        """
        from arena_core.usecases.top.live import live_jobs
        from arena_core.usecases.top.prometheus import Address

        where = "" if all_namespaces else namespace or self.namespace
        with self._call() as session:
            yield from live_jobs(session, job_type=job_type, namespace=where, address=Address(prometheus, prometheus_token))

    def pulse(self, of: JobLike, *, all_namespaces: bool = False, tick: float = 2.0) -> Iterator[None]:
        """Yield at once, within a fifth of a second after each change, and every ``tick`` seconds: when to look again.

        ``of`` is a job, or what a board shows: "nodes", "queues", "pods". Who may not watch is told by the ticks alone.
        """
        from arena_core.usecases import pulse

        boards = {"nodes": pulse.of_nodes, "queues": pulse.of_queues, "pods": pulse.of_pods}
        board = boards.get(of) if isinstance(of, str) else None
        known = None if board else self._known(of)
        with self._call() as session:
            watched = board() if board else pulse.of_job(session, known) if known else ()
            everywhere = all_namespaces or of in ("nodes", "queues")
            namespace = known.namespace if known else "" if everywhere else self.namespace
            yield from pulse.pulse(session, watched, namespace, tick)

    def stacks(self, job: JobLike, *, instance: str = "", container: str = "", carry: bool = False) -> Stacks:
        """Return where the processes of a running job are, by their Python stacks; of one instance or of all.

        They are read with py-spy where the image has it (``carry``: with that of this machine, brought along for the moment), else
        by what ``debug_stacks`` has prepared at the submit.
        """
        from arena_core.usecases.stacks.look import stacks
        from arena_core.usecases.stacks.probe import py_spy

        known, carried = self._known(job), py_spy() if carry else None
        with self._call() as session:
            return stacks(session, known, instance=instance, container=container, carried=carried)

    def silence(self, job: JobLike, after: float) -> Cause | None:
        """Return what is to be said of a running job that has written nothing for so many seconds: since when, and where its ranks are."""
        from arena_core.usecases.silent import silence

        known = self._known(job)
        with self._call() as session:
            return silence(session, known, after)

    def watch_events(self, job: JobLike) -> Iterator[Manifest]:
        """Yield the Kubernetes events of a job, those that are there first, then each as it comes."""
        from arena_core.usecases.events import watch_events

        known = self._known(job)
        with self._call() as session:
            yield from watch_events(session, known)

    def served(self, job: JobLike) -> Sequence[Served]:
        """Return what a job serves that can be forwarded to now; raises ``NotFound`` with the reason where there is nothing."""
        from arena_core.usecases.forward import served

        known = self._known(job)
        with self._call() as session:
            return served(session, known)

    def forward(
        self,
        job: JobLike,
        to: Served | int,
        *,
        local: int = 0,
        instance: str = "",
        on_trouble: Callable[[str], None] = lambda text: None,
    ) -> Forward:
        """Forward a port of this machine (0: a free one) to what a job serves, or to a port of an instance by its number.

        What is returned listens already; ``port`` is its number, ``close`` ends it. ``on_trouble`` is told of connections that fail.
        """
        from arena_core.usecases.forward import Forward, port_of

        known = self._known(job)
        target = port_of(self._session, known, to, instance) if isinstance(to, int) else to
        found = Forward(self._session, known.namespace, target, local, on_trouble)
        found.start()
        return found
