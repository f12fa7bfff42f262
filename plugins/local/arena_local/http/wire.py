"""The wire format of protobuf: the few lines of it that are needed, both ways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

#: What stands in front of Kubernetes' own messages.
MAGIC = b"k8s\0"


class UnreadableError(ValueError):
    """The bytes are no message of a known kind."""


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the number that begins at a place, and the place behind it."""
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise UnreadableError
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return value, at


def read_fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Yield (field number, value) of a message; numbers as unsigned, everything else as bytes."""
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        wire = tag & 7
        value: Any
        if wire == 0:
            value, at = read_varint(data, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
            value, at = data[at : at + size], at + size
        elif wire == 2:
            size, at = read_varint(data, at)
            value, at = data[at : at + size], at + size
        else:
            raise UnreadableError
        if at > len(data):
            raise UnreadableError
        yield tag >> 3, value


def varint(number: int) -> bytes:
    """Encode a number; a negative one as its 64 bits."""
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def field(number: int, data: bytes | str) -> bytes:
    """Encode a field of text, bytes or a message."""
    raw = data.encode() if isinstance(data, str) else data
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def number_field(number: int, value: int) -> bytes:
    """Encode a field that is a number or a boolean."""
    return varint(number << 3) + varint(value)
