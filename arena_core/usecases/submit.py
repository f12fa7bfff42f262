"""``submit``: check, build, let extensions have their say, create."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from arena_core.contract.errors import InvalidArguments, KindNotInstalled, RehearsalFailed
from arena_core.contract.types import JobHandle, Jobs, Manifest, Resource, Submission, SubmitRequest, Target
from arena_core.kube.refusals import Invalid
from arena_core.kube.resources import resource_of
from arena_core.records import record as record_class
from arena_core.records import replace
from arena_core.usecases import marks, record, refused, shared
from arena_core.usecases.create import Creation
from arena_core.usecases.dryrun import DryRun
from arena_core.usecases.identity import Identity
from arena_core.usecases.instead import otherwise
from arena_core.usecases.intent import Intent
from arena_core.usecases.session import Extensions, Session, not_installed
from arena_core.usecases.templates import at_path


@record_class
class Rehearsal:
    """That a job is to be rehearsed for so many seconds before it goes out; with ``force`` it goes out whatever came of it."""

    seconds: float
    force: bool = False

    def of(self, session: Session, handle: JobHandle, manifests: Sequence[Manifest]) -> tuple[str, ...]:
        """Rehearse the objects and say so on the job; returns notes, raises ``RehearsalFailed``."""
        from arena_core.usecases.rehearsal.run import REHEARSED, rehearse

        try:
            done = rehearse(session, handle, manifests, self.seconds)
        except RehearsalFailed as error:
            if not self.force:
                raise
            return (error.message, *error.last_lines)
        marks.add(manifests[0], annotations={REHEARSED: done.digest})
        return done.notes


def submit(
    session: Session, job_type: str, args: Any, *, namespace: str = "", dry_run: DryRun = "", rehearsal: Rehearsal | None = None
) -> Submission:
    """Create a job from the arguments (a model of the job type, or a mapping of its fields).

    ``dry_run="client"`` only builds the objects and asks the cluster nothing; ``"server"`` lets the API server check them, too.
    Raises ``InvalidArguments`` with every problem before anything is sent, ``AlreadyExists``, ``SubmissionRefused`` ...
    """
    namespace = namespace or session.namespace
    handle = session.handle(job_type)
    model = read_args(handle, args)
    if dry_run == "client":
        return only_built(handle, model, session.jobs, session.extensions, session.target(namespace))
    submit_id = marks.new_submit_id()
    if dry_run == "server":
        return _submit(session, handle, model, namespace, submit_id, None, rehearsal)
    with Intent(session, handle, model, namespace, submit_id) as intent:
        return _submit(session, handle, model, namespace, submit_id, intent, rehearsal)


def _submit(
    session: Session,
    handle: JobHandle,
    model: Any,
    namespace: str,
    submit_id: str,
    intent: Intent | None,
    rehearsal: Rehearsal | None = None,
) -> Submission:
    """Check, ask the extensions, create; without an intent the cluster only tries it out."""
    from arena_core.usecases import ahead, checks
    from arena_core.usecases.lookup import ClusterLookup

    lookup = ClusterLookup(session, namespace)
    who = ahead.ask(session, handle, model, lookup, namespace)
    handle, model, instead = otherwise(session, handle, model, lookup)
    if instead:
        ahead.ask_again(session, handle, model, lookup)
    manifests = build(handle, model, namespace, session.cluster.settled)
    notes = [*instead, *checks.before(session, handle, model, lookup)]
    target = session.target(namespace)
    request = SubmitRequest(
        handle.job_type.name, model, tuple(manifests), target, session.jobs, who.name, lookup, "" if intent else "server"
    )
    request = with_extensions(session.extensions, request)
    manifests = [sealed(obj) for obj in request.manifests]
    request = replace(request, manifests=tuple(manifests))
    rehearsed = rehearsal.of(session, handle, manifests) if rehearsal is not None else ()
    mark(handle, manifests, who, submit_id)
    try:
        if intent is None:
            done = _try_out(session, handle, manifests, namespace)
        else:
            intent.built(manifests, who.name)
            if getattr(model, "workdir_claim", ""):
                from arena_core.usecases.shelves import shelve

                shelve(session, namespace, model.workdir, model.workdir_claim, model.workdir_image)
            done = _create(session, handle, request, submit_id)
            intent.created(done.manifests[0])
    except Invalid as error:
        raise refused.explain(error, type(model)) from error
    warnings = (*done.warnings, *notes, *checks.warnings(session, handle, manifests, lookup))
    return replace(done, warnings=warnings, notes=rehearsed)


def only_built(handle: JobHandle, model: Any, jobs: Jobs, extensions: Extensions | None, target: Target) -> Submission:
    """Return what would be created; no cluster is looked at, and extensions have their say as always."""
    from arena_core.usecases import checks

    manifests = build(handle, model, target.namespace)
    request = with_extensions(extensions, SubmitRequest(handle.job_type.name, model, tuple(manifests), target, jobs, dry_run="client"))
    name = str(request.manifests[0]["metadata"]["name"])
    built = tuple(sealed(obj) for obj in request.manifests)
    return Submission(handle.job_type.name, name, target.namespace, built, checks.told(model, handle.notes(model)))


def read_args(handle: JobHandle, args: Any) -> Any:
    """Return the model; a mapping is read into it with every problem at once."""
    if isinstance(args, Mapping):
        from arena_core.args import parse

        model = handle.args_model
        return handle.behind("its argument model", lambda: parse(model, args))
    return args


def build(
    handle: JobHandle, args: Any, namespace: str, settled: Callable[[Resource], Resource] = lambda resource: resource
) -> list[Manifest]:
    """Validate and build the objects, of kinds in the versions that ``settled`` says; pure."""
    _stop(handle.validate(args))
    manifests = [copy.deepcopy(m) for m in handle.build_manifests(args, settled=settled)]
    for obj in manifests:
        obj.setdefault("metadata", {})["namespace"] = namespace
    return manifests


def with_extensions(extensions: Extensions | None, request: SubmitRequest) -> SubmitRequest:
    """Let the extensions change the objects, then refuse them."""
    if extensions is None:
        return request
    request = replace(request, manifests=tuple(extensions.mutate_manifests(request)))
    _stop(extensions.validate_submission(request))
    return request


def sealed(obj: Manifest) -> Manifest:
    """Return an object as it is sent: where a ConfigMap holds another object (one that is made later), that becomes text.

    Until then it is there as it is, so that extensions see and change the pods of such a job as those of any other.
    """
    data = obj.get("data")
    if obj.get("kind") != "ConfigMap" or not isinstance(data, dict) or not any(isinstance(value, dict) for value in data.values()):
        return obj
    texts = {key: json.dumps(value, indent=1) if isinstance(value, dict) else value for key, value in data.items()}
    return {**obj, "data": texts}


def mark(handle: JobHandle, manifests: Sequence[Manifest], who: Identity, submit_id: str) -> None:
    """Say on every object who submitted it; the job's pods carry the user, too, as with old Arena."""
    job = manifests[0]
    labels, annotations = {marks.UID_LABEL: who.uid}, {marks.USERNAME: who.name}
    for pod_set in handle.pod_sets(job):
        template = at_path(job, pod_set.path)
        if isinstance(template, dict):
            marks.add(template, labels=labels, annotations=annotations)
    marks.add(job, labels=labels, annotations=annotations)
    for obj in manifests:
        marks.add(obj, annotations={marks.SUBMIT_ID: submit_id})


