"""``arena submit … --explain-config``: each value of the job, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from arena_core.args import flag_specs
from arena_core.cli.explained import DEFAULT, TYPED, Row, general, show
from arena_core.cli.settings import Setting, shown
from arena_core.cli.submit.fromconfig import defaults
from arena_core.contract.errors import InvalidArguments
from arena_core.contract.types import Problem

if TYPE_CHECKING:
    from pydantic import BaseModel

    from arena_core.cli.command import Context
    from arena_core.cli.flags import Parsed
    from arena_core.contract.types import JobHandle


def explain(context: Context, parsed: Parsed, handle: JobHandle, model: type[BaseModel], file: Mapping[str, Any]) -> int:
    """Print the settings; nothing is submitted."""
    if parsed.problems:
        raise InvalidArguments([Problem(text) for text in parsed.problems])
    found, left = defaults(model, handle.job_type.name, context.config, parsed.text("profile"))
    context.tell_once(left)
    show([*general(parsed), *_fields(model, parsed, file, found)])
    return 0


def _fields(model: type[BaseModel], parsed: Parsed, file: Mapping[str, Any], found: Mapping[str, tuple[Any, str]]) -> Iterator[Row]:
    for spec in flag_specs(model):
        places: list[tuple[Any, str]] = []
        if spec.kind == "words" and parsed.args:
            places.append((parsed.args, TYPED))
        elif spec.field in parsed.values:
            places.append((parsed.values[spec.field], TYPED))
        if spec.field in file:
            places.append((file[spec.field], "job file"))
        if spec.field in found:
            places.append(found[spec.field])
        if not places and spec.default:
            places.append((spec.default, DEFAULT))
        if not places:
            continue
        value, source = places[0]
        merged = isinstance(value, dict | list) and "=" in spec.metavar and len(places) > 1
        also = f", over {' and '.join(place for _, place in places[1:])}" if merged else ""
        yield spec.names[0] if spec.kind != "words" else "command", shown(Setting(spec.names[0][2:], value, "", "")), source + also
