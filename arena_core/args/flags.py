"""From the field of an argument model to a flag: metadata, spellings, and what the command line needs to know of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from arena_core.args.fieldinfo import FieldInfo as Field
from arena_core.args.markers import Metavar
from arena_core.args.model import owner_of
from arena_core.contract.building import Resource
from arena_core.installed import ours
from arena_core.records import record

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

#: Key of ``json_schema_extra`` under which the flag's metadata stand.
META = "arena"


def flag(  # noqa: PLR0913 - a declaration: each argument is one thing to say of a flag
    default: Any = ...,
    *,
    help: str,
    short: str = "",
    old: Sequence[str] = (),
    group: str = "Common",
    paths: Sequence[str] = (),
    metavar: str = "",
    hidden: bool = False,
    name: str = "",
    default_text: str | None = None,
    often: bool | None = None,
    names_of: Sequence[Resource] = (),
    complete: str = "",
    instead: str = "",
    **constraints: Any,
) -> Any:
    """Declare a field of an argument model that is also a flag; use it where pydantic's ``Field`` would stand, in its models, too.

    ``short`` is the one-letter form (``-e``), ``old`` further spellings that are still accepted but not shown (``workingDir``),
    ``name`` the spelling where it is not the field's name with dashes (``hostNetwork``), ``group`` the heading in help, ``paths``
    the places in the manifests that the field feeds (``spec.runPolicy.backoffLimit``; ``template.spec…`` for pod templates), so
    that a refusal by the server can name the flag. ``default_text`` is the default that help shows,
    ``often`` whether it is among the few flags of the short help (a plugin's own are, if nothing is said).
    ``metavar`` is how help calls the value, where its type does not say that (``Duration``: DURATION; a number: N).
    ``names_of`` are kinds whose objects' names completion offers, ``complete`` is what else it offers (``file``, ``type``, ``queue``),
    ``instead`` the flag that somebody meant who gives a switch a value. ``constraints`` go to pydantic (``ge=0``).

    >>> from arena_core.args import ArgsGroup
    >>> class Args(ArgsGroup):
    ...     epochs: int = flag(1, help="How often to go through the data.", ge=1)
    >>> flag_name(Args, "epochs")
    '--epochs'
    """
    meta: dict[str, Any] = {
        "short": short,
        "old": list(old),
        "group": group,
        "paths": list(paths),
        "metavar": metavar,
        "hidden": hidden,
        "flag": name,
        "default": default_text,
        "often": often,
        "names_of": [[kind.group, kind.version, kind.kind, kind.plural, kind.namespaced, list(kind.older)] for kind in names_of],
        "complete": complete,
        "instead": instead,
    }
    if isinstance(default, dict):
        return Field(default_factory=lambda: dict(default), description=help, json_schema_extra={META: meta}, **constraints)
    return Field(default, description=help, json_schema_extra={META: meta}, **constraints)


@record
class FlagSpec:
    """One flag, ready to be shown and parsed.

    ``kind`` is ``bool`` (a switch; ``--x`` or ``--no-x``), ``int``, ``text`` (one value), ``many`` (repeatable, the raw values are
    handed to the model as a list) or ``words`` (the positional words). ``default`` is the model's, as text for help.
    """

    field: str
    names: tuple[str, ...]
    kind: str
    help: str
    short: str = ""
    old: tuple[str, ...] = ()
    group: str = "Common"
    metavar: str = ""
    default: str = ""
    hidden: bool = False
    required: bool = False
    choices: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    often: bool = False
    names_of: tuple[Resource, ...] = ()
    complete: str = ""
    instead: str = ""


def meta_of(info: FieldInfo) -> dict[str, Any]:
    """Return the flag metadata of a field, with defaults for a field declared without ``flag``."""
    extra = info.json_schema_extra
    found = extra.get(META) if isinstance(extra, dict) else None
    return dict(found) if isinstance(found, Mapping) else {}


def flag_name(model: type[BaseModel], field: str) -> str:
    """Return the flag of a field (``working_dir`` → ``--working-dir``), or the text itself if the model has no such field."""
    info = model.model_fields.get(field)
    if info is None:
        return field
    return "--" + (meta_of(info).get("flag") or field.replace("_", "-"))


def flag_specs(model: type[BaseModel]) -> list[FlagSpec]:
    """Return all flags of a model in the order of its fields, the positional words last."""
    return list(_specs(model))


@lru_cache(maxsize=64)
def _specs(model: type[BaseModel]) -> tuple[FlagSpec, ...]:
    specs = [_spec(model, name, info) for name, info in model.model_fields.items()]
    return tuple(sorted(specs, key=lambda spec: spec.kind == "words"))


def _resource(group: str, version: str, kind: str, plural: str, namespaced: bool, older: Sequence[str]) -> Resource:
    return Resource(group, version, kind, plural, namespaced, tuple(older))


def _spec(model: type[BaseModel], field: str, info: FieldInfo) -> FlagSpec:
    meta = meta_of(info)
    kind = "words" if field == "command" else _kind(info)
    choices = _choices(info.annotation)
    default = info.get_default(call_default_factory=False)
    shown = str(default) if kind in ("int", "text") and default is not None and not info.is_required() else ""
    if isinstance(default, int) and kind == "text" and default and info.annotation is int:
        shown = f"{default}s"  # a duration
    if (said := meta.get("default")) is not None:
        shown = said
    return FlagSpec(
        field=field,
        names=(flag_name(model, field),),
        kind=kind,
        help=info.description or "",
        short=meta.get("short", ""),
        old=tuple(_dashed(old) for old in meta.get("old", ())),
        group=meta.get("group", "Job"),
        metavar=meta.get("metavar") or _metavar(info, kind, choices),
        default=shown,
        hidden=bool(meta.get("hidden")),
        required=info.is_required() or (field == "image" and not default and bool(getattr(model, "REQUIRES_IMAGE", False))),
        choices=choices,
        paths=tuple(meta.get("paths", ())),
        often=bool(meta.get("often")) if meta.get("often") is not None else _is_foreign(model, field),
        names_of=tuple(_resource(*row) for row in meta.get("names_of", ())),
        complete=meta.get("complete", ""),
        instead=meta.get("instead", ""),
    )


def _is_foreign(model: type[BaseModel], field: str) -> bool:
    """Whether the field comes from a class of somebody else's: a plugin has few flags, and they are why one uses it."""
    return owner_of(model, field).__module__.partition(".")[0].replace("_", "-") not in ours()


def _dashed(spelling: str) -> str:
    return spelling if spelling.startswith("-") else "--" + spelling


def _kind(info: FieldInfo) -> str:
    annotation = info.annotation
    origin = get_origin(annotation) or annotation
    if annotation is bool:
        return "bool"
    if annotation is int:
        return "text" if any(type(m).__name__ == "BeforeValidator" for m in info.metadata) else "int"
    if isinstance(origin, type) and issubclass(origin, (dict, tuple, list)):
        return "many"
    return "text"


def _metavar(info: FieldInfo, kind: str, choices: Sequence[str]) -> str:
    """Return how help calls the value of a flag that says nothing of it: by its type."""
    said = next((item.text for item in info.metadata if isinstance(item, Metavar)), "")
    if not said and info.annotation == (int | None):
        said = "N"
    return said or "|".join(c for c in choices if c) or {"int": "N", "text": "TEXT", "many": "TEXT"}.get(kind, "")


def _choices(annotation: Any) -> tuple[str, ...]:
    return tuple(str(c) for c in get_args(annotation)) if get_origin(annotation) is Literal else ()


def spellings(model: type[BaseModel]) -> dict[str, str]:
    """Return every spelling that a job file may use for a key (without dashes in front), each with its field."""
    table: dict[str, str] = {}
    for field, info in model.model_fields.items():
        for old in meta_of(info).get("old", ()):
            table.setdefault(old.lstrip("-"), field)
    for field in model.model_fields:
        table[field.replace("_", "-")] = field
        table[flag_name(model, field)[2:]] = field
        table[field] = field
    return table


def field_for_key(model: type[BaseModel], key: str) -> str | None:
    """Return the field that a job file's key means: the field's name, the flag's name or an old spelling; None if unknown.

    >>> from arena_core.families.args import SubmitArgs
    >>> field_for_key(SubmitArgs, "working-dir"), field_for_key(SubmitArgs, "workingDir"), field_for_key(SubmitArgs, "nope")
    ('working_dir', 'working_dir', None)
    """
    return spellings(model).get(key.lstrip("-"))


def paths_to_fields(model: type[BaseModel]) -> dict[str, str]:
    """Return manifest path → field, as the fields declare them, longest path first."""
    pairs = [(path, field) for field, info in model.model_fields.items() for path in meta_of(info).get("paths", ())]
    return dict(sorted(pairs, key=lambda pair: -len(pair[0])))
