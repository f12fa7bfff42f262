"""What every use case needs: the cluster, the job types, the extensions."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.contract.errors import KindNotInstalled, PluginError
from arena_core.contract.types import JobHandle, Jobs, JobStatus, Manifest, Note, Problem, SubmitRequest, Target
from arena_core.kube.cluster import Cluster
from arena_core.kube.scope import CancelScope
from arena_core.records import field, record, replace
from arena_core.typed import TYPE_CHECKING, Protocol
from arena_core.usecases.ownership import owner_of

if TYPE_CHECKING:
    from arena_core.history.journal import Journal


class Extensions(Protocol):
    """The installed extensions, all called."""

    def mutate_manifests(self, submission: SubmitRequest) -> list[Manifest]:
        """Return the objects to create, as the extensions have changed them."""

    def validate_submission(self, submission: SubmitRequest) -> list[Problem]:
        """Return what an extension refuses; a site's rule that fails itself refuses, too."""

    def after_submit(self, job: Manifest, submission: SubmitRequest) -> Sequence[Note] | None:
        """Tell that a job was created, and return what is said of it; a failure is only logged."""

    def job_finished(self, job: Manifest, status: JobStatus, target: Target) -> None:
        """Tell that a job that was waited for has ended; a failure is only logged."""


@record
class Session:
    """A cluster and the installed job types; ``namespace`` is the default of all calls."""

    cluster: Cluster
    jobs: Jobs
    namespace: str
    extensions: Extensions | None = None
    #: Where it is noted what becomes of jobs that were submitted here; None where nothing is.
    history: Journal | None = None
    #: When which archive was brought into which claim (its uid): whoever submits many jobs brings it once.
    shelved: dict[tuple[str, str], float] = field(default_factory=dict, repr=False)
    #: Jobs (uids) whose end the extensions were told.
    told: set[str] = field(default_factory=set, repr=False)

    def within(self, scope: CancelScope) -> Session:
        """Return this session for a call that ends with ``scope``."""
        return replace(self, cluster=self.cluster.within(scope))

    def target(self, namespace: str = "") -> Target:
        """Return where a submission goes."""
        return Target(self.cluster.context, namespace or self.namespace, self.cluster.is_local)

    def job_types(self) -> tuple[list[JobHandle], dict[str, PluginError]]:
        """Return the installed job types, one for each kind of object, and by name what is wrong with those that do not load."""
        found: list[JobHandle] = []
        broken: dict[str, PluginError] = {}
        survey(self.jobs)
        for name in self.jobs.names():
            try:
                found.append(self.jobs.get(name))
            except PluginError as error:
                broken[name] = error
        return one_of_each(found), broken

    def handle(self, job_type: str) -> JobHandle:
        """Return the handle of a job type by any of its spellings (name, alias, shorthand, display), in any case."""
        return self.jobs.get(job_type)


def survey(jobs: Jobs) -> None:
    """Tell a registry that keeps an index that all types are asked for."""
    getattr(jobs, "survey", lambda: None)()


def of_workload(jobs: Jobs, workload: str) -> list[JobHandle]:
    """Return the installed types of a workload (``service``, ``schedule``); one that does not load is reported where it is asked for."""
    found = []
    survey(jobs)
    for name in jobs.names():
        try:
            handle = jobs.get(name)
        except PluginError:
            continue
        if handle.job_type.workload == workload:
            found.append(handle)
    return found


def one_of_each(handles: Sequence[JobHandle]) -> list[JobHandle]:
    """Return one of the types for each kind of object; types may share a kind."""
    found: dict[str, JobHandle] = {}
    for handle in handles:
        key = handle.job_type.resource.key
        if key not in found or _speaks_for_kind(handle) > _speaks_for_kind(found[key]):
            found[key] = handle
    return list(found.values())


def _speaks_for_kind(handle: JobHandle) -> tuple[bool, bool]:
    """One that takes what no other claims must see all objects of the kind; of several, users know the one called as the kind is."""
    job_type = handle.job_type
    return not job_type.listed_by, job_type.name == job_type.resource.kind.lower()


def names_by_kind(jobs: Jobs) -> dict[str, set[str]]:
    """Return the names of the healthy job types by the key of their kind; of most types no more than that is asked."""
    found: dict[str, set[str]] = {}
    survey(jobs)
    for name in jobs.names():
        try:
            key = jobs.get(name).job_type.resource.key
        except PluginError:
            continue
        found.setdefault(key, set()).add(name)
    return found


def shared(jobs: Jobs, handle: JobHandle) -> bool:
    """Whether another healthy job type is of the same kind."""
    return bool(names_by_kind(jobs).get(handle.job_type.resource.key, set()) - {handle.job_type.name})


def typed_of(session: Session, handle: JobHandle, item: Manifest) -> JobHandle | None:
    """Return the type of an object of a handle's kind; None where the kind is of more than jobs, and this is none."""
    found = session.jobs.for_object(item)
    return found or (None if handle.job_type.listed_by else handle)


def labels_of_all(handle: JobHandle, selector: str) -> str:
    """Return the selector with what all objects of the type have."""
    return ",".join(text for text in (handle.job_type.listed_by, selector) if text)


def not_installed(handle: JobHandle, error: KindNotInstalled, *, local: bool = False) -> KindNotInstalled:
    """Add to "X is not installed" where it comes from, and on the local cluster that another one is needed."""
    provider = handle.job_type.provider
    hint = "the local cluster does not run this kind: --config and --context choose a real cluster that does" if local else error.hint
    text = f"{handle.job_type.resource.kind} is not installed on this cluster: {provider}" if provider else error.message
    return KindNotInstalled(text, hint)


def owning_type(jobs: Jobs, obj: Manifest) -> JobHandle | None:
    """Return the handle of the known job type that owns the object, or None."""
    reference = owner_of(obj)
    return jobs.for_object(reference) if reference else None
