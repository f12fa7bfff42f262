"""Protobuf bodies of built-in kinds, as typed clients (``kubectl create quota`` ...) send them, and Status for who accepts nothing else.

The numbers of the fields are those of Kubernetes' ``generated.proto`` files (``tools/make_protobuf_fields.py``). Other answers are JSON,
which every client takes that can ask for protobuf.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any

from arena_core.k8s import time
from arena_local.http.wire import MAGIC, UnreadableError, field, number_field, read_fields
from arena_local.server.builtin import builtin_kinds

Obj = dict[str, Any]
_DELETE_OPTIONS = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Deeper than any kind is, but for the schemas of CRDs, which are not read here.
_DEPTH = 32


@cache
def _table() -> dict[str, dict[str, tuple[str, str, bool]]]:
    """Message -> number -> (JSON name, kind, whether a zero is kept)."""
    packed = resources.files("arena_local.server").joinpath("data/protobuf.json.gz").read_bytes()
    found: dict[str, dict[str, tuple[str, str, bool]]] = json.loads(gzip.decompress(packed))
    return found


@cache
def _messages() -> dict[tuple[str, str], str]:
    """Return (apiVersion, kind) -> message."""
    found = {(f"{row.group}/{row.version}".lstrip("/"), row.kind): f"{row.package}.{row.kind}" for row in builtin_kinds()}
    found |= {("policy/v1", "Eviction"): "io.k8s.api.policy.v1.Eviction", ("autoscaling/v1", "Scale"): "io.k8s.api.autoscaling.v1.Scale"}
    found[("authentication.k8s.io/v1", "TokenRequest")] = "io.k8s.api.authentication.v1.TokenRequest"
    return {key: message for key, message in found.items() if message in _table()}


def _signed(raw: Any) -> int:
    if not isinstance(raw, int):
        raise UnreadableError
    return raw - (1 << 64) if raw >> 63 else raw


def _text(raw: Any) -> str:
    try:
        return str(raw, "utf-8")
    except (TypeError, UnicodeDecodeError):
        raise UnreadableError from None


def _inner(raw: Any) -> dict[int, Any]:
    if not isinstance(raw, bytes):
        raise UnreadableError
    return dict(read_fields(raw))


def _time(raw: Any, *, micro: bool) -> str | None:
    given = _inner(raw)
    if not given:
        return None  # Go's zero time
    try:
        moment = _EPOCH + timedelta(seconds=_signed(given.get(1, 0)), microseconds=_signed(given.get(2, 0)) // 1000)
    except OverflowError:
        raise UnreadableError from None
    return time.micro_text(moment) if micro else time.text(moment)


def _int_or_text(raw: Any) -> int | str:
    given = _inner(raw)
    return _text(given.get(3, b"")) if given.get(1) else _signed(given.get(2, 0))


def _json(raw: Any) -> Any:
    try:
        return json.loads(_inner(raw).get(1, b"null"))
    except ValueError:
        raise UnreadableError from None


def _items(raw: Any) -> list[str]:
    if not isinstance(raw, bytes):
        raise UnreadableError
    return [_text(value) for _, value in read_fields(raw)]


_READERS: dict[str, Any] = {
    "s": _text,
    "i": _signed,
    "b": lambda raw: bool(_signed(raw)),
    "y": lambda raw: base64.b64encode(raw).decode(),
    "T": lambda raw: _time(raw, micro=False),
    "M": lambda raw: _time(raw, micro=True),
    "Q": lambda raw: _text(_inner(raw).get(1, b"")),
    "I": _int_or_text,
    "D": lambda raw: _signed(_inner(raw).get(1, 0)),
    "R": _json,
    "L": _items,
}


def _value(kind: str, raw: Any, depth: int) -> Any:
    reader = _READERS.get(kind)
    if reader is not None:
        try:
            return reader(raw)
        except TypeError:
            raise UnreadableError from None
    if not isinstance(raw, bytes) or depth > _DEPTH or kind not in _table():
        raise UnreadableError
    return _message(kind, raw, depth + 1)


def _message(name: str, data: bytes, depth: int = 0) -> Obj:
    out: Obj = {}
    fields = _table()[name]
    for number, raw in read_fields(data):
        if str(number) not in fields:
            continue
        key, kind, kept = fields[str(number)]
        if kind.startswith("[]"):
            out.setdefault(key, []).append(_value(kind[2:], raw, depth))
        elif kind.startswith("{}"):
            pair = _inner(raw)
            out.setdefault(key, {})[_text(pair.get(1, b""))] = _value(kind[2:], pair.get(2, 0 if kind == "{}i" else b""), depth)
        elif not key:
            out.update(_value(kind, raw, depth))
        else:
            value = _value(kind, raw, depth)
            # Go writes every field that is no pointer, also an empty one; JSON leaves those out.
            if value is not None and (kept or value not in ("", 0, False, {}) or (kind == "I" and value == 0)):
                out[key] = value
    return out


def decode_object(data: bytes) -> Obj | None:
    """Return the object of a protobuf body, or None where its kind is not read; raises ``UnreadableError``."""
    if not data.startswith(MAGIC):
        raise UnreadableError
    envelope = dict(read_fields(data[len(MAGIC) :]))
    names = _inner(envelope.get(1, b""))
    version, kind = _text(names.get(1, b"")), _text(names.get(2, b""))
    message = _DELETE_OPTIONS if kind == "DeleteOptions" else _messages().get((version, kind))
    if message is None:
        return None
    raw = envelope.get(2, b"")
    if not isinstance(raw, bytes):
        raise UnreadableError
    return {"apiVersion": version, "kind": kind, **_message(message, raw)}


def _texts(values: Mapping[str, Any], *names: str) -> bytes:
    """Return text fields, numbered from 1."""
    return b"".join(field(number, str(values.get(name, ""))) for number, name in enumerate(names, 1))


def _details(details: Mapping[str, Any]) -> bytes:
    causes = b"".join(field(4, _texts(cause, "reason", "message", "field")) for cause in details.get("causes") or ())
    retry = number_field(5, int(details.get("retryAfterSeconds") or 0))
    return _texts(details, "name", "group", "kind") + causes + retry + field(6, str(details.get("uid", "")))


def encode_status(status: Mapping[str, Any]) -> bytes:
    """Return a Status as Kubernetes' protobuf envelope."""
    meta = b"".join(field(number, b"") for number in (1, 2, 3))
    raw = field(1, meta) + field(2, status["status"]) + field(3, status["message"]) + field(4, status.get("reason", ""))
    if "details" in status:
        raw += field(5, _details(status["details"]))
    raw += number_field(6, status["code"])
    return MAGIC + field(1, field(1, "v1") + field(2, "Status")) + field(2, raw) + field(3, b"") + field(4, b"")
