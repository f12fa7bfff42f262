"""The contract of a job type and of an extension: every hook with its meaning and an example.

A plugin implements the hooks that it needs as module functions marked with ``hookimpl`` and is found through the entry-point
group ``arena.jobs`` (job types) or ``arena.extensions`` (extensions). One job type is addressed at a time; every installed
extension is called. A hook may leave out arguments that it does not need. ``arena_core.testing.dummy`` is a complete job type.

Every module that an entry point names says ``ARENA_CONTRACT = 2``: the version of this contract, read before anything else of it.

Reading commands load the module with the hooks of a job type and nothing else of it: import the argument model and what builds
manifests inside the hooks that need them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena_core.typed import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from arena_core.contract.schedules import Schedule
    from arena_core.contract.types import (
        Build,
        Cause,
        Endpoint,
        Find,
        Jobs,
        JobStatus,
        JobType,
        JobView,
        LogQuery,
        LogSource,
        Lookup,
        Manifest,
        Manifests,
        Note,
        PodSet,
        Problem,
        SubmitRequest,
        Target,
    )

PROJECT = "arena"
_F = TypeVar("_F")


def hookimpl(function: _F) -> _F:
    """Mark a function as a hook that the core may call."""
    setattr(function, f"{PROJECT}_impl", True)
    return function


class JobTypeSpec:
    """Hooks of a job type."""

    def arena_job_type(self) -> JobType:  # type: ignore[empty-body]
        """Say what this job type is: required. The name must be that of the entry point.

        >>> from arena_core.contract.hookspecs import hookimpl
        >>> from arena_core.contract.types import JobType, Resource
        >>> @hookimpl
        ... def arena_job_type():
        ...     return JobType(
        ...         name="thingjob",
        ...         resource=Resource("example.com", "v1", "Thing", "things"),
        ...         args="arena_thing.args:ThingArgs",
        ...         selectors=lambda job: [f"example.com/thing={job['metadata']['name']}"],
        ...     )
        >>> arena_job_type().resource.key
        'things.example.com'
        """

    def arena_validate(self, args: Any, jobs: Jobs) -> Iterable[Problem | Note]:  # type: ignore[empty-body]
        """Return every problem that the model alone cannot see, not only the first; none by default. Pure.

        ``args`` is an instance of the argument model. ``field`` of a problem is the name of its field.
        It is asked before anything is connected or sent. A ``Note`` among them is told and stops nothing.

        >>> from arena_core.contract.hookspecs import hookimpl
        >>> from arena_core.contract.types import Problem
        >>> @hookimpl
        ... def arena_validate(args):
        ...     if args.workers % 2:
        ...         yield Problem("a ring needs an even number of workers", "workers")
        >>> from types import SimpleNamespace
        >>> [problem.field for problem in arena_validate(SimpleNamespace(workers=3))]
        ['workers']
        """

    def arena_build_manifests(self, args: Any, jobs: Jobs, build: Build) -> Sequence[Manifest] | Manifests:  # type: ignore[empty-body]
        """Return the objects to create, the job first: required. Pure: no cluster, no clock, no randomness, no files.

        What must be there before the job (a ServiceAccount, a Role) is told apart by a ``Manifests``. All is created or nothing.

        The others get an ownerReference to the job when they are created, so they need none here. ``build.resource`` is the kind in the
        version to build, ``build.wrapped`` says that the job will stand inside another one.

        >>> from arena_core.args import parse
        >>> from arena_core.contract.hookspecs import hookimpl
        >>> from arena_core.families.args import SubmitArgs
        >>> from arena_core.families.companions import companions
        >>> from arena_core.podspec import JobFacts, Role, job_metadata, pod_template
        >>> @hookimpl
        ... def arena_build_manifests(args):
        ...     facts = JobFacts(app="thingjob", created_by="ThingJob", chart="thingjob-1.0", workers=args.workers)
        ...     template = pod_template(args, facts, Role(container="thing"))
        ...     spec = {"replicas": args.workers, "template": template}
        ...     job = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": job_metadata(args, facts), "spec": spec}
        ...     return [job, *companions(args, facts)]
        >>> args = parse(SubmitArgs, {"name": "x", "image": "busybox", "command": "echo hello"})
        >>> arena_build_manifests(args)[0]["spec"]["template"]["spec"]["containers"][0]["command"]
        ['sh', '-c', 'echo hello']
        """

    def arena_update(self, job: Manifest, args: Any) -> Manifest:  # type: ignore[empty-body]
        """Return a live job as the arguments change it; types without ``JobType.update`` leave it out. Pure, and ``job`` stays as it is.

        ``args`` is of the model that ``JobType.update`` names. Only the differences are sent.

        >>> import copy
        >>> from types import SimpleNamespace
        >>> from arena_core.contract.hookspecs import hookimpl
        >>> @hookimpl
        ... def arena_update(job, args):
        ...     changed = copy.deepcopy(job)
        ...     if args.replicas is not None:
        ...         changed["spec"]["replicas"] = args.replicas
        ...     return changed
        >>> arena_update({"spec": {"replicas": 1}}, SimpleNamespace(replicas=3))
        {'spec': {'replicas': 3}}
        """

    def arena_preflight(self, args: Any, lookup: Lookup, jobs: Jobs) -> Iterable[Problem | Note]:  # type: ignore[empty-body]
        """Return problems that only the cluster knows; none by default. ``lookup`` only reads, and never fails for lack of rights.

        >>> from arena_core.contract.hookspecs import hookimpl
        >>> from arena_core.families.preflight import common_problems
        >>> @hookimpl
        ... def arena_preflight(args, lookup):
        ...     return common_problems(args, lookup)
        """

    def arena_job_status(  # type: ignore[empty-body]
        self, view: JobView, jobs: Jobs
    ) -> JobStatus:
        """Say what the job is doing: required. Total: it never raises, whatever object comes.

        ``view.pods`` are those that ``JobType.selectors`` find and that belong to the job by uid, ``view.related`` what
        ``arena_related`` names. Either is None where it was not read (``related`` is not in lists): nothing may be concluded from that.
        The phase must not depend on ``related``. ``arena_core.k8s.dig`` reads arbitrary JSON safely.

        >>> from arena_core.k8s import dig
        >>> from arena_core.contract.hookspecs import hookimpl
        >>> from arena_core.podstatus import instance
        >>> from arena_core.contract.types import JobStatus, JobView, Phase
        >>> @hookimpl
        ... def arena_job_status(view):
        ...     done = dig.condition(view.manifest, "Complete").get("status") == "True"
        ...     members = tuple(instance(pod, role="worker") for pod in view.pods or ())
        ...     return JobStatus(Phase.SUCCEEDED if done else Phase.RUNNING, instances=members)
        >>> arena_job_status(JobView({"status": {"conditions": [{"type": "Complete", "status": "True"}]}})).phase
        <Phase.SUCCEEDED: 'SUCCEEDED'>
        """

    def arena_pod_sets(self, job: Manifest, purpose: str, jobs: Jobs) -> Sequence[PodSet]:  # type: ignore[empty-body]
        """Return name, path of the pod template and number of pods of each set of equal pods; wrapping and quota need it.

        ``purpose`` is "wrap" where the ends of the pods are counted (pods that never end by themselves are left out, such as workers of
        MPI that only wait to be reached), "quota" where every pod counts that the job makes.

        >>> from arena_core.k8s import dig
        >>> from arena_core.contract.hookspecs import hookimpl
        >>> from arena_core.contract.types import PodSet
        >>> @hookimpl
        ... def arena_pod_sets(job):
        ...     return [PodSet("worker", "spec.template", dig.number(job, "spec", "replicas", default=1))]
        >>> arena_pod_sets({"spec": {"replicas": 3}})[0].replicas
        3
        """

    def arena_related(self, view: JobView, jobs: Jobs) -> Iterable[Find]:  # type: ignore[empty-body]
        """Return which objects besides the pods status and reasons need; none by default. Total, as the status is.

        It is asked again with what was found in ``view.related`` as long as it names something new, three times at most: so the
        Jobs of a CronJob lead to what those own. What is not served, or forbidden to the user, is left out, and so is what belongs to
        another job.

        >>> from arena_core.contract.hookspecs import hookimpl
        >>> from arena_core.contract.types import Find, JobView, Resource
        >>> JOB = Resource("batch", "v1", "Job", "jobs")
        >>> @hookimpl
        ... def arena_related(view):
        ...     yield Find(JOB, owner_uid=view.manifest["metadata"]["uid"])
        >>> [find.owner_uid for find in arena_related(JobView({"metadata": {"uid": "u-1"}}))]
        ['u-1']
        """

    def arena_log_sources(  # type: ignore[empty-body]
        self, view: JobView, query: LogQuery, jobs: Jobs
    ) -> Sequence[LogSource]:
        """Return where the logs are. Most job types leave it out: then the chief comes first, or what ``query`` names.

        >>> from arena_core.contract.hookspecs import hookimpl
        >>> from arena_core.contract.types import JobView, LogQuery, LogSource
        >>> @hookimpl
        ... def arena_log_sources(view, query):
        ...     return [LogSource(pod=f"{view.manifest['metadata']['name']}-driver", container=query.container or "driver")]
        >>> arena_log_sources(JobView({"metadata": {"name": "x"}}), LogQuery())[0].pod
        'x-driver'
        """

    def arena_endpoints(self, view: JobView, jobs: Jobs) -> Iterable[Endpoint]:  # type: ignore[empty-body]
        """Return what the job serves (a dashboard, a model server); nothing by default. Total, as the status is.

        Of a job that has ended only what other pods than its own serve is shown (``Endpoint.pods``).

        >>> from arena_core.contract.hookspecs import hookimpl
        >>> from arena_core.contract.types import Endpoint, JobView
        >>> @hookimpl
        ... def arena_endpoints(view):
        ...     yield Endpoint("dashboard", "http", f"{view.manifest['metadata']['name']}-head", 8265)
        >>> [one.service for one in arena_endpoints(JobView({"metadata": {"name": "x"}}))]
        ['x-head']
        """

    def arena_schedule(self, view: JobView, jobs: Jobs) -> Schedule:  # type: ignore[empty-body]
        """Say when a job of workload ``schedule`` makes others, and which it has made (``view.related``).

        >>> from arena_core.contract.hookspecs import hookimpl
        >>> from arena_core.contract.schedules import Schedule
        >>> @hookimpl
        ... def arena_schedule(view):
        ...     return Schedule(view.manifest["spec"]["schedule"], suspended=bool(view.manifest["spec"].get("suspend")))
        >>> from types import SimpleNamespace
        >>> arena_schedule(SimpleNamespace(manifest={"spec": {"schedule": "@daily"}})).text
        '@daily'
        """

    def arena_run_now(self, view: JobView, called: str, jobs: Jobs) -> Manifest:  # type: ignore[empty-body]
        """Return the object of the name ``called`` that is created where a job of a schedule is to be made at once.

        >>> from arena_core.contract.hookspecs import hookimpl
        >>> @hookimpl
        ... def arena_run_now(view, called):
        ...     spec = view.manifest["spec"]["jobTemplate"]["spec"]
        ...     return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": called}, "spec": spec}
        >>> from types import SimpleNamespace
        >>> arena_run_now(SimpleNamespace(manifest={"spec": {"jobTemplate": {"spec": {}}}}), "x-1")["kind"]
        'Job'
        """

    def arena_explain(  # type: ignore[empty-body]
        self, view: JobView, jobs: Jobs
    ) -> Iterable[Cause]:
        """Say in plain words why the job is not running, and what to do about it; nothing by default. Total, as the status is.

        >>> from arena_core.contract.hookspecs import hookimpl
        >>> from arena_core.podstatus import pod_reason
        >>> from arena_core.contract.types import Cause, JobView
        >>> @hookimpl
        ... def arena_explain(view):
        ...     for pod in view.pods or ():
        ...         reason, message = pod_reason(pod)
        ...         if reason:
        ...             yield Cause(f"{reason}: {message}")
        >>> evicted = {"status": {"reason": "Evicted", "message": "low on memory"}}
        >>> list(arena_explain(JobView({}, (evicted,))))[0].message
        'Evicted: low on memory'
        """


class ExtensionSpec:
    """Hooks of an extension: site policy, notification. Every installed extension is called.

    ``submission`` is a ``SubmitRequest``: job type, arguments, manifests, user, target, a read-only lookup of the cluster, and whether
    it is a dry run (one of the client, too). What may change or forbid a submission fails closed: if such a hook raises, nothing is
    submitted. The others are only told: their failures are logged.
    """

    def arena_mutate_manifests(self, submission: SubmitRequest) -> Sequence[Manifest] | None:
        """Return changed manifests, or None to leave them. Each extension sees what the ones before it made.

        >>> import copy
        >>> from arena_core.contract.hookspecs import hookimpl
        >>> @hookimpl
        ... def arena_mutate_manifests(submission):
        ...     changed = copy.deepcopy(list(submission.manifests))
        ...     changed[0]["metadata"].setdefault("labels", {})["team"] = "nlp"
        ...     return changed
        >>> from types import SimpleNamespace
        >>> arena_mutate_manifests(SimpleNamespace(manifests=[{"metadata": {}}]))
        [{'metadata': {'labels': {'team': 'nlp'}}}]
        """

    def arena_validate_submission(self, submission: SubmitRequest) -> Iterable[Problem] | None:
        """Return problems that forbid the submission; it sees the manifests as they would be sent.

        >>> from arena_core.contract.hookspecs import hookimpl
        >>> from arena_core.contract.types import Problem
        >>> @hookimpl
        ... def arena_validate_submission(submission):
        ...     if "team" not in submission.manifests[0]["metadata"].get("labels", {}):
        ...         return [Problem("every job here needs the label team", "labels", "--label team=NAME")]
        >>> from types import SimpleNamespace
        >>> len(arena_validate_submission(SimpleNamespace(manifests=[{"metadata": {}}])))
        1
        """

    def arena_after_submit(self, job: Manifest, submission: SubmitRequest) -> Iterable[Note] | None:
        """Be told that a job was created; ``job`` is as the server stored it. What is returned is told to the user.

        ``submission.reach`` may mark the job, and ask Services of the cluster.

        >>> from arena_core.contract.hookspecs import hookimpl
        >>> told = []
        >>> @hookimpl
        ... def arena_after_submit(job):
        ...     told.append(job["metadata"]["name"])
        >>> arena_after_submit({"metadata": {"name": "x"}})
        >>> told
        ['x']
        """

    def arena_job_finished(self, job: Manifest, status: JobStatus, target: Target) -> None:
        """Be told that a job which was waited for or followed has ended: once for each user, by the first command that sees it.

        >>> from arena_core.contract.hookspecs import hookimpl
        >>> from arena_core.contract.types import JobStatus, Phase
        >>> told = []
        >>> @hookimpl
        ... def arena_job_finished(job, status):
        ...     told.append(f"{job['metadata']['name']}: {status.phase}")
        >>> arena_job_finished({"metadata": {"name": "x"}}, JobStatus(Phase.FAILED))
        >>> told
        ['x: FAILED']
        """

    def arena_error_hints(self, error: Exception) -> str | None:
        """Return a hint for an error that is about to be shown, or None.

        >>> from arena_core.contract.hookspecs import hookimpl
        >>> @hookimpl
        ... def arena_error_hints(error):
        ...     return "ask in the channel of the cluster's team" if "quota" in str(error) else None
        >>> arena_error_hints(ValueError("exceeded quota"))
        "ask in the channel of the cluster's team"
        """
