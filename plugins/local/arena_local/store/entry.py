"""Stored states of objects: decoded, with their JSON beside them, or packed away where nobody looks at them for long."""

from __future__ import annotations

import json
import zlib
from typing import Any, ClassVar

try:  # a faster encoder where it happens to be installed
    import orjson  # type: ignore[import-not-found,unused-ignore]

    def encode(value: Any) -> bytes:
        """Return compact JSON."""
        try:
            return bytes(orjson.dumps(value))
        except TypeError:
            return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")

except ImportError:
    _encoder = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False)

    def encode(value: Any) -> bytes:
        """Return compact JSON."""
        return _encoder.encode(value).encode("utf-8", "surrogatepass")


Obj = dict[str, Any]
Key = tuple[str, str]


class Entry:
    """One stored state of an object, never changed: a newer state is a new entry."""

    __slots__ = ("_raw", "key", "obj", "rev")

    def __init__(self, key: Key, obj: Obj, rev: int, raw: bytes | None = None) -> None:
        self.key = key
        self.obj = obj
        self.rev = rev
        self._raw = raw

    @property
    def raw(self) -> bytes:
        """The object as JSON, encoded once."""
        if self._raw is None:
            self._raw = encode(self.obj)
        return self._raw

    @property
    def meta(self) -> Obj:
        """The labels and owners, in the object's metadata."""
        meta: Obj = self.obj.get("metadata", {})
        return meta

    def rewrite(self, obj: Obj) -> None:
        """Show the same revision in another way (a default that the schema got later)."""
        self.obj = obj
        self._raw = None


class Packed(Entry):
    """A state that is large and seldom looked at, such as a CRD with its schema: only its packed JSON is kept.

    Decoded, the CRDs of all job types take six times the memory of their JSON, and sixty times that of what is kept here. The one
    that was written or read last is kept as it is, since whoever looks at one looks at it several times.
    """

    __slots__ = ("_meta",)
    _last: ClassVar[tuple[bytes, Obj]] = (b"", {})

    def __init__(self, key: Key, obj: Obj, rev: int, raw: bytes | None = None) -> None:
        self.key = key
        self.rev = rev
        self._pack(obj, encode(obj) if raw is None else raw)

    def _pack(self, obj: Obj, raw: bytes) -> None:
        packed = self._raw = zlib.compress(raw, 1)
        meta = obj.get("metadata", {})
        self._meta = {key: meta[key] for key in ("labels", "ownerReferences") if key in meta}
        Packed._last = packed, obj

    @property
    def raw(self) -> bytes:
        """The object as JSON."""
        return zlib.decompress(self._raw or b"")

    @property
    def obj(self) -> Obj:  # type: ignore[override]
        """The object, decoded anew unless it was the last one."""
        packed, obj = Packed._last
        if packed is not self._raw:
            obj = json.loads(self.raw)
            Packed._last = self._raw or b"", obj
        return obj

    @property
    def meta(self) -> Obj:
        """The labels and owners, for which nothing is decoded."""
        return self._meta

    def rewrite(self, obj: Obj) -> None:
        """Show the same revision in another way."""
        self._pack(obj, encode(obj))

    @classmethod
    def forget(cls) -> None:
        """Free what was looked at last."""
        cls._last = (b"", {})
