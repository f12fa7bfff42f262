"""From a request's body to an object of the resource: kind and version, decoding, pruning, defaults, unknown fields."""

from __future__ import annotations

import json
from typing import Any

from arena_local.api import structural
from arena_local.api.causes import bad_value
from arena_local.api.copies import clone
from arena_local.api.decode import Decoder, decode_meta
from arena_local.api.errors import Refusal, bad_request, invalid
from arena_local.api.kinds import strategy_of
from arena_local.api.options import WriteOptions
from arena_local.api.registry import Resource

Obj = dict[str, Any]


def decode_prefix(resource: Resource) -> str:
    """Return how a decoding error begins."""
    return f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}'


def check_kind(resource: Resource, body: Obj, name: str = "") -> None:
    """Refuse a body of another kind or version than its path."""
    kind, version = body.get("kind"), body.get("apiVersion")
    if not isinstance(kind, str | None) or not isinstance(version, str | None):
        text = "couldn't get version/kind; json parse error: json: cannot unmarshal into Go struct field of type string"
        raise bad_request(f"the object provided is unrecognized (must be of type {resource.kind}): {text} ({_hex(body)})")
    if resource.custom:
        if not kind:
            raise bad_request(f"Object 'Kind' is missing in '{json.dumps(body, separators=(',', ':'))}'")
        if not version:
            version = ""
        meta = body.get("metadata")
        name = name or (str(meta.get("name") or "") if isinstance(meta, dict) else "")
        if version == resource.api_version and kind != resource.kind:
            raise invalid(kind, resource.group, name, [bad_value("kind", kind, f"must be {resource.kind}")])
    elif kind and kind != resource.kind:
        text = f'{kind} in version "{version or resource.api_version}" cannot be handled as a {resource.kind}'
        raise bad_request(f'{text}: no kind "{kind}" is registered for version "{version or resource.api_version}"')
    if (version and version != resource.api_version) or (resource.custom and not version):
        raise bad_request(f"the API version in the data ({version}) does not match the expected API version ({resource.api_version})")


def _hex(body: Any) -> str:
    return json.dumps(body).encode()[:50].hex()


def intake(resource: Resource, body: Obj) -> tuple[Obj, list[str]]:
    """Return the object as the server holds it, with defaults, and the unknown fields that were dropped."""
    decoder = Decoder(decode_prefix(resource))
    if resource.custom:
        return _custom(resource, body, decoder)
    obj = decoder.decode(resource.schema, body)
    obj = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": obj.pop("metadata", {}), **obj}
    obj["kind"], obj["apiVersion"] = resource.kind, resource.api_version
    strategy_of(resource).default(obj)
    return obj, decoder.unknown


def _custom(resource: Resource, body: Obj, decoder: Decoder) -> tuple[Obj, list[str]]:
    rest = clone({key: value for key, value in body.items() if key != "metadata"})
    obj: Obj = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": decode_meta(decoder, body.get("metadata"))}
    obj.update({key: rest[key] for key in sorted(rest) if key not in obj})
    schema = resource.schema
    structural.prune(schema, obj, decoder.unknown, decoder)
    structural.default(schema, obj)
    structural.normalise(schema, obj)
    return obj, decoder.unknown


def strictness(resource: Resource, unknown: list[str], options: WriteOptions) -> None:
    """Warn about unknown and repeated fields, or refuse them."""
    problems = [f'duplicate field "{path}"' for path in options.duplicates]
    problems += [f'unknown field "{path}"' for path in sorted(unknown)]
    if not problems or options.field_validation == "Ignore":
        return
    if options.field_validation == "Warn":
        options.warnings.extend(problems)
        return
    raise bad_request(f"{decode_prefix(resource)}: strict decoding error: {', '.join(problems)}")


def strict_patch(obj: Obj, unknown: list[str], options: WriteOptions) -> None:
    """The same for a patch, whose refusal quotes the whole object."""
    if not unknown or options.field_validation == "Ignore":
        return
    problems = [f'unknown field "{path}"' for path in sorted(unknown)]
    if options.field_validation == "Warn":
        options.warnings.extend(problems)
        return
    text = f"strict decoding error: {', '.join(problems)}"
    shown = json.dumps(obj, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    raise _empty_kind(bad_value("patch", shown, text))


def _empty_kind(cause: Any) -> Refusal:
    return Refusal(
        422,
        "Invalid",
        f' "" is invalid: {cause.field}: {cause.message}',
        {"causes": [{"reason": cause.reason, "message": cause.message, "field": cause.field}]},
    )
