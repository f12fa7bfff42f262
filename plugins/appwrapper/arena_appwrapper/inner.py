"""From the wrapper's arguments to those of the job type inside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from arena_appwrapper.args import WRAPPER, AppWrapperArgs
from arena_core.args import ArgsGroup, flag_name, meta_of, parse
from arena_core.contract.errors import ArenaError, InvalidArguments
from arena_core.contract.types import JobHandle, Jobs, Lookup, Note, Problem, Resource
from arena_core.records import replace

_Said = TypeVar("_Said", bound=Problem | Note)

#: Fields of an inner type that have another name in the wrapper, by job type.
NAMES: dict[str, dict[str, str]] = {
    "volcanojob": {"queue": "volcano_queue", "scheduler_name": "explicit_scheduler", "task_max_retry": "max_retry", "max_retry": ""},
}
#: Fields whose default 0 means "none" here and the number 0 inside: handed on only where they were given.
ZERO_IS_NONE = ("highest_tier_allowed", "partition_highest_tier", "retry")
#: Fields of the wrapper that only one inner type understands; for any other type a value that was given is a mistake.
VOLCANO_ONLY = (
    *("replicas", "min_available", "task_name", "max_retry", "use_svc_plugin", "network_topology_mode", "highest_tier_allowed"),
    *("total_partitions", "partition_size", "partition_topology_mode", "partition_highest_tier", "ring_controller", "volcano_queue"),
)
KUEUE = ("kueue_queue", "kueue_priority_class")
#: Fields that the wrapper itself obeys, or forces on the job inside.
OWN = frozenset(
    {name for name, info in AppWrapperArgs.model_fields.items() if meta_of(info).get("group") == WRAPPER}
    | {"name", "labels", "annotations", "clean_task_policy", "ttl_after_finished", "queue", "scheduler", "scheduler_name", *KUEUE}
)
RESOURCE = Resource("workload.codeflare.dev", "v1beta2", "AppWrapper", "appwrappers")
#: The operator's webhook takes no more.
MAX_POD_SETS = 8
#: Common flags that change the job, so they are not ignored silently where the type inside has no use for them; and what to say instead.
WANTED = {"workers": "say --replicas", "retry": "say --retry-limit", "running_timeout": ""}


def handle_of(args: AppWrapperArgs, jobs: Jobs) -> JobHandle:
    """Return the inner type's handle; raises ``InvalidArguments`` where it is unknown, broken or cannot be wrapped."""
    try:
        inner = jobs.get(args.inner_type)
    except ArenaError as error:
        raise InvalidArguments([Problem(error.message, "inner_type", error.hint)]) from error
    if not inner.job_type.wrappable or inner.job_type.name == "appwrapperjob":
        raise InvalidArguments([Problem(f"{inner.job_type.name} cannot be put into an AppWrapper", "inner_type")])
    return inner


def forced() -> dict[str, Any]:
    """Return what must hold inside a wrapper: the operator counts Succeeded pods, so they stay; queues are the wrapper's."""
    return {
        "clean_task_policy": "None",
        "ttl_after_finished": 0,
        "kueue_queue": "",
        "kueue_priority_class": "",
        "queue": False,
    }


def arguments(args: AppWrapperArgs, inner: JobHandle) -> Any:
    """Return the inner type's arguments; raises ``InvalidArguments`` with every problem of the inner model.

    What the wrapper claims is always handed on, so its defaults count; a flag of the inner type only where it was given.
    """
    model, kind = inner.args_model, inner.job_type.name
    renamed = NAMES.get(kind, {})
    raw: dict[str, Any] = {}
    for field in model.model_fields:
        source = renamed.get(field, field)
        if not source or (field in ZERO_IS_NONE and source not in args.model_fields_set):
            continue
        claimed = source in AppWrapperArgs.model_fields or source == "explicit_scheduler"
        if claimed or source in args.model_fields_set:
            raw[field] = getattr(args, source)
    raw |= {field: value for field, value in forced().items() if field in model.model_fields and field not in renamed}
    for field, source in per_role(args, inner).items():
        raw.setdefault(field, getattr(args, source))
    if "scheduler" in model.model_fields:
        raw["scheduler"] = args.explicit_scheduler
    if kind == "volcanojob":
        raw["scheduler_name"] = args.explicit_scheduler or "volcano"
        if _lacks_image(args):  # that is told; without one Volcano's model would read the rest as Arena's own way to say it
            raw["image"] = "missing"
    return parse(model, raw)


def per_role(args: AppWrapperArgs, inner: JobHandle) -> dict[str, str]:
    """Return the inner type's fields (``worker_cpu``) that a given flag of the wrapper fills (``cpu``): it has one for each role."""
    known = inner.args_model.model_fields
    given = [field for field in ("cpu", "memory") if field in args.model_fields_set and field not in known]
    return {field: source for source in given for field in known if field.endswith(f"_{source}") and field not in args.model_fields_set}


