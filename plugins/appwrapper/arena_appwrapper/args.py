"""What a person may say when submitting an AppWrapper: the wrapper's own flags, and those of the types that it can carry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from typing import Annotated, Any, ClassVar, Literal, cast

from pydantic import BaseModel, BeforeValidator, WithJsonSchema, create_model
from pydantic.fields import FieldInfo

from arena_core.args import (
    CpuMemoryArgs,
    Duration,
    Processes,
    RunPolicyArgs,
    SharedMemoryArgs,
    SubmitArgs,
    flag,
    flag_name,
    flag_specs,
    meta_of,
)
from arena_core.args.flags import META
from arena_core.contract.types import Jobs, Problem

WRAPPER, VOLCANO = "AppWrapper", "AppWrapper: Volcano Job inside"
COMPONENT = "spec.components[].template"


def _exit_codes(value: Any) -> tuple[int, ...]:
    """Read ``3,10``, a number, or a list of either; each code is from 1 to 255."""
    parts = [value] if isinstance(value, str | int) else list(value)
    texts = [code.strip() for part in parts for code in str(part).split(",") if code.strip()]
    for text in texts:
        if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 255:
            raise ValueError(f"{text!r} is not an exit code from 1 to 255")
    return tuple(int(text) for text in texts)


ExitCodes = Annotated[
    tuple[int, ...],
    BeforeValidator(_exit_codes),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 255}}]}),
]


class AppWrapperArgs(RunPolicyArgs, CpuMemoryArgs, SharedMemoryArgs, SubmitArgs):
    """The flags that the wrapper claims, whatever is inside: those of the AppWrapper fork of Arena with its defaults, and more."""

    NAME_LETTER_FIRST: ClassVar[bool] = True
    #: Whether image and command are needed is for the type inside to say.
    REQUIRES_IMAGE: ClassVar[bool] = False
    REQUIRES_COMMAND: ClassVar[bool] = False

    inner_type: str = flag(
        "pytorch", help="Job type inside: pytorch, volcano, or any installed one that can be wrapped.", often=True, group=WRAPPER
    )
    retry_limit: int = flag(3, help="How often a failed run is repeated; 0 makes the first failure final.", often=True, group=WRAPPER, ge=0)
    admission_grace_period: Duration = flag(
        60, help="How long pods may take to be created after admission.", group=WRAPPER, metavar="DURATION"
    )
    warmup_grace_period: Duration = flag(
        300, help="How long pods may take to be running after admission: longer than an image pull.", group=WRAPPER, metavar="DURATION"
    )
    failure_grace_period: Duration = flag(
        60, help="How long a failed pod is left to its own controller before the run counts as failed.", group=WRAPPER, metavar="DURATION"
    )
    retry_pause_period: Duration = flag(90, help="Pause between two runs.", group=WRAPPER, metavar="DURATION")
    success_ttl: Duration = flag(
        0,
        help="Delete the job inside and its pods this long after they were deployed, if it has succeeded; the AppWrapper itself stays. "
        "0: the operator's own limit, 7 days.",
        group=WRAPPER,
        metavar="DURATION",
    )
    forceful_deletion_grace_period: Duration = flag(
        0, help="Kill pods that have not ended after this time (0: the operator's 10m).", group=WRAPPER, metavar="DURATION"
    )
    deletion_on_failure_grace_period: Duration = flag(
        0, help="Keep the pods of a failed job this long, so that their logs can be read.", group=WRAPPER, metavar="DURATION"
    )
    terminal_exit_codes: ExitCodes = flag((), help="Exit codes that end the job without a retry.", group=WRAPPER, metavar="3,10")
    retryable_exit_codes: ExitCodes = flag((), help="Only these exit codes are retried.", group=WRAPPER, metavar="137,143")
    nproc_per_node: Processes = flag("", help="Processes of each pod: auto, cpu, gpu or a number.", group="Job", metavar="N")

    replicas: int = flag(
        1, help="Pods of the Volcano task.", often=True, group=VOLCANO, ge=1, paths=(f"{COMPONENT}.spec.tasks[].replicas",)
    )
    min_available: int = flag(
        0, help="Pods that must start together (0: all).", group=VOLCANO, ge=0, paths=(f"{COMPONENT}.spec.minAvailable",)
    )
    scheduler_name: str = flag(
        "volcano", help="Scheduler of the Volcano Job; pods of other types get it only if it is given.", group=VOLCANO, metavar="NAME"
    )
    task_name: str = flag("worker", help="Name of the task; pods are called NAME-TASK-0.", group=VOLCANO, metavar="NAME")
    max_retry: int = flag(10000, help="Container restarts that the task may have in all.", group=VOLCANO, ge=0)
    master_port: int = flag(23456, help="Port of the rendezvous (MASTER_PORT).", group=VOLCANO, ge=1, le=65535)
    use_svc_plugin: bool = flag(
        True, help="Let Volcano's svc plugin give pods their names; otherwise a Service leads to the first pod.", group=VOLCANO
    )
    network_topology_mode: Literal["", "hard", "soft"] = flag("", help="Keep the job within a part of the network.", group=VOLCANO)
    highest_tier_allowed: int = flag(0, help="Highest HyperNode tier for the job (none if it is not given).", group=VOLCANO, ge=0)
    total_partitions: int = flag(0, help="Number of partitions of the task.", group=VOLCANO, ge=0)
    partition_size: int = flag(0, help="Pods of each partition.", group=VOLCANO, ge=0)
    partition_topology_mode: Literal["", "hard", "soft"] = flag("", help="Keep each partition within a part of the network.", group=VOLCANO)
    partition_highest_tier: int = flag(0, help="Highest HyperNode tier for a partition (none if it is not given).", group=VOLCANO, ge=0)
    ring_controller: str = flag("", help="Ring controller of Ascend devices, e.g. ascend-1980.", group=VOLCANO, metavar="NAME")
    volcano_queue: str = flag("default", help="Queue of Volcano (not of Kueue).", group=VOLCANO, metavar="QUEUE")

    @property
    def explicit_scheduler(self) -> str:
        """The scheduler that the user named, under either flag; empty if none."""
        return self.scheduler_name if "scheduler_name" in self.model_fields_set else self.scheduler

    def rules(self) -> Iterator[Problem]:
        """One scheduler, periods in order, exit codes one way."""
        yield from super().rules()
        if self.scheduler and "scheduler_name" in self.model_fields_set and self.scheduler_name != self.scheduler:
            yield Problem(f"conflicts with --scheduler={self.scheduler}", "scheduler_name", "give one of them")
        if self.admission_grace_period > self.warmup_grace_period:
            text = (
                f"{self.admission_grace_period}s is longer than the warm-up of {self.warmup_grace_period}s, which begins at the same time"
            )
            yield Problem(text, "admission_grace_period", "make --warmup-grace-period at least as long")
        for field in ("admission", "warmup", "failure", "forceful_deletion", "deletion_on_failure"):
            if getattr(self, f"{field}_grace_period") > 24 * 3600:
                yield Problem("the operator allows at most 24h", f"{field}_grace_period")
        if self.success_ttl >= 7 * 24 * 3600:
            yield Problem("the operator ignores a time of 7 days or more", "success_ttl", "leave it out: 7 days is the operator's default")
        if both := sorted(set(self.terminal_exit_codes) & set(self.retryable_exit_codes)):
            yield Problem(f"{both[0]} is also among --retryable-exit-codes", "terminal_exit_codes")


def model(jobs: Jobs) -> type[AppWrapperArgs]:
    """Return the argument model with the flags of every installed type that can be wrapped; the wrapper's own come first.

    A flag that several inner types know is taken from the first, without a form of its own where they read it in different ways;
    each is read again by the chosen type's own model, whose problems are among those of this one: all are told at once. What is
    wrong with one inner type, or required by it, concerns that type alone.
    """

    class Bound(AppWrapperArgs):
        def rules(self) -> Iterator[Problem]:
            from arena_appwrapper.inner import problems

            own = list(super().rules())
            yield from own
            told = {(p.field, p.message) for p in own}
            yield from (p for p in problems(self, jobs) if (p.field, p.message) not in told)

        @classmethod
        def useful_fields(cls, raw: Mapping[str, Any]) -> frozenset[str]:
            from arena_appwrapper.inner import useful

            return useful(raw, jobs)

        def notes(self) -> Iterator[str]:
            from arena_appwrapper.inner import notes

            yield from notes(self, jobs)

    made = create_model("AppWrapperJobArgs", __base__=Bound, __module__=__name__, **inner_fields(inner_models(jobs)))
    return cast("type[AppWrapperArgs]", made)


def inner_models(jobs: Jobs) -> list[type[BaseModel]]:
    """Return the models of the installed types that can be wrapped; a broken one is left out, it is reported where it is asked for."""
    from arena_core.contract.errors import ArenaError

    found = []
    for name in jobs.names():
        if name == "appwrapperjob":
            continue
        try:
            handle = jobs.get(name)
            if handle.job_type.wrappable:
                found.append(handle.args_model)
        except ArenaError:
            continue
    return found


def inner_fields(models: Sequence[type[BaseModel]]) -> dict[str, Any]:
    """Return the fields that the wrapper does not claim, as ``create_model`` takes them."""
    fields: dict[str, tuple[Any, FieldInfo]] = {}
    taken = _spellings(AppWrapperArgs)
    for model in models:
        for field, info in model.model_fields.items():
            if field in AppWrapperArgs.model_fields:
                continue
            if field in fields:
                known = fields[field]
                if str(known[1].annotation) != str(info.annotation) or str(known[1].metadata) != str(info.metadata):
                    fields[field] = (Any, known[1])
                continue
            mine = _spellings(model, field)
            if flag_name(model, field) in taken:
                continue
            fields[field] = (_annotation(info), _optional(info, without=mine & taken))
            taken |= mine
    return fields


def _spellings(model: type[BaseModel], *fields: str) -> set[str]:
    """Return every word on a command line that means one of the fields (all, if none is named)."""
    specs = [spec for spec in flag_specs(model) if not fields or spec.field in fields]
    return {word for spec in specs for word in (*spec.names, *spec.old, spec.short) if word}


def _optional(info: FieldInfo, without: set[str]) -> FieldInfo:
    """Return a copy that need not be given (its own model asks for it), without the spellings that another flag has."""
    made = copy(info)
    if info.is_required():
        made.default = None
    if without:
        meta = meta_of(info)
        meta["old"] = [old for old in meta.get("old", ()) if f"--{old.lstrip('-')}" not in without]
        meta["short"] = "" if meta.get("short") in without else meta.get("short", "")
        made.json_schema_extra = {META: meta}
    return made


def _annotation(info: FieldInfo) -> Any:
    """Return the annotation with its constraints: ``model_fields`` keeps them apart."""
    annotation: Any = info.annotation
    for item in info.metadata:
        annotation = Annotated[annotation, item]
    return annotation
