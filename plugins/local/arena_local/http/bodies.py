"""Request bodies: JSON with repeated keys noticed, YAML, and a clear word about protobuf."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import Any

from aiohttp import web

from arena_local.http.protobuf import decode_object
from arena_local.http.wire import UnreadableError
from arena_local.server.errors import Refusal, bad_request

_MEDIA = ("application/json", "application/yaml", "application/vnd.kubernetes.protobuf")
_PARSE = "couldn't get version/kind; json parse error: "


#: How long a body may take.
_PATIENCE = 60.0


async def read(request: web.Request) -> bytes:
    """Return the body; raises 408 for a client that does not finish it."""
    try:
        async with asyncio.timeout(_PATIENCE):
            return await request.read()
    except TimeoutError:
        request.protocol.close()
        raise Refusal(408, "Timeout", f"the body of the request has not come within {_PATIENCE:.0f} s") from None


def media_type(header: str) -> str:
    """Return a Content-Type without its parameters."""
    return header.partition(";")[0].strip().lower()


def protobuf_refusal() -> Refusal:
    """415 that says what to do instead."""
    text = (
        "the local cluster does not read protobuf bodies of this kind: send JSON or YAML instead "
        "(with kubectl: add --dry-run=client -o yaml and pipe it into kubectl apply -f -)"
    )
    return Refusal(415, "UnsupportedMediaType", text)


def _read_protobuf(data: bytes) -> dict[str, Any]:
    try:
        found = decode_object(data)
    except UnreadableError:
        raise bad_request("the protobuf body cannot be read") from None
    if found is None:
        raise protobuf_refusal()
    return found


class _Pairs(dict[str, Any]):
    """A JSON object with a key that stood twice."""

    repeated: tuple[str, ...] = ()


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: set[str] = set()
    marked = _Pairs(found)
    marked.repeated = tuple(dict.fromkeys(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return marked


def _repeats(value: Any, path: str, found: list[str]) -> None:
    if isinstance(value, dict):
        if isinstance(value, _Pairs):
            found.extend(f"{path}.{key}" if path else key for key in value.repeated)
        for key, item in value.items():
            _repeats(item, f"{path}.{key}" if path else key, found)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _repeats(item, f"{path}[{index}]", found)


def _integer(text: str) -> int:
    """Integers beyond 64 bits lose precision, as in Go, which reads them as floats."""
    number = int(text)
    return number if -(1 << 63) <= number < 1 << 63 else int(Decimal(repr(float(text))))


def _parse_int(text: str) -> int:
    return int(text) if len(text) < 19 else _integer(text)


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"invalid character '{word[0]}' looking for beginning of value")


def parse_json(data: bytes) -> tuple[Any, tuple[str, ...]]:
    """Parse JSON; returns the value and the paths of repeated keys."""
    value = json.loads(data, object_pairs_hook=_pairs, parse_constant=_refuse_constant, parse_int=_parse_int)
    found: list[str] = []
    if b'"' in data:
        _repeats(value, "", found)
    return value, tuple(found)


def parse_yaml(data: bytes) -> Any:
    """Parse YAML, whose reader is loaded when it is needed: most clients send JSON."""
    from arena_local.http.yamlbodies import parse

    return parse(data)


_STRUCT = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'


def read_object(data: bytes, content_type: str, kind: str, *, needs_kind: bool = False) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the object of a create or replace request; raises 400 or 415."""
    media = media_type(content_type) or "application/json"
    if media == "application/vnd.kubernetes.protobuf":
        return _read_protobuf(data), ()
    if media not in _MEDIA:
        text = "the body of the request was in an unknown format - accepted media types include: " + ", ".join(_MEDIA)
        raise Refusal(415, "UnsupportedMediaType", text)
    if media == "application/yaml":
        try:
            value = parse_yaml(data)
            repeated: tuple[str, ...] = ()
        except (ValueError, RecursionError) as error:
            raise unrecognized(kind, f"yaml: {error}", data) from None
    else:
        try:
            value, repeated = parse_json(data)
        except (ValueError, RecursionError) as error:
            raise unrecognized(kind, _PARSE + _go_error(error, data), data) from None
    if value is None and data.strip() == b"null" and not needs_kind:
        return {}, repeated
    if not isinstance(value, dict):
        why = f"json: cannot unmarshal {_go_kind(value)} into Go value of type {_STRUCT}"
        raise unrecognized(kind, _PARSE + why, data)
    if needs_kind and not value.get("kind"):
        raise unrecognized(kind, f"Object 'Kind' is missing in '{data.decode('utf-8', 'replace')}'", data)
    return value, repeated


