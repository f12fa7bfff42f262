"""The YAML that kubectl and its like write into kubeconfigs: maps and lists in blocks, and plain or simply quoted texts.

Importing a reader for all of YAML takes longer than a request. Whatever is not as simple as this is left to that reader (``None``), which
also says what is wrong with it; a property test holds both against each other.
"""

from __future__ import annotations

from arena_core.typed import Any

#: Signs with a meaning of their own at the beginning of a plain text.
_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`= <~.+")
_KEY = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.")
_WORDS = {"true": True, "false": False}
#: What YAML 1.1 takes for something else than text.
_OTHER = frozenset(["null", "yes", "no", "on", "off", "y", "n", "true", "false"])


class _Odd(Exception):
    """The whole reader has to read this."""


def read(text: str) -> Any:
    r"""Return what a plain document says, or None where it is not plain.

    >>> read("a: 1\n"), read("kind: Config\nusers:\n- name: me\n  user: {}\n")
    (None, {'kind': 'Config', 'users': [{'name': 'me', 'user': {}}]})
    """
    try:
        lines = [_line(line) for line in text.split("\n") if line.strip(" ") and not line.lstrip(" ").startswith("#")]
        if not lines or not text.isascii() or "\t" in text or "\r" in text:
            return None
        found, at = _block(lines, 0, lines[0][0])
    except (_Odd, RecursionError):
        return None
    return found if at == len(lines) and isinstance(found, dict) else None


def _line(line: str) -> tuple[int, str]:
    rest = line.lstrip(" ")
    return len(line) - len(rest), rest.rstrip(" ")


def _block(lines: list[tuple[int, str]], at: int, indent: int) -> tuple[Any, int]:
    """Return the map or list that begins at a line, and the line after it."""
    if lines[at][1].startswith("- "):
        return _list(lines, at, indent)
    found: dict[str, Any] = {}
    while at < len(lines) and lines[at][0] == indent and not lines[at][1].startswith("- "):
        key, colon, value = lines[at][1].partition(":")
        if not colon or not key or not _KEY.issuperset(key) or key.lower() in _OTHER or key in found or (value and value[0] != " "):
            raise _Odd
        at += 1
        value = value.strip(" ")
        if value:
            found[key] = _scalar(value)
            continue
        # A list may stand as far left as its key.
        deeper = at < len(lines) and (lines[at][0] > indent or (lines[at][0] == indent and lines[at][1].startswith("- ")))
        if not deeper:
            raise _Odd
        found[key], at = _block(lines, at, lines[at][0])
    if at < len(lines) and lines[at][0] > indent:
        raise _Odd
    return found, at


def _list(lines: list[tuple[int, str]], at: int, indent: int) -> tuple[list[Any], int]:
    found: list[Any] = []
    while at < len(lines) and lines[at][0] == indent and lines[at][1].startswith("- "):
        rest = lines[at][1][2:]
        inner = rest.lstrip(" ")
        if ":" in inner and not inner.startswith(("'", '"')) and _KEY.issuperset(inner.partition(":")[0]):
            column = indent + 2 + len(rest) - len(inner)
            item, at = _block([*lines[:at], (column, inner), *lines[at + 1 :]], at, column)
        else:
            item, at = _scalar(inner), at + 1
        found.append(item)
    if at < len(lines) and lines[at][0] > indent:
        raise _Odd
    return found, at


def _scalar(text: str) -> Any:
    if text in ("{}", "[]"):
        return {} if text == "{}" else []
    if text in _WORDS:
        return _WORDS[text]
    quote = text[0]
    if quote in "'\"":
        if len(text) < 2 or text[-1] != quote or quote in text[1:-1] or "\\" in text or any(c < " " or c == "\x7f" for c in text):
            raise _Odd
        return text[1:-1]
    # Of what begins with a digit only addresses and the like are surely text.
    number = quote.isdigit() and text.replace("_", "").replace(".", "", 1).replace(":", "").replace("e", "").replace("-", "").isalnum()
    flag = text[:2] == "--" and text[2:3].isalpha()
    odd = (
        (quote in _INDICATORS and not flag)
        or number
        or text.lower() in _OTHER
        or text[-1] == ":"
        or any(c < " " or c == "\x7f" for c in text)
    )
    if odd or ": " in text or " #" in text:
        raise _Odd
    return text
