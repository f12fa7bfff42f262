"""Defaults of flags from the configuration: those of all types, of one type, of a profile; each with where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from arena_core.args import field_for_key, flag_specs, spellings
from arena_core.cli.config import Config
from arena_core.cli.configfiles import FOLDERS, Layer, reaches_out, short
from arena_core.cli.parse import nearest
from arena_core.contract.errors import ArenaError, UsageError

if TYPE_CHECKING:
    from pydantic import BaseModel

#: field → (value, where from), and what was left aside, in words.
Found = tuple[dict[str, tuple[Any, str]], list[str]]


def defaults(model: type[BaseModel], job_type: str, config: Config, profile: str = "") -> Found:
    """Return what the configuration says of the fields of a model. Later goes before earlier: all types, this type, the profile."""
    found: dict[str, tuple[Any, str]] = {}
    left = [
        f"{short(layer.path)}: {key} is not taken from a folder's file: put it into your own configuration"
        for layer in config.layers
        if layer.whose == "folder"
        for key in layer.data
        if key not in FOLDERS
    ]
    for said, value in _of_old(model, job_type, config):
        found[said] = (value, short(config.path))
    for section, layer, flags in _sections(job_type, config.layers, profile or config.profile):
        for key, value in flags.items():
            field = field_for_key(model, key)
            if field is None:
                known_somewhere(section, key, layer)
            elif layer.whose == "folder" and _reaches_out(model, field):
                left.append(f"{short(layer.path)}: {section}.{key} is not taken from a folder's file: put it into your own configuration")
            elif value is not None:
                source = f"{(section.rpartition('.')[0] and section) or 'defaults'} in {short(layer.path)}"
                before = found.get(field, ({}, ""))[0]
                both = {**before, **value} if isinstance(value, dict) and isinstance(before, dict) else value
                found[field] = (both, source)
    return found, left


def with_config(
    raw: dict[str, Any], model: type[BaseModel], job_type: str, config: Config, profile: str = ""
) -> tuple[dict[str, Any], list[str]]:
    """Return raw values by field with those of the configuration where the user gave none, and notes; of maps both are merged."""
    from arena_core.cli.submit.merge import added

    found, left = defaults(model, job_type, config, profile)
    return added(model, {field: value for field, (value, _) in found.items()}, raw), left


def _sections(job_type: str, layers: Sequence[Layer], profile: str) -> Iterator[tuple[str, Layer, Mapping[str, Any]]]:
    for layer in layers:
        yield "defaults", layer, layer.data.get("defaults") or {}
    for layer in layers:
        for name, flags in (layer.data.get("types") or {}).items():
            if _means(name, layer) == job_type:
                yield f"types.{name}", layer, flags or {}
    if not profile:
        return
    mine = [(layer, profiles[profile] or {}) for layer in layers if profile in (profiles := layer.data.get("profiles") or {})]
    if not mine:
        known = sorted({name for layer in layers for name in layer.data.get("profiles") or {}})
        close = nearest(profile, known)
        hint = (
            f"did you mean {close}?"
            if close
            else f"profiles: {', '.join(known)}"
            if known
            else "`arena config set profiles.NAME.FLAG VALUE`"
        )
        raise UsageError(f"there is no profile {profile!r} in the configuration", hint)
    yield from ((f"profiles.{profile}", layer, flags) for layer, flags in mine)


def _means(name: str, layer: Layer) -> str:
    """Return the job type that a key of ``types`` means; one that is not installed here means none."""
    from arena_core.cli.jobtypes import find_type

    try:
        return find_type(name).job_type.name
    except ArenaError:
        return ""


def _of_old(model: type[BaseModel], job_type: str, config: Config) -> Iterator[tuple[str, Any]]:
    """Yield what Arena's own file says: pull secrets and policy, and ``TYPE_FIELD`` for one type."""
    prefix = f"{job_type}_"
    rows: dict[str, Any] = {"image_pull_secrets": list(config.image_pull_secrets), "image_pull_policy": config.image_pull_policy}
    rows |= {key.removeprefix(prefix): value for key, value in config.lines.items() if key.startswith(prefix)}
    yield from ((field, value) for field, value in rows.items() if value and field in model.model_fields)


def _reaches_out(model: type[BaseModel], field: str) -> bool:
    """Whether a field reads files of this machine, hands out secrets or reaches into the node."""
    return reaches_out(field) or any(spec.complete == "file" for spec in flag_specs(model) if spec.field == field)


def known_somewhere(section: str, key: str, layer: Layer) -> None:
    """Raise for a key that no type knows: one that only others have is theirs."""
    from arena_core.cli.jobtypes import registry

    of_type = section.startswith("types.")
    known: set[str] = set()
    for name in registry().names():
        try:
            handle = registry().get(name)
            if of_type and handle.job_type.name != _means(section.partition(".")[2], layer):
                continue
            model = handle.args_model
            for one in (model, *model.variants().values()):
                known.update(spellings(one))
        except ArenaError:
            continue
    if key in known:
        return
    close = nearest(key, known)
    said = f"{section.partition('.')[2]} has no flag" if of_type else "no job type has a flag"
    raise UsageError(f"{short(layer.path)}: {section}.{key}: {said} --{key}", f"did you mean {close}?" if close else "")
