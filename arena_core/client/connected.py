"""How every part of ``ArenaClient`` reaches its cluster, and what they all do with a job: name it, read it, know it."""

from __future__ import annotations

from _thread import allocate_lock
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property

from arena_core.client.calls import Call, Calls
from arena_core.client.handles import JobLike, Reference, reference
from arena_core.contract.errors import NotFound
from arena_core.contract.types import Submission
from arena_core.lazily import twin
from arena_core.typed import TYPE_CHECKING, Any, Generic, TypeVar
from arena_core.usecases.views import Job

if TYPE_CHECKING:
    from types import TracebackType

    from arena_core.contract.types import Jobs
    from arena_core.history.journal import Journal
    from arena_core.kube.cluster import Cluster
    from arena_core.kube.scope import CancelScope
    from arena_core.usecases.session import Extensions, Session

J = TypeVar("J", bound=Job)
S = TypeVar("S", bound="Connected[Any]")


class Connected(ABC, Generic[J]):
    """A cluster and the job types that are installed; a job is read as a ``J``."""

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
        self._kubeconfig = kubeconfig
        self._context = context
        self._namespace = namespace
        self._as_user = as_user
        self._as_groups = tuple(as_groups)
        self._local = local
        self._jobs = jobs
        self._extensions = extensions
        self._history = history
        self._calls = Calls()
        self._lock = allocate_lock()
        self._told: set[str] = set()
        self._origin: Connected[J] | None = None
        self._ends_with: tuple[CancelScope, ...] = ()

    def __repr__(self) -> str:
        given = {"kubeconfig": self._kubeconfig, "context": self._context, "namespace": self._namespace, "local": self._local}
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in given.items() if value)})"

    def __enter__(self: S) -> S:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End all calls that are under way in other threads (they raise ``Cancelled``) and close idle connections.

        The client can be used again.
        """
        self._calls.cancel()
        if "cluster" in self.__dict__:
            self.cluster.close()

    def within(self: S, scope: CancelScope) -> S:
        """Return this client for calls that another thread can end: ``scope.cancel()`` makes them raise ``Cancelled`` at once.

        >>> from arena_core.client import ArenaClient, CancelScope
        >>> stop = CancelScope()
        >>> arena = ArenaClient().within(stop)
        >>> stop.cancel()
        >>> arena.wait("mnist")
        Traceback (most recent call last):
        arena_core.contract.errors.Cancelled: the call was cancelled
        """
        found = twin(self)
        for name in ("cluster", "jobs", "_session"):
            found.__dict__.pop(name, None)
        found._origin, found._ends_with = self, (*self._ends_with, scope)
        return found

    @cached_property
    def cluster(self) -> Cluster:
        """The cluster: context, server, and raw requests for what this class does not cover."""
        for scope in self._ends_with:
            scope.check()
        if self._origin is not None:
            return self._origin.cluster
        with self._lock:
            return self._connect()

    def _connect(self) -> Cluster:
        from arena_core.kube.connect import ConnectOptions, connect

        return connect(
            ConnectOptions(
                kubeconfig=self._kubeconfig,
                context=self._context,
                namespace=self._namespace,
                as_user=self._as_user,
                as_groups=self._as_groups,
                local=self._local,
            )
        )

    @cached_property
    def jobs(self) -> Jobs:
        """The installed job types."""
        if self._origin is not None:
            return self._origin.jobs
        if self._jobs is not None:
            return self._jobs
        from arena_core.registry import Registry

        return Registry()

    @property
    def namespace(self) -> str:
        """The namespace of calls that name none."""
        return self._namespace or self.cluster.namespace

    def get(self, job: JobLike, *, job_type: str = "", namespace: str = "") -> J:
        """Return one job with its instances and its reason; raises ``NotFound``, or ``UsageError`` where two types have such a job."""
        from arena_core.usecases import remember
        from arena_core.usecases.explain import reasoned
        from arena_core.usecases.facts import read
        from arena_core.usecases.find import find_this

        meant = self._meant(job, job_type, namespace)
        with self._call() as session:
            try:
                handle, found, unread = find_this(session, meant.name, meant.job_type, meant.namespace, meant.uid)
            except NotFound as error:
                remember.absent(session, meant.name, meant.namespace, error)
                raise
            known = reasoned(session, read(session, handle, found, unread))
            remember.seen(session, [known], whole=True)
            return self._bound(known)

    @cached_property
    def _session(self) -> Session:
        from arena_core.usecases.session import Session

        extensions = self._extensions or self._installed_extensions()
        return Session(self.cluster, self.jobs, self.namespace, extensions, self._history, told=self._told)

    def _call(self) -> Call[Session]:
        """The extent of one call, which ``close`` and the scope of this client end."""
        return Call(self._calls, self._ends_with, lambda scope: self._session.within(scope))

    def _meant(self, job: JobLike, job_type: str, namespace: str) -> Reference:
        from arena_core.usecases.naming import named

        meant = reference(job, job_type, namespace)
        name, job_type = named(self._session, meant.name, meant.job_type)
        return Reference(name, job_type, meant.namespace or self.namespace, meant.uid)

    @abstractmethod
    def _bound(self, job: Job) -> J:
        """Return the job as one that knows its client."""

    def _known(self, job: JobLike) -> Job:
        """Return what is known of a job: of a name, or of a new job, that is read first."""
        return self.get(job) if isinstance(job, str | Submission) else job

    def _installed_extensions(self) -> Extensions | None:
        return getattr(self.jobs, "extensions", None)
