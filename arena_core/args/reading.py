"""From raw values (of flags or of a job file) to the model, with every problem at once; and back to a job file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from arena_core.args import plainly
from arena_core.args.flags import META, flag_name, flag_specs, paths_to_fields, spellings
from arena_core.args.groups import ArgsGroup, MetadataArgs, ProblemsFound
from arena_core.args.values import Several
from arena_core.contract.errors import InvalidArguments, nearest
from arena_core.contract.types import Problem

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound="BaseModel")


def parse(model: type[M], raw: Mapping[str, Any]) -> M:
    """Read raw values by field, in any spelling of a job file; raises ``InvalidArguments`` with every problem, rules between fields too.

    >>> from arena_core.families.args import SubmitArgs
    >>> parse(SubmitArgs, {"name": "x", "image": "i", "command": "python train.py", "env": ["A=b=c"]}).env
    {'A': 'b=c'}
    """
    model = chosen_model(model, raw)
    raw = _by_field(model, raw)
    plain: M | None = plainly.read(model, raw) if issubclass(model, ArgsGroup) else None
    return _checked(model, raw) if plain is None else plain


def _checked(model: type[M], raw: Mapping[str, Any]) -> M:
    """Read the values as pydantic does; raises ``InvalidArguments``."""
    from pydantic import ValidationError

    try:
        return model.model_validate(dict(raw))
    except ValidationError as error:
        problems = problems_from_validation_error(error, model)
        if any(isinstance(item.get("ctx", {}).get("error"), ProblemsFound) for item in error.errors(include_url=False)):
            raise InvalidArguments(problems) from None
    # The rules between fields run only where every field is right: put defaults in place of the wrong ones and ask again.
    wrong = {p.field for p in problems}
    rest = {key: value for key, value in raw.items() if key in model.model_fields and key not in wrong}
    for field, info in model.model_fields.items():
        if info.is_required() and field not in rest:
            rest[field] = "x"
    try:
        model.model_validate(rest)
    except ValidationError as error:
        known = {(p.field, p.message) for p in problems}
        problems += [p for p in problems_from_validation_error(error, model) if p.field not in wrong and (p.field, p.message) not in known]
    raise InvalidArguments(problems)


def chosen_model(model: type[M], raw: Mapping[str, Any]) -> type[M]:
    """Return the model that reads these raw values, in any spelling: a wrapper's depends on the type inside."""
    return cast("type[M]", model.chosen(_by_field(model, raw))) if issubclass(model, ArgsGroup) else model


