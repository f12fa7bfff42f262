"""A job type that carries another one: its own flags, what must hold inside, and its argument model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, cast

from arena_core.args import ArgsGroup, MetadataArgs, flag, flag_name, flag_specs, meta_of
from arena_core.args.model import extended
from arena_core.contract.errors import ArenaError, InvalidArguments, UnknownJobType
from arena_core.contract.types import JobHandle, Jobs, Problem
from arena_core.records import field, record
from arena_core.wrapping.fields import fields_of
from arena_core.wrapping.inner import Inner
from arena_core.wrapping.names import names_for

WRAPPER = "Wrapper"


class WrapperArgs(MetadataArgs):
    """The flags that every wrapper has; its own come on top, then those of the type inside."""

    inner_type: str = flag(
        "", help="Job type inside: any installed one that can be wrapped.", often=True, group=WRAPPER, metavar="TYPE", complete="type"
    )


class Forced(NamedTuple):
    """What a field of the type inside is in this wrapper, whatever was given, and why."""

    value: Any
    why: str = ""


@record(slots=False)
class Wrapper:
    """What a wrapper says of itself: its job type's name, its own flags, and what must hold inside; ``title`` is for sentences."""

    name: str
    args: type[WrapperArgs]
    title: str
    forced: Mapping[str, Forced] = field(default_factory=dict)

    @cached_property
    def _last(self) -> list[tuple[WrapperArgs, Jobs, Inner]]:
        return []

    def handle(self, asked: str, jobs: Jobs) -> JobHandle:
        """Return the type inside, or the usual one where none is named; raises ``InvalidArguments`` where it cannot be wrapped."""
        try:
            inner = jobs.get(asked) if asked else self._usual(jobs)
        except UnknownJobType as error:
            near, mark, _ = error.hint.rpartition("? ")
            raise InvalidArguments([Problem(error.message, "inner_type", near + mark + self._known(jobs))]) from error
        except ArenaError as error:
            raise InvalidArguments([Problem(error.message, "inner_type", error.hint)]) from error
        if inner.job_type.wrapping is None or inner.job_type.name == self.name:
            raise InvalidArguments([Problem(f"{inner.job_type.name} cannot be put into {self.title}", "inner_type", self._known(jobs))])
        return inner

    def _usual(self, jobs: Jobs) -> JobHandle:
        able = [handle for handle in self.able(jobs) if handle.job_type.wrapping]
        usual = [handle for handle in able if handle.job_type.wrapping and handle.job_type.wrapping.usual]
        if not usual:
            raise InvalidArguments([Problem("is required", "inner_type", self._known(jobs))])
        return usual[0]

    def _known(self, jobs: Jobs) -> str:
        known = ", ".join(handle.job_type.name for handle in self.able(jobs))
        return f"types that can be wrapped: {known or 'none is installed'}"

    def able(self, jobs: Jobs) -> Iterator[JobHandle]:
        """Yield the installed types that can be wrapped; a broken one is reported where it is asked for."""
        for name in jobs.names():
            if name == self.name:
                continue
            try:
                handle = jobs.get(name)
            except ArenaError:
                continue
            if handle.job_type.wrapping is not None:
                yield handle

    def inner(self, args: WrapperArgs, jobs: Jobs) -> Inner:
        """Return the job inside that the arguments describe."""
        # The rules, the checks and what builds ask one after the other: the arguments inside are read once.
        for known, among, inner in self._last:
            if known is args and among is jobs:
                return inner
        handle = self.handle(args.inner_type, jobs)
        made = Inner(self.title, self.args, {name: one.value for name, one in self.forced.items()}, handle, args)
        self._last[:] = [(args, jobs, made)]
        return made

    def model(self, jobs: Jobs) -> type[WrapperArgs]:
        """Return the argument model: ``chosen`` makes it that of the wrapper around one type, which alone is loaded."""
        wrapper, made = self, dict[str, type[ArgsGroup]]()

        class Open(self.args):  # type: ignore[name-defined,misc]
            @classmethod
            def chosen(cls, raw: Mapping[str, Any]) -> type[ArgsGroup]:
                inner = wrapper.handle(str(raw.get("inner_type") or ""), jobs)
                name = inner.job_type.name
                if name not in made:
                    made.setdefault(name, _around(wrapper, Open, inner, jobs))
                return made[name]

            @classmethod
            def variants(cls) -> Mapping[str, type[ArgsGroup]]:
                return {handle.job_type.name: cls.chosen({"inner_type": handle.job_type.name}) for handle in _sound(wrapper, jobs)}

        Open.__name__ = Open.__qualname__ = self.args.__name__
        return Open


def _sound(wrapper: Wrapper, jobs: Jobs) -> Iterator[JobHandle]:
    """Yield the types whose argument model can be had, too."""
    for handle in wrapper.able(jobs):
        try:
            if handle.args_model:
                yield handle
        except ArenaError:
            continue


def _around(wrapper: Wrapper, open_: type[WrapperArgs], inner: JobHandle, jobs: Jobs) -> type[WrapperArgs]:
    """Return the model of the wrapper around one type."""
    name = inner.job_type.name

    class Around(open_):  # type: ignore[valid-type,misc]
        #: Help shows the image among what is required where the type inside wants one.
        REQUIRES_IMAGE: ClassVar[bool] = bool(getattr(inner.args_model, "REQUIRES_IMAGE", False))

        def rules(self) -> Iterator[Problem]:
            own = list(super().rules())
            yield from own
            told = {(p.field, p.message) for p in own}
            yield from (p for p in wrapper.inner(self, jobs).problems() if (p.field, p.message) not in told)

        def notes(self) -> Iterator[str]:
            yield from super().notes()
            around = wrapper.inner(self, jobs)
            yield from _without_effect(wrapper, around)
            yield from around.notes()

        @classmethod
        def elsewhere(cls, word: str) -> str:
            others = [
                handle.job_type.name for handle in _sound(wrapper, jobs) if _knows(open_.chosen({"inner_type": handle.job_type.name}), word)
            ]
            return f"it belongs to --inner-type={' or '.join(others)}, not to {name}" if others else ""

    fields = fields_of(wrapper.args, inner, names_for(wrapper.args.model_fields, inner))
    said = wrapper.args.model_fields["inner_type"]
    group = str(meta_of(said).get("group") or WRAPPER)
    chosen = flag(name, help=said.description or "", often=True, group=group, metavar="TYPE", complete="type")
    fields["inner_type"] = chosen.placed(str, ())
    return cast("type[WrapperArgs]", extended(Around, wrapper.args.__name__, wrapper.args.__module__, fields))


def _knows(model: type[ArgsGroup], word: str) -> bool:
    plain = word.lstrip("-")
    return any(f"--{plain}" in (*spec.names, *spec.old) or plain == spec.field for spec in flag_specs(model))


def _without_effect(wrapper: Wrapper, inner: Inner) -> Iterator[str]:
    """Say which flags of the type inside have no effect here."""
    args = inner.given
    for own, value in inner.fixed.items():
        name = inner.names.outside(own)
        if name in args.model_fields_set and name not in wrapper.args.model_fields and getattr(args, name) != value:
            why = wrapper.forced[own].why if own in wrapper.forced and wrapper.forced[own].value == value else ""
            yield f"{flag_name(type(args), name)} has no effect inside {wrapper.title}{f': {why}' if why else ''}"
