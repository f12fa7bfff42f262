"""Foreign text on its way to a terminal: what a pod, a server or a plugin wrote must not steer it.

Control characters and marks that change the direction of reading are shown instead of obeyed, as ``cat -v`` and kubectl do.
"""

from __future__ import annotations

import re

from arena_core.lazily import pattern

#: Marks that reorder what is read (``U+202E`` turns ``gpj.exe`` into ``exe.jpg``), and separators that break lines unseen.
_REORDERING = (0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A))
_C1 = range(0x80, 0xA0)
#: JSON escapes C0 itself; these it prints as they are.
_ESCAPES = {code: f"\\u{code:04x}" for code in (0x7F, *_C1, *_REORDERING)}
_CARETS = {code: f"^{chr(code ^ 0x40)}" for code in (*range(0x20), 0x7F) if chr(code) not in "\n\t"}
_SHOWN = {**_ESCAPES, **_CARETS}
#: What a line of a log may hold besides text: colours (SGR), and the carriage return and backspace of a progress bar.
_LOG = pattern(
    rb"(?P<kept>\x1b\[[0-9;:]*m|[\t\n\r\x08])"
    rb"|(?P<gone>\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[ -/]*[0-~])|\xc2[\x80-\x9f])"
    rb"|(?P<shown>[\x00-\x1f\x7f])"
    # A byte of C1 that belongs to no letter in UTF-8: some terminals obey it.
    rb"|(?P<letter>[\xc3-\xf4][\x80-\xbf]+|\xc2[\xa0-\xbf])"
    rb"|(?P<stray>[\x80-\x9f])"
)


def plain(text: str) -> str:
    r"""Return the text with every control character shown (``^[``, ``\u202e``); line ends and tabs stay.

    >>> plain("\x1b]0;title\x07 ok")
    '^[]0;title^G ok'
    """
    if text.isascii() and text.isprintable():
        return text
    return text.replace("\r\n", "\n").translate(_SHOWN)


def one_line(text: str) -> str:
    """Return the text for a cell of a table or one line: as ``plain``, with blanks for line ends and tabs."""
    if text.isascii() and text.isprintable():
        return text.rstrip()
    return plain(text).translate({10: " ", 9: " "}).rstrip()


def json_safe(text: str) -> str:
    r"""Return JSON, or YAML whose odd texts stand in double quotes, with C1 and reordering marks escaped.

    >>> json_safe('{"a": "\u202e"}')
    '{"a": "\\u202e"}'
    """
    return text.translate(_ESCAPES)


def is_odd(text: str) -> bool:
    r"""Whether the text holds what ``json_safe`` escapes.

    >>> is_odd("Grüße"), is_odd("\x9b2J")
    (False, True)
    """
    return not text.isascii() and any(ord(letter) in _ESCAPES for letter in text)


def log_line(data: bytes) -> bytes:
    r"""Return a line of a log, or a piece of one, for a terminal: colours stay, titles, cursor moves and other commands go.

    >>> log_line(b"\x1b[31mred\x1b[0m \x1b]0;title\x07\x1b[2Jtext")
    b'\x1b[31mred\x1b[0m text'
    """
    return _LOG.sub(_filtered, data)


def _filtered(match: re.Match[bytes]) -> bytes:
    kind, found = match.lastgroup, match.group()
    if kind == "gone":
        return b""
    if kind == "shown":
        return b"^" + bytes([found[0] ^ 0x40])
    return b"\\x%02x" % found[0] if kind == "stray" else found
