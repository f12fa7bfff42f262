"""The one thing that is ever answered in protobuf: a refusal to a client that accepts nothing else."""

from __future__ import annotations

from typing import Any


def _field(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def encode_status(status: dict[str, Any]) -> bytes:
    """Return a Status as Kubernetes' protobuf envelope."""
    meta = b"".join(_field(number, b"") for number in (1, 2, 3))
    raw = _field(1, meta) + _field(2, status["status"].encode()) + _field(3, status["message"].encode())
    raw += _field(4, status.get("reason", "").encode()) + _varint(6 << 3) + _varint(status["code"])
    kind = _field(1, b"v1") + _field(2, b"Status")
    return b"k8s\0" + _field(1, kind) + _field(2, raw) + _field(3, b"") + _field(4, b"")
