"""``ArenaClient``: the use cases behind one class."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from arena_core.client.calls import LogLines
from arena_core.client.changes import Changes
from arena_core.client.handles import Handle, JobCalls, JobLike, bound
from arena_core.client.looks import Looks
from arena_core.contract.errors import UsageError
from arena_core.contract.types import Submission, Target
from arena_core.typed import TYPE_CHECKING, Any
from arena_core.usecases.views import Job

if TYPE_CHECKING:
    from arena_core.contract.errors import ArenaError
    from arena_core.contract.types import Cause, Manifest
    from arena_core.kube.streams import ExecSession
    from arena_core.usecases.delete import Deletion
    from arena_core.usecases.identity import Identity
    from arena_core.usecases.livelist import Change
    from arena_core.usecases.prune import Pruned
    from arena_core.usecases.top.of_jobs import JobBoard
    from arena_core.usecases.views import Deleted, JobList


class ArenaClient(Changes["BoundJob"], Looks["BoundJob"]):
    """One cluster and the job types that are installed.

    Without arguments it takes the cluster that ``kubectl`` would take ($KUBECONFIG, ``~/.kube/config``, the cluster it runs in), else
    the embedded one. ``namespace`` is the default of all calls; without it the context's own. ``local=True`` takes the embedded
    cluster whatever is configured. ``jobs`` and ``extensions`` replace what is installed, for tests.
    With a ``history`` what becomes of jobs is noted in it, as the command line does (``arena history``).

    No request is sent before the first call. A client may be used by several threads, and as a context manager. Wherever a job is
    asked for it is its name, ``TYPE/NAME``, or what ``submit``, ``get`` or ``list`` returned, which means that very job.
    """

    def submit(
        self, job_type: str, args: Any, *, namespace: str = "", dry_run: str = "", rehearse: float = 0.0, force: bool = False
    ) -> BoundSubmission:
        """Create a job and return it: it can be waited for, its logs read …, unless it was a dry run.

        ``args`` is the job type's argument model or a mapping of its fields. ``dry_run`` is ``"client"`` (only build; asks the cluster
        nothing) or ``"server"`` (the API server checks, nothing is stored). Raises ``InvalidArguments`` with every problem before
        anything is sent, ``AlreadyExists``, ``SubmissionRefused`` with the fields that the cluster refused, ``KindNotInstalled`` …
        A job exists whole or not at all, also after Ctrl-C. With ``rehearse`` it first runs for so many seconds on a local cluster that
        is thrown away: ``RehearsalFailed`` where it fails there, unless ``force`` is set.
        """
        from arena_core.usecases.dryrun import dry_run_of
        from arena_core.usecases.submit import Rehearsal, only_built, read_args, submit

        dry = dry_run_of(dry_run)
        if dry == "client" and (namespace or self._namespace) and "cluster" not in self.__dict__:
            # Building needs no cluster: it works without one. Where one is known already, extensions may want to know which.
            handle = self.jobs.get(job_type)
            target = Target(self._context, namespace or self._namespace)
            extensions = self._extensions or getattr(self.jobs, "policies", None)
            return _bind_submission(self, only_built(handle, read_args(handle, args), self.jobs, extensions, target))
        rehearsal = Rehearsal(rehearse, force) if rehearse else None
        with self._call() as session:
            return _bind_submission(self, submit(session, job_type, args, namespace=namespace, dry_run=dry, rehearsal=rehearsal))

    def list(
        self, *, job_type: str = "", namespace: str = "", all_namespaces: bool = False, selector: str = "", reasons: bool = False
    ) -> JobList[BoundJob]:
        """Return the jobs of a namespace or of all, with the notes on what could not be read.

        With ``reasons`` the jobs that neither run nor have succeeded say why, as ``get`` does: that costs a request for the events of
        each namespace with such a job, and one for each kind that their reasons need.
        """
        from arena_core.usecases import remember
        from arena_core.usecases.listing import list_jobs
        from arena_core.usecases.views import JobList

        with self._call() as session:
            where = "" if all_namespaces else namespace or self.namespace
            found = list_jobs(session, job_type=job_type, namespace=where, selector=selector)
            jobs: Sequence[Job] = found.jobs
            remember.seen(session, jobs)
            if reasons:
                from arena_core.usecases.explain import all_reasoned

                jobs = all_reasoned(session, jobs)
            return JobList(tuple(self._bound(job) for job in jobs), found.notes, found.unread)

    def watch_list(self, *, job_type: str = "", namespace: str = "", all_namespaces: bool = False, selector: str = "") -> Iterator[Change]:
        """Yield the list of jobs at once, then within a fifth of a second after each change, and once a second without one.

        All kinds and the pods are read once and then watched. ``Change.changed`` and ``gone`` say what is different from the time
        before. It goes on until the iteration is closed or the client's calls are ended.
        """
        from arena_core.usecases import remember
        from arena_core.usecases.livelist import live_list

        with self._call() as session:
            where = "" if all_namespaces else namespace or self.namespace
            for change in live_list(session, job_type=job_type, namespace=where, selector=selector):
                remember.seen(session, change.changed)
                yield change

    def logs(  # noqa: PLR0913  # one argument for each flag of `logs`
        self,
        job: JobLike,
        *,
        job_type: str = "",
        namespace: str = "",
        instance: str = "",
        container: str = "",
        all_instances: bool = False,
        previous: bool = False,
        follow: bool = False,
        tail: int = -1,
        since_seconds: int = 0,
        since_time: str = "",
        timestamps: bool = False,
        joined: bool = False,
        on_wait: Callable[[str], None] = lambda why: None,
        on_note: Callable[[str], None] = lambda text: None,
        on_idle: Callable[[], None] = lambda: None,
        on_labels: Callable[[Sequence[str]], None] = lambda labels: None,
        on_trouble: Callable[[str, ArenaError], None] | None = None,
    ) -> LogLines:
        """Return lines of the chief's log, of one instance (``worker-0``) or of all.

        With ``follow`` it goes on until the job has ended, over broken connections without gap or repetition; an instance that has
        not started is waited for, and ``on_wait`` is told why. What was written is yielded once, in order and to the end, or an error
        says what is missing. ``on_note`` is told what is odd, ``on_idle`` that nothing more is there for the moment, ``on_labels``
        which instances there are, and ``on_trouble``, where it is given and logs are followed, which one cannot be read: then that does
        not end the others. A line over 64 KiB comes in pieces, and so does, when followed, one whose end does not come.
        ``joined`` is for who only passes a log on: whole lines of an instance that came together are one, which takes a third of the time.
        ``close`` of what is returned ends the reading, also from another thread.
        """
        from arena_core.contract.types import LogQuery
        from arena_core.kube.logoptions import LogOptions
        from arena_core.usecases.logs import read_logs
        from arena_core.usecases.sources import LogRequest

        meant = self._meant(job, job_type, namespace)
        query = LogQuery(instance, container, all_instances, previous)
        options = LogOptions(
            follow=follow, previous=previous, timestamps=timestamps, tail=tail, since_seconds=since_seconds, since_time=since_time
        )
        scope = self._calls.begin(*self._ends_with)
        lines = read_logs(
            self._session.within(scope),
            meant.name,
            LogRequest(query, options, joined),
            job_type=meant.job_type,
            namespace=meant.namespace,
            uid=meant.uid,
            on_wait=on_wait,
            on_note=on_note,
            on_idle=on_idle,
            on_labels=on_labels,
            on_trouble=on_trouble,
        )
        return LogLines(self._calls, scope, lines)

    def wait(
        self,
        job: JobLike,
        goal: str = "",
        *,
        job_type: str = "",
        namespace: str = "",
        timeout: float | None = None,
        on_change: Callable[[Job], None] | None = None,
        uid: str = "",
    ) -> BoundJob | None:
        """Wait until a job is ``finished``, ``succeeded``, ``running``, ``failed`` or ``deleted`` (then None is returned).

        Raises ``JobFailed`` when it fails and this was not the goal, ``TimedOut`` after ``timeout`` seconds, ``NotFound`` when it
        vanishes. With ``uid`` that very job is meant, not another that has got its name meanwhile.
        """
        from arena_core.usecases.wait import wait_for

        meant = self._meant(job, job_type, namespace)
        with self._call() as session:
            found = wait_for(
                session,
                meant.name,
                goal,
                job_type=meant.job_type,
                namespace=meant.namespace,
                timeout=timeout,
                on_change=on_change,
                uid=uid or meant.uid,
            )
        return None if found is None else self._bound(found)

    def delete(
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
        """Delete jobs, each named or a record, or those with some labels (also in all namespaces), and all that belongs to them.

        One that is missing does not stop the others: look at ``Deleted.error`` of each. With ``wait`` it returns when they and their
        instances are gone, with ``wait="job"`` when the jobs themselves are; ``on_wait`` is told what takes long. A name that no job can
        have, or a selector that selects everything, is a ``UsageError`` before anything is sent.
        """
        from arena_core.usecases.delete import Target, delete_jobs, delete_selected

        meant = [self._meant(one, job_type, namespace) for one in ([jobs] if isinstance(jobs, JobLike) else jobs)]
        if meant and selector:
            raise UsageError("delete takes either names or a selector, not both")
        if all_namespaces and not selector:
            raise UsageError("all namespaces: only with a selector, names belong to one namespace")
        how = self._deletion(namespace, all_namespaces, wait, timeout, on_wait)
        with self._call() as session:
            if meant or not selector:
                done = delete_jobs(session, [Target(*one) for one in meant], how)
            else:
                done = delete_selected(session, selector, how, job_type=job_type)
            session.cluster.scope.check()
        return done

    def _deletion(
        self, namespace: str, everywhere: bool, wait: bool | str, timeout: float | None, on_wait: Callable[[str], None]
    ) -> Deletion:
        from arena_core.usecases.delete import Deletion

        return Deletion("" if everywhere else namespace or self.namespace, "all" if wait is True else wait or "", timeout, on_wait)

    def prune(
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
        """Delete the jobs that ended at least so many seconds ago; those that wait or run stay. See ``delete`` for ``wait``."""
        from arena_core.usecases.prune import prune

        how = self._deletion(namespace, all_namespaces, wait, timeout, on_wait)
        with self._call() as session:
            return prune(session, seconds, how, job_type=job_type, selector=selector, dry_run=dry_run)

    def events(self, job: JobLike) -> Sequence[Manifest]:
        """Return the Kubernetes events of a job, its pods and related objects, oldest first."""
        from arena_core.usecases.events import events_of

        known = self._known(job)
        with self._call() as session:
            return events_of(session, known)

    def explain(self, job: JobLike) -> Sequence[Cause]:
        """Say in plain words why a job is not running; nothing where it runs or has ended well."""
        from arena_core.usecases.explain import explain

        known = self._known(job)
        with self._call() as session:
            return explain(session, known)

    def exec(
        self, job: JobLike, command: Sequence[str], *, instance: str = "", container: str = "", stdin: bool = False, tty: bool = False
    ) -> ExecSession:
        """Run a command in an instance (by default the chief) of a job."""
        from arena_core.usecases.enter import enter

        return enter(self._session, self._known(job), command, instance=instance, container=container, stdin=stdin, tty=tty)

    def top_jobs(
        self,
        job: JobLike | None = None,
        *,
        job_type: str = "",
        namespace: str = "",
        all_namespaces: bool = False,
        prometheus: str = "",
        prometheus_token: str = "",
    ) -> JobBoard:
        """Return what jobs use: all of a namespace, those that ask for most GPUs first, or one."""
        from arena_core.usecases.top.of_jobs import top_jobs
        from arena_core.usecases.top.prometheus import Address

        jobs: Sequence[Job]
        if job is None:
            found = self.list(job_type=job_type, namespace=namespace, all_namespaces=all_namespaces)
            jobs, notes, where = found.jobs, found.notes, "" if all_namespaces else namespace or self.namespace
        else:
            one = self.get(job, job_type=job_type, namespace=namespace)
            jobs, notes, where = [one], (), one.namespace
        with self._call() as session:
            board = top_jobs(session, jobs, where, Address(prometheus, prometheus_token))
        return board._replace(notes=(*notes, *board.notes))

    def whoami(self) -> Identity:
        """Return who we are to the cluster, and Arena's id of this user."""
        from arena_core.usecases.identity import identify

        with self._call() as session:
            return identify(session.cluster)

    def _bound(self, job: Job) -> BoundJob:
        return _bind(self, job)

    def schema(self, job_type: str) -> Mapping[str, Any]:
        """Return the JSON Schema of a job file of this type."""
        from arena_core.args import json_schema

        handle = self.jobs.get(job_type)
        schema: Mapping[str, Any] = handle.behind("its argument model", lambda: json_schema(handle.job_type.name, handle.args_model))
        return schema


class BoundJob(Job, Handle[ArenaClient, "BoundJob"]):
    """A job as it was read, which can be waited for, read and deleted."""


class BoundSubmission(Submission, Handle[ArenaClient, BoundJob]):
    """A job that was created, which can be waited for, read and deleted."""


def _bind(client: JobCalls[BoundJob], job: Job) -> BoundJob:
    """Return the job as one that knows its client."""
    return bound(BoundJob, job, client)


def _bind_submission(client: JobCalls[BoundJob], done: Submission) -> BoundSubmission:
    """Return what was created as a job that knows its client."""
    return bound(BoundSubmission, done, client)
