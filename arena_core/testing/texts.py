"""What Kubernetes makes of the text that a manifest holds, for tests that compare it with what a person typed."""

from __future__ import annotations

from collections.abc import Mapping


def expand(text: str, env: Mapping[str, str]) -> str:
    """Return a command or a value as the container gets it: ``$(NAME)`` replaced where the variable exists, ``$$`` a dollar.

    >>> expand("$(A) $(B) $$(A) $x", {"A": "1"})
    '1 $(B) $(A) $x'
    """
    out: list[str] = []
    at = 0
    while at < len(text):
        if text[at] != "$" or at + 1 == len(text):
            out.append(text[at])
            at += 1
        elif text[at + 1] == "$":
            out.append("$")
            at += 2
        elif text[at + 1] == "(" and (end := text.find(")", at + 2)) >= 0:
            name = text[at + 2 : end]
            out.append(env.get(name, f"$({name})"))
            at = end + 1
        elif text[at + 1] == "(":
            out.append("$(")
            at += 2
        else:
            out.append(text[at : at + 2])
            at += 2
    return "".join(out)


def environment(container: Mapping[str, object]) -> dict[str, str]:
    """Return the environment that a container starts with, from its literal variables, in their order."""
    values: dict[str, str] = {}
    items = container.get("env")
    for item in items if isinstance(items, list) else ():
        if isinstance(item.get("value", ""), str) and "valueFrom" not in item:
            values[str(item["name"])] = expand(str(item.get("value", "")), values)
    return values
