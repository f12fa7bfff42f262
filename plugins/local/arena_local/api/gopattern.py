"""Go's regular expressions (RE2) in Python's dialect."""

from __future__ import annotations

import re
from functools import lru_cache

_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "digit": "0-9",
    "lower": "a-z",
    "upper": "A-Z",
    "space": r"\t\n\v\f\r ",
    "xdigit": "0-9A-Fa-f",
}


@lru_cache(maxsize=2048)
def compile_pattern(pattern: str) -> re.Pattern[str] | None:
    r"""Compile, or return None where Python has no such expression.

    In RE2 ``$`` matches only at the very end, ``\z`` is Python's ``\Z``, and POSIX classes stand in brackets.
    """
    text = re.sub(r"\[:(\w+):\]", lambda found: _CLASSES.get(found.group(1), found.group(0)), pattern)
    text = text.replace(r"\z", r"\Z")
    if text.endswith("$") and not text.endswith(r"\$"):
        text = text[:-1] + r"\Z"
    try:
        return re.compile(text, re.ASCII)
    except re.error:
        return None
