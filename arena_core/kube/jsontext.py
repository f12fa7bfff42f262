"""JSON read and written by the scanner and the encoder of ``json``, without the module around them and the patterns that it compiles.

What is not plainly a document in UTF-8, and whatever is wrong with one, is left to ``json.loads``.
"""

from __future__ import annotations

from arena_core.typed import Any, cast

try:
    import _json
except ImportError:  # another implementation of Python
    _json = None  # type: ignore[assignment]


def refuse_constant(name: str) -> Any:
    """Refuse ``NaN`` and the infinities."""
    raise ValueError(f"{name} is not JSON")


class _Rules:
    """How the scanner is to read: as ``json.loads`` does."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = staticmethod(refuse_constant)


_scan: Any = _json.make_scanner(cast("Any", _Rules())) if _json else None


def loads(data: bytes) -> Any:
    """Return what ``json.loads`` returns; all that is wrong is a ``ValueError``, but for nesting beyond all bounds (``RecursionError``).

    >>> loads(b'{"a": [1, true, null]}')
    {'a': [1, True, None]}
    """
    if _scan is not None and data[:1] in (b"{", b"[") and data[1:2] != b"\0":
        try:
            text = data.decode("utf-8", "surrogatepass")
            found, end = _scan(text, 0)
        except (ValueError, StopIteration):
            pass
        else:
            if end == len(text) or not text[end:].strip(" \t\n\r"):
                return found
    import json

    return json.loads(data, parse_constant=refuse_constant)


def dumps(value: Any) -> bytes:
    """Return what ``json.dumps`` writes, without blanks; raises as that does.

    >>> dumps({"a": [1, True, None]})
    b'{"a":[1,true,null]}'
    """
    if _json is not None:
        quoted = cast("Any", _json.encode_basestring_ascii)
        write = _json.make_encoder({}, _refuse, quoted, None, ":", ",", False, False, True)
        return "".join(cast("Any", write)(value, 0)).encode()
    import json

    return json.dumps(value, separators=(",", ":")).encode()


def _refuse(value: Any) -> Any:
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
