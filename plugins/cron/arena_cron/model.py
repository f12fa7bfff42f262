"""The argument model of a cron: the flags of its jobs' type, all of them, and its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, cast

from arena_core.args import ArgsGroup, MetadataArgs, chosen_model, flag, meta_of
from arena_core.contract.errors import ArenaError, InvalidArguments
from arena_core.contract.types import JobHandle, Jobs, JobType, Problem
from arena_cron.args import CronArgs, ScheduleArgs

#: Jobs are called after their cron, with a dash and the seconds since 1970 behind.
SUFFIX = 11
#: What is meant where no type is named, if it is installed.
USUAL = "pytorchjob"


def fits(job_type: JobType) -> bool:
    """Whether jobs of this type can be made at times: they end by themselves."""
    return job_type.workload == "batch"


def handle_of(asked: str, jobs: Jobs, only: str = "") -> JobHandle:
    """Return the type of a cron's jobs; raises ``InvalidArguments`` where there is none, or no such."""
    name = only or asked or USUAL
    try:
        found = jobs.get(name)
    except ArenaError as error:
        raise InvalidArguments([Problem(error.message, "cron_type", error.hint)]) from error
    if not fits(found.job_type):
        raise InvalidArguments([Problem(f"{found.job_type.name} does not end by itself: no cron makes such jobs", "cron_type")])
    return found


def model(own: type[ScheduleArgs], jobs: Jobs, only: str = "") -> type[ArgsGroup]:
    """Return the argument model: ``chosen`` makes it that of a cron of one type, which alone is loaded. ``only`` is the one that may be."""
    made: dict[tuple[str, type[Any]], type[ArgsGroup]] = {}

    class Open(own, MetadataArgs):  # type: ignore[misc,valid-type]
        @classmethod
        def chosen(cls, raw: Mapping[str, Any]) -> type[ArgsGroup]:
            handle = handle_of(str(raw.get("cron_type") or ""), jobs, only)
            inside = chosen_model(handle.args_model, {key: value for key, value in raw.items() if key not in own.model_fields})
            key = (handle.job_type.name, inside)
            if key not in made:
                made.setdefault(key, _of(own, inside, handle, Open))
            return made[key]

        @classmethod
        def variants(cls) -> Mapping[str, type[ArgsGroup]]:
            return {name: cls.chosen({"cron_type": name}) for name in _names(jobs, only)}

    Open.__name__ = Open.__qualname__ = own.__name__
    return Open


def _names(jobs: Jobs, only: str) -> Iterator[str]:
    for name in [only] if only else jobs.names():
        try:
            handle = jobs.get(name)
            if fits(handle.job_type) and handle.args_model:
                yield handle.job_type.name
        except ArenaError:  # a broken type is reported where it is asked for
            continue


def _of(own: type[ScheduleArgs], inside: type[ArgsGroup], handle: JobHandle, open_: type[ArgsGroup]) -> type[ArgsGroup]:
    """Return the model of a cron whose jobs have this model."""
    named = type("Named", (own,), _chosen_type(handle.job_type.name)) if issubclass(own, CronArgs) else own

    class Around(named, inside):  # type: ignore[misc,valid-type]
        NAME_MAX: ClassVar[int] = getattr(inside, "NAME_MAX", MetadataArgs.NAME_MAX) - SUFFIX

        @classmethod
        def chosen(cls, raw: Mapping[str, Any]) -> type[ArgsGroup]:
            return open_.chosen(raw)

    Around.__name__ = Around.__qualname__ = own.__name__
    Around.__module__ = own.__module__
    return cast("type[ArgsGroup]", Around)


def _chosen_type(name: str) -> dict[str, Any]:
    """Return the field of the type with this one as its default: of the model that was chosen for it."""
    said = CronArgs.model_fields["cron_type"]
    field = flag(name, help=said.description or "", often=True, group=str(meta_of(said).get("group")), metavar="TYPE")
    return {"__annotations__": {"cron_type": str}, "cron_type": field, "__module__": CronArgs.__module__}