_NOT_REGISTERED = (
    'no kind "{}" is registered for version "{}" in scheme "k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27"'
)


def read_delete_options(data: bytes, content_type: str) -> dict[str, Any]:
    """Return the options in the body of a delete; raises 400 or 415."""
    media = media_type(content_type) or "application/json"
    if media not in _MEDIA:
        text = "the body of the request was in an unknown format - accepted media types include: " + ", ".join(_MEDIA)
        raise Refusal(415, "UnsupportedMediaType", text)
    if media == "application/vnd.kubernetes.protobuf":
        return _read_protobuf(data)
    try:
        value = parse_yaml(data) if media == "application/yaml" else parse_json(data)[0]
    except (ValueError, RecursionError) as error:
        raise bad_request(_PARSE + _go_error(error, data)) from None
    if not isinstance(value, dict):
        raise bad_request(_PARSE + f"json: cannot unmarshal {_go_kind(value)} into Go value of type {_STRUCT}")
    kind = value.get("kind") or "DeleteOptions"
    if kind != "DeleteOptions":
        raise bad_request(_NOT_REGISTERED.format(kind, value.get("apiVersion", "")))
    for path, type_name, word in _OPTIONS:
        _check_option(value, path, type_name, word)
    return value


#: Path in DeleteOptions -> what it must be, in Python and in Go.
_OPTIONS: tuple[tuple[str, type, str], ...] = (
    ("gracePeriodSeconds", int, "int64"),
    ("propagationPolicy", str, "v1.DeletionPropagation"),
    ("orphanDependents", bool, "bool"),
    ("dryRun", list, "[]string"),
    ("preconditions", dict, "v1.Preconditions"),
    ("preconditions.uid", str, "types.UID"),
    ("preconditions.resourceVersion", str, "string"),
)


def _check_option(value: dict[str, Any], path: str, wanted: type, word: str) -> None:
    found: Any = value
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    fits = found is None or (isinstance(found, wanted) and (wanted is bool or not isinstance(found, bool)))
    if not fits or (wanted is int and found is not None and not -(1 << 63) <= found < 1 << 63):
        text = f"json: cannot unmarshal {_go_kind(found)} into Go struct field DeleteOptions.{path} of type {word}"
        raise bad_request(_PARSE + text)


def unrecognized(kind: str, why: str, data: bytes) -> Refusal:
    """400 of a body that is no object; it quotes the beginning of the body."""
    head = data[:30]
    shown = head.decode("utf-8", "replace") if data[:1] == b"{" else head.hex()
    more = " ..." if len(data) > len(head) else ""
    return bad_request(f"the object provided is unrecognized (must be of type {kind}): {why} ({shown + more if data else '<empty>'})")


def _go_kind(value: Any) -> str:
    return {str: "string", bool: "bool", int: "number", float: "number", list: "array"}.get(type(value), "null")


def _go_error(error: Exception, data: bytes) -> str:
    if not data.strip():
        return "unexpected end of JSON input"
    if isinstance(error, json.JSONDecodeError):
        if error.pos >= len(error.doc):
            return "unexpected end of JSON input"
        sign = error.doc[error.pos]
        place = "looking for beginning of value" if "Expecting value" in error.msg else "after object key:value pair"
        if "property name" in error.msg:
            place = "looking for beginning of object key string"
        return f"invalid character '{sign}' {place}"
    return str(error)
