"""From the fields of an argument model to flags, and from flags to the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from arena_core.args import ArgsGroup, chosen_model, flag_name, flag_specs, parse
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.parse import Parser
from arena_core.contract.errors import InvalidArguments
from arena_core.contract.types import Problem
from arena_core.records import replace

if TYPE_CHECKING:
    from pydantic import BaseModel

    from arena_core.args import FlagSpec


#: What the argument model says of a field that must be given.
REQUIRED = "is required"
#: A longer list of choices stands in the text of the help.
LONGEST_METAVAR = 20


def flags_of(model: type[BaseModel]) -> list[Flag]:
    """The flags of a model, in the order of its fields. The words of the command are no flag."""
    return [_flag(spec) for spec in flag_specs(model) if spec.kind != "words"]


def model_for(
    model: type[BaseModel], words: Sequence[str], others: Sequence[Flag], said: Callable[[Parsed], Mapping[str, Any]]
) -> type[BaseModel]:
    """The model that reads these words: a wrapper's flags depend on the type inside, which is itself among them, or in the job file."""
    chosen = model
    while issubclass(model, ArgsGroup):
        again = chosen_model(model, said(Parser([*flags_of(chosen), *others], program=True).parse(words)))
        if again is chosen:
            break
        chosen = again
    return chosen


def _flag(spec: FlagSpec) -> Flag:
    return Flag(
        name=spec.field,
        long=spec.names[0].removeprefix("--"),
        aliases=tuple(n.removeprefix("--") for n in spec.names[1:]),
        old=tuple(o.removeprefix("--") for o in spec.old),
        short=spec.short.removeprefix("-"),
        help=spec.help.rstrip(".").removesuffix("; repeatable"),
        boolean=spec.kind == "bool",
        repeat=spec.kind == "many",
        integer=spec.kind == "int",
        metavar=spec.metavar if len(spec.metavar) <= LONGEST_METAVAR else "WORD",
        default=spec.default,
        group="Required" if spec.required else spec.group,
        hidden=spec.hidden,
        often=spec.often or spec.required,
        instead=spec.instead,
        offers=tuple(choice for choice in spec.choices if choice),
        names_of=spec.names_of,
        complete=spec.complete,
    )


def words_of(parsed: Parsed) -> list[str]:
    """The words of the command. A quoted text with blanks is a whole command, and nothing can follow it."""
    words = parsed.args
    if len(words) > 1 and not parsed.dashed and any(c.isspace() for c in words[0]):
        parsed.problems.append(
            f"the command {words[0]!r} is one text for the shell, but more words follow it ({' '.join(words[1:])!r}): "
            "quote the whole command, or none of it"
        )
    return words


def read_arguments(model: type[BaseModel], raw: dict[str, Any], problems: Sequence[str]) -> BaseModel:
    """Read the model; what the parser found wrong and what the model finds wrong is shown together, by flag."""
    found = [Problem(p) for p in problems]
    try:
        args = parse(model, raw)
    except InvalidArguments as exc:
        # A flag that was not understood may be the one that is missing: "is required" would only confuse then.
        found += [p for p in exc.problems if not (problems and p.message == REQUIRED)]
        raise InvalidArguments(found) from exc
    if found:
        raise InvalidArguments(found)
    return args


def by_flag(problem: Problem, model: type[BaseModel]) -> Problem:
    """The problem with the flag in place of the field's name."""
    if not problem.field or problem.field == "command":
        return replace(problem, field="")
    flag = flag_name(model, problem.field)
    return Problem(f"{flag} is required") if problem.message == REQUIRED else replace(problem, field=flag)
