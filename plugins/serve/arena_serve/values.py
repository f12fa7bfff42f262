"""How the values of a server's flags are read: versions, scratch folders, rollout sizes, options of probes."""

from __future__ import annotations

import re
import time
from typing import Annotated, Any

from arena_core.args import BeforeValidator, WithJsonSchema, check_dns_label
from arena_core.args.mounts import check_mount_path
from arena_core.args.values import as_text, items_of, pairs

_PAIRS = WithJsonSchema({"anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "string"}}]})
_COUNT = re.compile(r"[0-9]{1,9}|(?:[0-9]|[1-9][0-9]|100)%")


def version(text: Any) -> str:
    """Return a version that can stand in names; without one it is the current local time, as in Arena."""
    found = as_text(text, "version") or time.strftime("%Y%m%d%H%M")
    try:
        return check_dns_label(found)
    except ValueError:
        raise ValueError(f"{found!r} becomes part of names: lower-case letters, digits and '-' (v1-2, not v1.2)") from None


def scratch_folders(value: Any) -> dict[str, str]:
    """Read ``NAME:/path``: a folder that goes with the pod."""
    found: dict[str, str] = {}
    for name, path in _colon_pairs(value, "NAME:/PATH"):
        found[check_dns_label(name)] = check_mount_path(path, name)
    return found


def expressions(value: Any) -> dict[str, str]:
    """Read ``NAME:EXPRESSION``: the part of a volume that is mounted, which may hold ``$(VARIABLE)``."""
    found: dict[str, str] = {}
    for name, text in _colon_pairs(value, "NAME:EXPRESSION"):
        if not text or text.startswith("/") or ".." in text.split("/"):
            raise ValueError(f"{name}: {text!r} must be a path below the volume, without '..'")
        found[name] = text
    return found


def _colon_pairs(value: Any, form: str) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [(as_text(key, "name"), as_text(text, str(key))) for key, text in value.items()]
    found = []
    for item in items_of(value):
        name, sign, text = as_text(item, form).partition(":")
        if not sign or not name:
            raise ValueError(f"{item!r} is not of the form {form}")
        found.append((name, text))
    return found


def count_or_share(value: Any) -> str:
    """Return a number of pods or a percentage, as a rollout takes them; empty for "not given"."""
    text = as_text(value, "number")
    if text and not _COUNT.fullmatch(text):
        raise ValueError(f"{text!r} is neither a number of instances nor a percentage such as 25%")
    return text


def options(value: Any) -> dict[str, str]:
    """Read the options of a probe: ``KEY: VALUE`` as Arena writes them, or ``KEY=VALUE``."""
    if isinstance(value, dict):
        return pairs(value)
    found: dict[str, str] = {}
    for item in items_of(value):
        text = as_text(item, "KEY: VALUE")
        key, sign, rest = next((parts for parts in _splits(text) if parts[1]), (text, "", ""))
        if not sign or not key.strip():
            raise ValueError(f"{text!r} is not of the form 'KEY: VALUE'")
        found[key.strip()] = rest.strip()
    return found


def _splits(text: str) -> list[tuple[str, str, str]]:
    """The text parted at the sign that comes first."""
    return sorted((text.partition(":"), text.partition("=")), key=lambda parts: len(parts[0]))


def texts(value: Any) -> tuple[str, ...]:
    """Return a list of texts, none of them empty."""
    found = tuple(as_text(item, "name") for item in items_of(value))
    if "" in found:
        raise ValueError("must not be empty")
    return found


def optional_version(text: Any) -> str:
    """Return a version that can stand in a label, or nothing."""
    return version(text) if text else ""


def security_context(value: Any) -> dict[str, int]:
    """Read ``KEY=NUMBER`` (or ``KEY: NUMBER``) of who the processes of a pod are."""
    found = {}
    for key, text in options(value).items():
        if key not in ("runAsUser", "runAsGroup", "fsGroup"):
            raise ValueError(f"there is no {key!r}, only runAsUser, runAsGroup, fsGroup")
        if not (text.isascii() and text.isdigit() and len(text) < 11):
            raise ValueError(f"{key} must be a number, not {text!r}")
        found[key] = int(text)
    return found


SecurityContext = Annotated[dict[str, int], BeforeValidator(security_context), _PAIRS]
OptionalVersion = Annotated[str, BeforeValidator(optional_version)]
Texts = Annotated[tuple[str, ...], BeforeValidator(texts)]
Version = Annotated[str, BeforeValidator(version)]
ScratchFolders = Annotated[dict[str, str], BeforeValidator(scratch_folders), _PAIRS]
Expressions = Annotated[dict[str, str], BeforeValidator(expressions), _PAIRS]
ProbeOptions = Annotated[dict[str, str], BeforeValidator(options), _PAIRS]
CountOrShare = Annotated[str, BeforeValidator(count_or_share), WithJsonSchema({"type": ["string", "integer"]})]
