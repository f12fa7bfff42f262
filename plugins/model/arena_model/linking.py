"""A job and a version of a model in MLflow's registry: the version says which job it is of, the job which version it makes."""

from __future__ import annotations

from arena_core.contract.errors import ArenaError, NotFound
from arena_core.contract.types import Manifest, Note, Reach, SubmitRequest
from arena_core.discreet import discreet
from arena_model.finding import find
from arena_model.registry import Registry

#: Where the job's page finds the model's files.
SOURCE = "arena.kubeflow.org/model-source"


def register(job: Manifest, submission: SubmitRequest) -> list[Note]:
    """Register a version and mark the job with it. The job goes its way whatever comes of it: then a note says so."""
    args, reach = submission.args, submission.reach
    assert reach is not None
    name, source = args.model_name, args.model_source
    try:
        registry = Registry(find("", lambda: reach))
        registry.create(name, "", {})
        made = registry.add(name, source, _description(submission), _tags(job, submission))
    except ArenaError as error:
        hint = f"; `arena model create {name} --source {source}` does it later"
        return [Note(f"no version of the model {name} was registered: {error.message}{hint}", "model_name")]
    return _mark(job, name, str(made.get("version", "")), source, reach)


def _mark(job: Manifest, name: str, version: str, source: str, reach: Reach) -> list[Note]:
    what = f"version {version} of the model {name} is registered"
    try:
        reach.mark(job, {"modelVersion": version}, {SOURCE: source})
    except ArenaError as error:
        return [Note(f"{what}, but the job cannot be marked with it: {error.message}", "model_name")]
    return [Note(what, "model_name")]


def _description(submission: SubmitRequest) -> str:
    """Which job, and what it runs; nothing secret."""
    what = f"{submission.job_type} {submission.args.name} in namespace {submission.target.namespace}"
    command = getattr(submission.args, "command_line", None)
    return discreet(f"{what}: {command}") if command else what


def _tags(job: Manifest, submission: SubmitRequest) -> dict[str, str]:
    """The user's labels, as in Arena, and which job it is."""
    meta = job["metadata"]
    which = {"jobName": meta["name"], "jobNamespace": meta["namespace"], "jobType": submission.job_type, "jobUid": meta.get("uid", "")}
    return {**getattr(submission.args, "labels", {}), **which}


def look_up(submission: SubmitRequest) -> list[Note]:
    """Say where the registry does not have the version that is served; where no registry answers nothing is known."""
    args, reach = submission.args, submission.reach
    try:
        Registry(find("", lambda: reach)).version(args.model_name, args.model_version)
    except NotFound as error:
        return [Note(f"MLflow has no version {args.model_version} of the model {args.model_name} ({error.message})", "model_version")]
    except ArenaError:
        return []
    return []