def problems(args: AppWrapperArgs, jobs: Jobs) -> list[Problem]:
    """Return what is wrong with a flag that the chosen type does not know, and with the job inside, under the wrapper's names."""
    try:
        inner = handle_of(args, jobs)
    except InvalidArguments as error:
        return list(error.problems)
    found = misplaced(args, inner)
    try:
        wrapped = arguments(args, inner)
    except InvalidArguments as error:
        return [*found, *(in_wrapper(p, inner) for p in error.problems)]
    found += [in_wrapper(p, inner) for p in inner.validate(wrapped)]
    if not found:
        sets = inner.pod_sets(inner.build_manifests(wrapped)[0])
        if not 1 <= len(sets) <= MAX_POD_SETS:
            text = f"{inner.job_type.name} has {len(sets)} sets of pods; an AppWrapper holds 1 to {MAX_POD_SETS}"
            found.append(Problem(text, "inner_type"))
    return found


def useful(raw: Mapping[str, Any], jobs: Jobs) -> frozenset[str]:
    """Return the fields that have an effect with the inner type that is given, or with the usual one."""
    args = AppWrapperArgs.model_construct(inner_type=str(raw.get("inner_type") or AppWrapperArgs.model_fields["inner_type"].default))
    inner = handle_of(args, jobs)
    known = set(inner.args_model.model_fields)
    roles = {source for source in ("cpu", "memory") for field in known if field.endswith(f"_{source}")}
    volcano = set(VOLCANO_ONLY) if inner.job_type.name == "volcanojob" else set()
    return frozenset(known | OWN | roles | volcano)


def notes(args: AppWrapperArgs, jobs: Jobs) -> Iterator[str]:
    """Yield the notes of the job inside."""
    for field, value in forced().items():
        if field in args.model_fields_set and field not in KUEUE and getattr(args, field) != value:
            yield f"{flag_name(AppWrapperArgs, field)} has no effect inside an AppWrapper: its operator needs the pods to stay"
    inner = handle_of(args, jobs)
    wrapped, filled = arguments(args, inner), {flag_name(inner.args_model, field) for field in per_role(args, inner)}
    yield from (text for text in (wrapped.notes() if isinstance(wrapped, ArgsGroup) else ()) if text.partition(" ")[0] not in filled)


def misplaced(args: AppWrapperArgs, inner: JobHandle) -> list[Problem]:
    """Return a problem for each flag that was given and that the chosen type cannot obey; one that it knows is never refused."""
    known, kind = inner.args_model.model_fields, inner.job_type.name
    problems = []
    if kind == "volcanojob" and _lacks_image(args):
        problems.append(Problem("the container image is missing", "image", "give one with --image"))
    spread = set(per_role(args, inner).values())
    for field in sorted(args.model_fields_set):
        if field in known or field in OWN or field in spread or _as_always(args, field):
            continue
        text = f"has no effect with --inner-type={args.inner_type}"
        if field in VOLCANO_ONLY:
            if kind != "volcanojob":
                problems.append(Problem(text, field, "it belongs to --inner-type=volcano"))
        elif field in AppWrapperArgs.model_fields:
            problems.append(Problem(text, field, WANTED.get(field, "")))
        else:
            problems.append(Problem(text, field, "it belongs to another inner type"))
    return problems


def _as_always(args: AppWrapperArgs, field: str) -> bool:
    """Whether a field of the wrapper was given the value that it has anyway."""
    info = AppWrapperArgs.model_fields.get(field)
    return info is not None and field not in VOLCANO_ONLY and getattr(args, field) == info.get_default(call_default_factory=True)


def _lacks_image(args: AppWrapperArgs) -> bool:
    return not args.image and not {"tasks", "task_images"} & args.model_fields_set


def missing(args: AppWrapperArgs, inner: JobHandle, lookup: Lookup) -> Problem | None:
    """Return why the operator could not create the job inside: its kind is not there, or its name is taken. One request."""
    kind = inner.job_type
    taken = lookup.exists(kind.resource, args.name)
    if lookup.serves(kind.resource) is False:
        return Problem(f"{kind.resource.kind} ({kind.resource.group}) is not installed on this cluster", "inner_type", kind.provider)
    # The wrapper's own name is taken then, and that is for the API server to say: the job inside is the wrapper's.
    if taken and not lookup.exists(RESOURCE, args.name):
        hint = "the AppWrapper would fail: it may not take over a job that is not its own; delete that job or choose another name"
        return Problem(f"there is a {kind.name} {args.name!r} already", "name", hint)
    return None


def in_wrapper(problem: _Said, inner: JobHandle) -> _Said:
    """Return a problem or note of the inner model under the wrapper's name of the field."""
    names = NAMES.get(inner.job_type.name, {})
    return replace(problem, field=names.get(problem.field, problem.field))