def _by_field(model: type[BaseModel], raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values by name of field; one that is given in two spellings is refused, an unknown key is left to the model."""
    if all(key in model.model_fields for key in raw):
        return dict(raw)
    table, found = spellings(model), {}
    for key, value in raw.items():
        field = key if key in model.model_fields else table.get(str(key), str(key))
        if field in found:
            raise InvalidArguments([Problem("is given twice, in two spellings", field)])
        found[field] = value
    return found


def problems_from_validation_error(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Turn pydantic's errors into problems that name the field; unknown keys get the nearest known one as a hint."""
    problems: list[Problem] = []
    for item in error.errors(include_url=False):
        cause = item.get("ctx", {}).get("error")
        if isinstance(cause, ProblemsFound):
            problems += cause.problems
            continue
        if isinstance(cause, Several):
            problems += [Problem(text, str(item["loc"][0])) for text in cause.texts]
            continue
        where = [str(part) for part in item["loc"]]
        field = where[0] if where else ""
        if item["type"] == "extra_forbidden":
            problems.append(Problem(f"unknown option {field!r}", "", _meant(model, field)))
        elif item["type"] == "missing":
            problems.append(Problem("is required", field, f"give it with {flag_name(model, field)}"))
        else:
            problems.append(Problem(_message(item, where[1:]), field))
    return problems


def _meant(model: type[BaseModel], key: str) -> str:
    if issubclass(model, ArgsGroup) and (place := model.elsewhere(key)):
        return place
    near = nearest(key, list(spellings(model)))
    return f"did you mean {near!r}?" if near else ""


def _message(item: Mapping[str, Any], inner: list[str]) -> str:
    text = str(item["msg"]).removeprefix("Value error, ")
    value = item.get("input")
    if item["type"] == "value_error":
        return text
    if item["type"] == "string_too_short":
        return "must not be empty"
    if item["type"] == "literal_error":
        text = re.sub(r"''(, | or )", "", text)  # that nothing may be given is plain
    text = re.sub(r"^Input should be", "must be", text).replace(", unable to parse string as an integer", "")
    at = f"{'.'.join(inner)}: " if inner else ""
    return f"{at}{text}, not {value!r}" if isinstance(value, (str, int, float, bool, type(None))) else at + text


def field_for_path(model: type[BaseModel], path: str) -> str:
    """Return the field that feeds a place of a manifest, for a refusal by the server; empty if none is known.

    Indices do not count, and a declared path may match anywhere inside; the longest declared one wins.

    >>> from arena_core.families.args import SubmitArgs
    >>> field_for_path(SubmitArgs, "spec.pytorchReplicaSpecs.Master.template.spec.containers[0].image")
    'image'
    """
    plain = "." + re.sub(r"\[(\d+|\"\d+\")\]", "[]", path)
    for declared, field in paths_to_fields(model).items():
        at = plain.find("." + declared)
        end = at + 1 + len(declared)
        if at >= 0 and (end == len(plain) or plain[end] in ".["):
            return field
    return ""


def to_job_file(job_type: str, args: BaseModel) -> dict[str, Any]:
    """Return the job file that says the same as the arguments: ``type`` and every value that was given."""
    values = plainly.write(args) if isinstance(args, ArgsGroup) else None
    if values is None:
        values = args.model_dump(mode="json", exclude_unset=True)
    return _by_flag(job_type, type(args), values)


def to_record(job_type: str, args: BaseModel) -> dict[str, Any]:
    """Return the same for whoever reads it later and elsewhere: the folder of --workdir is named by its whole path."""
    found = to_job_file(job_type, args)
    root = getattr(getattr(args, "workdir", ""), "root", "")
    return {**found, "workdir": root} if root and "workdir" in found else found


def _by_flag(job_type: str, model: type[BaseModel], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by the names of their flags."""
    out: dict[str, Any] = {"type": job_type}
    for spec in flag_specs(model):
        if spec.field in values:
            value = values[spec.field]
            single = spec.kind == "words" and len(value) == 1
            out[spec.names[0][2:]] = value[0] if single else value
    return out


def json_schema(job_type: str, model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema of a job file of this type: every spelling of a key, ``type``, and nothing else.

    A wrapper's has one part for each type that it can carry.
    """
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"job file of type {job_type}"}
    variants = model.variants() if issubclass(model, ArgsGroup) else {}
    if not variants:
        return {**head, **_file_schema(job_type, model, "#")}
    parts = {name: _file_schema(job_type, variant, f"#/$defs/{name}") for name, variant in variants.items()}
    return {**head, "anyOf": [{"$ref": f"#/$defs/{name}"} for name in parts], "$defs": parts}


def _file_schema(job_type: str, model: type[BaseModel], at: str) -> dict[str, Any]:
    """Return the schema of one model; ``at`` is where it will stand."""
    schema = model.model_json_schema()
    properties = schema.get("properties", {})
    for definition in properties.values():
        definition.pop(META, None)
    if issubclass(model, MetadataArgs):
        properties["name"] |= {"pattern": model.NAME_PATTERN, "minLength": 1, "maxLength": model.NAME_MAX}
    names = {field: flag_name(model, field)[2:] for field in properties}
    every: dict[str, Any] = {"type": {"const": job_type, "description": "The job type."}}
    for key, field in sorted(spellings(model).items(), key=lambda pair: (list(properties).index(pair[1]), pair[0] != names[pair[1]])):
        main = key == names[field]
        every[key] = properties[field] if main else {"$ref": f"{at}/properties/{names[field]}", "deprecated": key != field}
    required = [names[field] for field in schema.get("required", ())]
    return {
        **{k: v for k, v in schema.items() if k not in ("properties", "required", "title", "additionalProperties")},
        "type": "object",
        "additionalProperties": False,
        "properties": every,
        "required": ["type", *required],
    }
