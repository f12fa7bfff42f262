"""What comes of raw arguments, and values to try a flag with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from arena_core.args import ArgsGroup, FlagSpec, ProblemsFound, chosen_model, parse
from arena_core.contract.errors import InvalidArguments
from arena_core.registry.handle import JobTypeHandle

#: A folder that is no checkout: to list one costs two processes of git each time.
_FOLDER = str(Path(json.__file__).parent)
_CODE = {"sync_mode": "git", "sync_source": "https://zz.example/a.git"}
#: Arguments in which those of Arena's common flags matter that need others beside them, by field.
COMPANIONS: Mapping[str, Mapping[str, Any]] = {
    "sync_source": {**_CODE, "sync_source": "https://zz.example/b.git"},
    "sync_image": {**_CODE, "sync_image": "zz.example/git:1"},
    "workdir": {"workdir": _FOLDER},
    "workdir_claim": {"workdir": _FOLDER, "workdir_claim": "zz"},
    "workdir_image": {"workdir": _FOLDER, "workdir_image": "zz.example/tar:1"},
    "workdir_limit": {"workdir": _FOLDER, "workdir_limit": "1"},
    "tensorboard_image": {"tensorboard": True, "tensorboard_image": "zz.example/tb:1"},
    "logdir": {"tensorboard": True, "logdir": "/zz"},
    "model_name": {"model_name": "zz", "model_source": "s3://zz"},
}
#: A flag is tried with these until one has an effect.
_NUMBERS = (1, 2, 3, 7, 0, 70, 5000)
_TEXTS = ("zz", "1", "3", "64Mi", "1h", "/zz", "zz.example/zz:9", "auto", "https://zz.example/zz.git", "zz=1", "zz=zz", "true")
_MANY = (
    *("ZZ=zz", "zz=1", "zz.example/zz=1", "zz:/zz", "/zz:/zz", "zz", "all", "1", "3"),
    {"path": "/etc/zz", "content": "zz"},
)


def outcome(handle: JobTypeHandle, raw: Mapping[str, Any]) -> tuple[str, Any] | None:
    """Return ("made", objects and notes) or ("refused", problems) by a rule; None where a value itself is no value of its flag."""
    try:
        args = parse(handle.args_model, raw)
    except InvalidArguments as error:
        refused = sorted((p.field, p.message) for p in error.problems)
        return ("refused", refused) if _by_a_rule(handle.args_model, raw) else None
    if problems := handle.validate(args):
        return "refused", sorted((p.field, p.message) for p in problems)
    notes = sorted(args.notes()) if isinstance(args, ArgsGroup) else []
    return "made", (handle.build_manifests(args), notes, sorted(note.message for note in handle.notes(args)))


def _by_a_rule(model: type[Any], raw: Mapping[str, Any]) -> bool:
    try:
        chosen_model(model, raw).model_validate(dict(raw))
    except InvalidArguments:
        return False
    except ValidationError as error:
        return all(isinstance(item.get("ctx", {}).get("error"), ProblemsFound) for item in error.errors(include_url=False))
    return False


def candidates(spec: FlagSpec, default: Any) -> Iterator[Any]:
    """Yield values to try a flag with, none of which is its default."""
    if spec.kind == "bool":
        yield not default
    elif spec.choices:
        yield from (choice for choice in spec.choices if choice != default)
    elif spec.kind == "int":
        yield from (number for number in _NUMBERS if number != default)
    elif spec.kind == "words":
        yield ["zz"]
    elif spec.kind == "many":
        yield from ([value] for value in _MANY)
    else:
        yield from (text for text in _TEXTS if text != default)
