"""``$(VAR)`` in commands, arguments and values, as Kubernetes expands it."""

from __future__ import annotations

from collections.abc import Mapping


def expand(text: str, values: Mapping[str, str]) -> str:
    """Replace ``$(NAME)`` where NAME is known; ``$$`` is a literal dollar sign; everything else stays.

    >>> expand("$(A)-$(B)-$$(A)-$A", {"A": "1"})
    '1-$(B)-$(A)-$A'
    """
    out: list[str] = []
    at = 0
    while (dollar := text.find("$", at)) >= 0 and dollar + 1 < len(text):
        out.append(text[at:dollar])
        following = text[dollar + 1]
        if following == "$":
            out.append("$")
            at = dollar + 2
        elif following == "(" and (close := text.find(")", dollar + 2)) >= 0:
            name = text[dollar + 2 : close]
            out.append(values.get(name, f"$({name})"))
            at = close + 1
        else:
            out.append("$" + following)
            at = dollar + 2
    return "".join(out) + text[at:]
