"""The one reader of the local cluster's options: for the command line and for the file that keeps them."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from arena_core.k8s import quantity
from arena_local.context import Options
from arena_local.delays import DELAYS, components

_RESOURCE = re.compile(r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?\Z")
_COUNT = re.compile(r"[0-9]{1,6}\Z")
MAX_NODES = 100
GPU = "nvidia.com/gpu"
_EXAMPLES = {"--resource": f"{GPU}=8", "--quota": f"{GPU}=8", "--delay": "kubelet.backoff=1"}
NAMES = ("auto", "rewrite")


class BadOption(ValueError):
    """A value that makes no sense; the text says what was expected."""


def count(name: str, value: object) -> str:
    """Return a number of devices of an extended resource: whole, never negative."""
    if not _RESOURCE.match(name):
        raise BadOption(f"{name!r} is not the name of a resource: expected something like nvidia.com/gpu")
    if "/" not in name:
        raise BadOption(f"{name!r} is the machine's own: only extended resources (example.com/device) can be pretended")
    if not _COUNT.match(str(value)):
        raise BadOption(f"{name}={value}: expected a whole number of devices, for example {name}=8")
    return str(int(str(value)))


def _is_amount(value: object) -> bool:
    return quantity.is_quantity(value) and quantity.parse(str(value)) >= 0


def amount(name: str, value: object) -> str:
    """Return an amount as Kubernetes writes it (``8``, ``500m``, ``16Gi``)."""
    if not _RESOURCE.match(name):
        raise BadOption(f"{name!r} is not the name of a resource: expected something like nvidia.com/gpu or cpu")
    if not _is_amount(value):
        raise BadOption(f"{name}={value}: expected an amount such as 8, 500m or 16Gi")
    return str(value)


def seconds(name: str, value: object) -> float:
    """Return a delay; its name must be known, or begin with the name of an installed job type."""
    if name not in DELAYS and name.partition(".")[0] not in components():
        raise BadOption(f"there is no delay named {name!r}: one of {', '.join(sorted(DELAYS))}")
    try:
        number = float(str(value).removesuffix("s"))
    except ValueError:
        number = -1.0
    if not (math.isfinite(number) and number >= 0):
        raise BadOption(f"{name}={value}: expected seconds, for example {name}=1")
    return number


def size(value: object) -> str:
    """Return a number of bytes."""
    if not _is_amount(value) or quantity.parse(str(value)) % quantity.ONE:
        raise BadOption(f"{value!r}: expected a size such as 500Mi; 0 keeps nothing")
    return str(value)


def read(found: Mapping[str, Any]) -> Options:
    """Return the options that a file holds; raises ``BadOption`` for the first value that makes no sense."""
    known = {field.name for field in fields(Options)}
    options = replace(Options(), **{key: value for key, value in found.items() if key in known})
    check(options)
    return options


def check(options: Options) -> None:
    """Raise ``BadOption`` for the first value that makes no sense."""
    if not _whole(options.nodes) or not 1 <= options.nodes <= MAX_NODES:
        raise BadOption(f"nodes: expected a number from 1 to {MAX_NODES}, not {options.nodes!r}")
    for key, reader in (("resources", count), ("quota", amount), ("delays", seconds)):
        values = getattr(options, key)
        if not isinstance(values, Mapping):
            raise BadOption(f"{key}: expected names with values, not {values!r}")
        for name, value in values.items():
            reader(name, value)
    if options.names not in NAMES:
        raise BadOption(f"names: expected auto or rewrite, not {options.names!r}")
    for key in ("simulate", "operators"):
        if not isinstance(getattr(options, key), bool):
            raise BadOption(f"{key}: expected true or false, not {getattr(options, key)!r}")
    idle = options.idle_stop
    if isinstance(idle, bool) or not isinstance(idle, int | float) or not (math.isfinite(idle) and idle >= 0):
        raise BadOption(f"idle_stop: expected minutes, not {idle!r}")
    size(options.keep_logs)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def merged(before: Options, given: Mapping[str, Any]) -> Options:
    """Return the options with what flags say (None: not given); raises ``BadOption`` that names the flag."""
    plain = ("nodes", "simulate", "names", "idle_stop", "operators")
    changes: dict[str, Any] = {key: given[key] for key in plain if given.get(key) is not None}
    resources = dict(before.resources)
    if given.get("gpus") is not None:
        resources.pop(GPU, None)
        resources |= {GPU: str(given["gpus"])} if given["gpus"] else {}
    resources |= _pairs("--resource", given.get("resource"), count)
    changes["resources"] = {name: number for name, number in resources.items() if number != "0"}
    if given.get("quota"):
        changes["quota"] = _pairs("--quota", given["quota"], amount)
    changes["delays"] = dict(before.delays) | _pairs("--delay", given.get("delay"), seconds)
    if given.get("keep_logs") is not None:
        with _flag("--keep-logs "):
            changes["keep_logs"] = size(given["keep_logs"])
    with _flag("--"):
        check(after := replace(before, **changes))
    return after


def _pairs(flag: str, texts: Sequence[str] | None, reader: Callable[[str, object], Any]) -> dict[str, Any]:
    result = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise BadOption(f"{flag} {text!r}: expected NAME=VALUE, for example {flag} {_EXAMPLES[flag]}")
        with _flag(f"{flag} "):
            result[name] = reader(name, value)
    return result


@contextlib.contextmanager
def _flag(flag: str) -> Iterator[None]:
    try:
        yield
    except BadOption as error:
        raise BadOption(f"{flag}{error}") from None
