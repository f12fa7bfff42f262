"""A job file and flags together: flags win; maps (``env``, ``label``) are merged key by key, and a list that is replaced is named."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from arena_core.args import flag_name

if TYPE_CHECKING:
    from pydantic import BaseModel

    from arena_core.cli.flags import Parsed


def merge(model: type[BaseModel], file: Mapping[str, Any], flags: Mapping[str, Any], parsed: Parsed) -> dict[str, Any]:
    """Return raw values by field; that a list of the file is replaced is put among the notes of ``parsed``."""
    raw = dict(file)
    for field, given in flags.items():
        before = file.get(field)
        if before and isinstance(given, list) and field in model.model_fields and field != "command":
            if _is_map(model, field):
                raw[field] = _merged(model, field, before, given)
                continue
            parsed.notes.append(f"{flag_name(model, field)} replaces what the job file says")
        raw[field] = given
    return raw


def added(model: type[BaseModel], below: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return raw values over others that go behind them, such as defaults; maps are merged key by key."""
    both = {field: _merged(model, field, below[field], raw[field]) for field in below if field in raw and _is_map(model, field)}
    return {**below, **raw, **both}


def _is_map(model: type[BaseModel], field: str) -> bool:
    annotation = model.model_fields[field].annotation
    return (typing.get_origin(annotation) or annotation) is dict


def _merged(model: type[BaseModel], field: str, before: Any, given: Any) -> Any:
    """Both as the field reads them; where one cannot be read it stays as it is, for the model to refuse."""
    from pydantic import TypeAdapter, ValidationError

    info = model.model_fields[field]
    annotation: Any = info.annotation
    for item in info.metadata:
        annotation = Annotated[annotation, item]
    reader = TypeAdapter(annotation)
    found: dict[str, Any] = {}
    for value in (before, given):
        try:
            found |= reader.validate_python(value)
        except ValidationError:
            return value
    return found
