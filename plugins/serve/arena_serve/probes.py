"""Probes: how the cluster finds out whether a server lives, and whether it answers."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

KINDS = ("liveness", "readiness", "startup")
#: Action → options that it takes; the first must be given.
ACTIONS: Mapping[str, tuple[str, ...]] = {
    "httpGet": ("port", "path", "host", "scheme"),
    "tcpSocket": ("port", "host"),
    "grpc": ("port", "service"),
    "exec": ("command",),
}
#: How often and how long; Kubernetes' own names, each with its least value.
TIMES: Mapping[str, int] = {
    "initialDelaySeconds": 0,
    "periodSeconds": 1,
    "timeoutSeconds": 1,
    "successThreshold": 1,
    "failureThreshold": 1,
    "terminationGracePeriodSeconds": 1,
}


def probe(action: str, action_options: Mapping[str, str], options: Mapping[str, str]) -> dict[str, Any]:
    """Return the probe of a container; the values are sound (``problems``).

    >>> probe("httpGet", {"path": "/healthz", "port": "8080"}, {"periodSeconds": "5"})
    {'httpGet': {'path': '/healthz', 'port': 8080}, 'periodSeconds': 5}
    """
    handler = {key: _value(key, text) for key, text in action_options.items()}
    return {action: handler, **{key: int(text) for key, text in options.items()}}


def _value(key: str, text: str) -> Any:
    if key == "command":
        return shlex.split(text)
    return int(text) if key == "port" and text.isascii() and text.isdigit() else text


def problems(kind: str, action: str, action_options: Mapping[str, str], options: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (field, what is wrong) of a probe: options without an action, unknown or missing ones, values that cannot be."""
    about, times = f"{kind}_probe_action_options", f"{kind}_probe_options"
    if not action:
        if action_options:
            yield about, f"they need an action: --{kind}-probe-action {', '.join(ACTIONS)}"
        if options:
            yield times, f"they need an action: --{kind}-probe-action {', '.join(ACTIONS)}"
        return
    known = ACTIONS[action]
    if known[0] not in action_options:
        yield about, f"{action} needs {known[0]!r}"
    for key, text in action_options.items():
        if key not in known:
            yield about, f"{action} knows no {key!r}, only {', '.join(known)}"
        elif wrong := _wrong(action, key, text):
            yield about, wrong
    for key, text in options.items():
        if key not in TIMES:
            yield times, f"there is no {key!r}, only {', '.join(TIMES)}"
        elif not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) >= TIMES[key]):
            yield times, f"{key} must be a whole number from {TIMES[key]}, not {text!r}"
    if kind != "readiness" and options.get("successThreshold", "1") != "1":
        yield times, f"successThreshold of a {kind} probe can only be 1"
    if kind == "readiness" and "terminationGracePeriodSeconds" in options:
        yield times, "terminationGracePeriodSeconds is for liveness and startup probes: a failed readiness probe ends nothing"


def _wrong(action: str, key: str, text: str) -> str:
    if key == "port":
        named = action != "grpc" and text.replace("-", "").isalnum() and not text.isdigit()
        number = text.isascii() and text.isdigit() and 0 < int(text[:6] or 0) < 65536
        return "" if named or number else f"port must be a number from 1 to 65535, not {text!r}"
    if key == "scheme" and text not in ("HTTP", "HTTPS"):
        return f"scheme must be HTTP or HTTPS, not {text!r}"
    if key == "command":
        try:
            return "" if shlex.split(text) else "the command is empty"
        except ValueError as error:
            return f"the command {text!r} cannot be parted into words: {error}"
    return ""