def _stop(problems: Sequence[Any]) -> None:
    if problems:
        raise InvalidArguments(list(problems))


def _create(session: Session, handle: JobHandle, request: SubmitRequest, submit_id: str) -> Submission:
    namespace, manifests = request.target.namespace, list(request.manifests)
    note = record.build(handle.job_type.name, request.args, manifests, namespace)
    creation = Creation(session, handle, namespace, submit_id)
    stored = creation.run(manifests, lambda job: record.store(session.cluster, namespace, note, job))
    told: tuple[str, ...] = ()
    if session.extensions is not None:
        from arena_core.usecases import checks
        from arena_core.usecases.reach import ClusterReach

        able = replace(request, reach=ClusterReach(session.cluster, handle.job_type.resource))
        told = checks.told(request.args, session.extensions.after_submit(stored[0], able) or ())
    name = stored[0]["metadata"]["name"]
    return Submission(handle.job_type.name, name, namespace, tuple(stored), (*creation.warnings, *told))


def _try_out(session: Session, handle: JobHandle, manifests: list[Manifest], namespace: str) -> Submission:
    """Send every object with ``dryRun=All``: schema, defaults, quota and webhooks have their say, and nothing is stored."""
    stored: list[Manifest] = []
    warnings: list[str] = []
    for obj in manifests:
        if shared.is_shared(obj) and shared.there(session.cluster, namespace, obj) is not None:
            stored.append(obj)
            continue
        resource = handle.job_type.resource if obj is manifests[0] else resource_of(obj["apiVersion"], obj["kind"])
        try:
            made = session.cluster.create(resource, namespace, obj, dry_run=True)
        except KindNotInstalled as error:
            raise (not_installed(handle, error, local=session.cluster.is_local) if obj is manifests[0] else error) from error
        stored.append(made.object)
        warnings += made.warnings
    return Submission(handle.job_type.name, stored[0]["metadata"]["name"], namespace, tuple(stored), tuple(warnings))
