"""The little protobuf that everyday kubectl needs: bodies of ``create ns|configmap|secret|serviceaccount`` and ``auth``.

Numbers and names of the fields are those of Kubernetes' ``generated.proto`` files. Everything else is refused with a word on what to
do instead. Answers are JSON, which kubectl takes; only a refusal to a client that accepts nothing but protobuf is ever encoded.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from arena_local.http.wire import MAGIC, UnreadableError, field, number_field, read_fields

#: Field number -> (name, how it is read). ``map`` and ``bytesmap`` are repeated key/value pairs, a dictionary is a message.
Shape = dict[int, tuple[str, Any]]

_OWNER: Shape = {
    1: ("kind", "text"),
    3: ("name", "text"),
    4: ("uid", "text"),
    5: ("apiVersion", "text"),
    6: ("controller", "bool"),
    7: ("blockOwnerDeletion", "bool"),
}
_META: Shape = {
    1: ("name", "text"),
    2: ("generateName", "text"),
    3: ("namespace", "text"),
    5: ("uid", "text"),
    6: ("resourceVersion", "text"),
    11: ("labels", "map"),
    12: ("annotations", "map"),
    13: ("ownerReferences", [_OWNER]),
    14: ("finalizers", ["text"]),
}
_ATTRIBUTES: Shape = {
    1: ("namespace", "text"),
    2: ("verb", "text"),
    3: ("group", "text"),
    4: ("version", "text"),
    5: ("resource", "text"),
    6: ("subresource", "text"),
    7: ("name", "text"),
}
_ACCESS: Shape = {1: ("resourceAttributes", _ATTRIBUTES), 2: ("nonResourceAttributes", {1: ("path", "text"), 2: ("verb", "text")})}
_SHAPES: dict[tuple[str, str], Shape] = {
    ("v1", "Namespace"): {1: ("metadata", _META)},
    ("v1", "ConfigMap"): {1: ("metadata", _META), 2: ("data", "map"), 3: ("binaryData", "bytesmap"), 4: ("immutable", "bool")},
    ("v1", "Secret"): {
        1: ("metadata", _META),
        2: ("data", "bytesmap"),
        3: ("type", "text"),
        4: ("stringData", "map"),
        5: ("immutable", "bool"),
    },
    ("v1", "ServiceAccount"): {1: ("metadata", _META), 4: ("automountServiceAccountToken", "bool")},
    ("authorization.k8s.io/v1", "SelfSubjectAccessReview"): {1: ("metadata", _META), 2: ("spec", _ACCESS)},
    ("authorization.k8s.io/v1", "SelfSubjectRulesReview"): {1: ("metadata", _META), 2: ("spec", {1: ("namespace", "text")})},
    ("authentication.k8s.io/v1", "SelfSubjectReview"): {1: ("metadata", _META)},
}


def _value(kind: Any, raw: Any) -> Any:
    if kind == "bool":
        return bool(raw)
    if not isinstance(raw, bytes):
        raise UnreadableError
    if kind == "text":
        try:
            return raw.decode()
        except UnicodeDecodeError:
            raise UnreadableError from None
    return _message(kind, raw)


def _pair(raw: Any, *, binary: bool) -> tuple[str, str]:
    if not isinstance(raw, bytes):
        raise UnreadableError
    found = dict(read_fields(raw))
    key, value = _value("text", found.get(1, b"")), found.get(2, b"")
    return key, base64.b64encode(value).decode() if binary else _value("text", value)


def _message(shape: Shape, data: bytes) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for number, raw in read_fields(data):
        if number not in shape:
            continue
        name, kind = shape[number]
        if kind in ("map", "bytesmap"):
            key, value = _pair(raw, binary=kind == "bytesmap")
            out.setdefault(name, {})[key] = value
        elif isinstance(kind, list):
            out.setdefault(name, []).append(_value(kind[0], raw))
        else:
            out[name] = _value(kind, raw)
    return {key: value for key, value in out.items() if value != ""}


def decode_object(data: bytes) -> dict[str, Any] | None:
    """Return the object of a protobuf body, or None where its kind is not read; raises ``UnreadableError``."""
    if not data.startswith(MAGIC):
        raise UnreadableError
    envelope = dict(read_fields(data[len(MAGIC) :]))
    kind = {number: _value("text", raw) for number, raw in read_fields(envelope.get(1, b""))}
    shape = _SHAPES.get((kind.get(1, ""), kind.get(2, "")))
    if shape is None:
        return None
    return {"apiVersion": kind[1], "kind": kind[2], **_message(shape, envelope.get(2, b""))}


def _texts(values: Mapping[str, Any], *names: str) -> bytes:
    """Return text fields, numbered from 1."""
    return b"".join(field(number, str(values.get(name, "")).encode()) for number, name in enumerate(names, 1))


def _details(details: Mapping[str, Any]) -> bytes:
    causes = b"".join(field(4, _texts(cause, "reason", "message", "field")) for cause in details.get("causes") or ())
    retry = number_field(5, int(details.get("retryAfterSeconds") or 0))
    return _texts(details, "name", "group", "kind") + causes + retry + field(6, str(details.get("uid", "")).encode())


def encode_status(status: dict[str, Any]) -> bytes:
    """Return a Status as Kubernetes' protobuf envelope."""
    meta = b"".join(field(number, b"") for number in (1, 2, 3))
    raw = field(1, meta) + field(2, status["status"].encode()) + field(3, status["message"].encode())
    raw += field(4, status.get("reason", "").encode())
    if "details" in status:
        raw += field(5, _details(status["details"]))
    raw += number_field(6, status["code"])
    kind = field(1, b"v1") + field(2, b"Status")
    return MAGIC + field(1, kind) + field(2, raw) + field(3, b"") + field(4, b"")
