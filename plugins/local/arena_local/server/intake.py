"""From a request's body to an object of the resource: kind and version, decoding, pruning, defaults, unknown fields."""

from __future__ import annotations

import json
from typing import Any

from arena_core.k8s.copies import clone
from arena_local.server import structural
from arena_local.server.causes import bad_value
from arena_local.server.decode import Decoder, decode_meta
from arena_local.server.errors import Refusal, bad_request, invalid
from arena_local.server.kinds import strategy_of
from arena_local.server.options import WriteOptions
from arena_local.server.registry import Registry, Resource

Obj = dict[str, Any]


def decode_prefix(resource: Resource) -> str:
    """Return how a decoding error begins."""
    return f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}'


_SCHEME = 'in scheme "pkg/api/legacyscheme/scheme.go:30"'


def check_kind(
    resource: Resource, body: Obj, name: str = "", *, registry: Registry | None = None, warnings: list[str] | None = None
) -> None:
    """Refuse a body of another kind or version than its path."""
    kind, version = body.get("kind"), body.get("apiVersion")
    if not isinstance(kind, str | None) or not isinstance(version, str | None):
        raise bad_request(f"{decode_prefix(resource)}: apiVersion and kind must be strings")
    if not resource.custom:
        if (kind and kind != resource.kind) or (version and version != resource.api_version):
            raise _foreign(resource, kind or resource.kind, version or resource.api_version, registry)
        return
    meta = body.get("metadata")
    name = name or (str(meta.get("name") or "") if isinstance(meta, dict) else "")
    if version == resource.api_version and kind != resource.kind:
        raise invalid(kind or "", resource.group, name, [bad_value("kind", kind, f"must be {resource.kind}")])
    if version != resource.api_version:
        _unknown_version(resource, body, version or "", warnings)
        raise bad_request(f"the API version in the data ({version or ''}) does not match the expected API version ({resource.api_version})")


def _foreign(resource: Resource, kind: str, version: str, registry: Registry | None) -> Refusal:
    text = f'{kind} in version "{version.rpartition("/")[2]}" cannot be handled as a {resource.kind}: '
    other = registry.by_kind(version, kind) if registry is not None else None
    if other is not None and not other.custom:
        group = resource.group.partition(".")[0] or "core"
        return bad_request(f"{text}converting ({other.version}.{kind}) to ({group}.{resource.kind}): unknown conversion")
    return bad_request(f'{text}no kind "{kind}" is registered for version "{version}" {_SCHEME}')


def _unknown_version(resource: Resource, body: Obj, version: str, warnings: list[str] | None) -> None:
    """Of a version that the CRD does not have no field is known."""
    names = [item["name"] for item in resource.crd_versions]
    group, _, name = version.rpartition("/")
    if warnings is not None and group == resource.group and name not in names:
        warnings.extend(f'unknown field "{key}"' for key in sorted(body) if key not in ("apiVersion", "kind", "metadata"))


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


def intake_status(resource: Resource, body: Obj) -> Obj:
    """Return the part of a built-in object that a write of its status may change."""
    given = {key: body[key] for key in ("metadata", "status") if key in body}
    obj = Decoder(decode_prefix(resource)).decode(resource.schema, given)
    return {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": obj.pop("metadata", {}), **obj}


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
    shown = json.dumps(_ordered(obj), separators=(",", ":"), ensure_ascii=False)
    raise _empty_kind(bad_value("patch", shown, text))


_META_ORDER = ["name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp"]


def _ordered(obj: Obj) -> Obj:
    """Return an object with its keys as the server prints them: a custom resource's sorted, others' as in Go's structs."""
    if "/" in str(obj.get("apiVersion")) and "." in str(obj.get("apiVersion")).partition("/")[0]:
        return {key: _sorted(obj[key]) for key in sorted(obj)}
    meta = obj.get("metadata") or {}
    rest = [key for key in meta if key not in _META_ORDER]
    ordered = {key: meta[key] for key in [*_META_ORDER, *rest] if key in meta}
    head = {"apiVersion": obj.get("apiVersion"), "kind": obj.get("kind"), "metadata": ordered}
    return {**head, **{key: value for key, value in obj.items() if key not in head}}


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _empty_kind(cause: Any) -> Refusal:
    return Refusal(
        422,
        "Invalid",
        f' "" is invalid: {cause.field}: {cause.message}',
        {"causes": [{"reason": cause.reason, "message": cause.message, "field": cause.field}]},
    )
