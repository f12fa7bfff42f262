"""Arguments that stand for those of a job type: a few words in place of many, and always shown as what they are."""

from __future__ import annotations

import json
import shlex
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from arena_core.args.flags import FlagSpec, flag_specs
from arena_core.args.groups import ArgsGroup
from arena_core.args.reading import to_job_file

if TYPE_CHECKING:
    from pydantic import BaseModel


class Preset(ArgsGroup):
    """Base of a preset's model (entry points ``arena.presets``): ``PRESET_OF`` is the job type, ``SUMMARY`` a line on what it starts."""

    PRESET_OF: ClassVar[str]
    SUMMARY: ClassVar[str]

    @abstractmethod
    def expand(self) -> dict[str, Any]:
        """Return the raw arguments of the job type that these stand for."""


def command_words(args: BaseModel) -> list[str]:
    """Return the words of the command line that says the same as the arguments; the command comes last.

    A file that was read into the arguments (``--config-file``) has no words: it is left out.

    >>> from arena_core.args import parse
    >>> from arena_core.families.args import SubmitArgs
    >>> command_words(parse(SubmitArgs, {"name": "x", "image": "i", "env": ["A=b c"], "gang": True, "command": "echo hello"}))
    ['--name', 'x', '--image', 'i', '--env', 'A=b c', '--gang', 'echo hello']
    """
    said = to_job_file("", args)
    return [word for spec in flag_specs(type(args)) if spec.names[0][2:] in said for word in _words(spec, said[spec.names[0][2:]])]


def _words(spec: FlagSpec, value: Any) -> Iterator[str]:
    if spec.kind == "words":
        yield value if isinstance(value, str) else shlex.join(value)
    elif spec.kind == "bool":
        yield spec.names[0] if value else f"{spec.names[0]}=false"
    else:
        for text in _texts(spec, value):
            yield from (spec.names[0], text) if not text.startswith("-") else (f"{spec.names[0]}={text}",)


def _texts(spec: FlagSpec, value: Any) -> list[str]:
    if isinstance(value, Mapping):
        sign = ":" if ":" in spec.metavar else "="
        return [f"{key}{sign}{text}" for key, text in value.items()]
    rows = value if isinstance(value, list | tuple) else [value]
    if "JSON" in spec.metavar:
        return [row if isinstance(row, str) else json.dumps(row) for row in rows]
    return [str(row) for row in rows if not isinstance(row, Mapping)]
