"""Which contract a plugin was written for: a constant of the module that its entry point names, read before anything else of it."""

from __future__ import annotations

from arena_core.records import record
from arena_core.typed import Any

#: The version that this program speaks; ``ARENA_CONTRACT`` of every module that an entry point names.
CONTRACT_VERSION = 2
CONSTANT = "ARENA_CONTRACT"
#: What an author has to change, by entry-point group.
_CHANGES = {
    "arena.jobs": "arena_job_status, arena_explain and arena_log_sources take `view` (a JobView), arena_related replaces JobType.related",
}


@record
class Mismatch:
    """Why a module is refused: a word for tables, the sentence, and what to do."""

    word: str
    reason: str
    hint: str


def mismatch(module: Any, group: str, distribution: str) -> Mismatch | None:
    """Return why a module cannot be used with this version, or None where it can.

    >>> from types import SimpleNamespace
    >>> mismatch(SimpleNamespace(ARENA_CONTRACT=2), "arena.jobs", "arena-x") is None
    True
    >>> mismatch(SimpleNamespace(ARENA_CONTRACT=3), "arena.jobs", "arena-x").word
    'too new'
    """
    said = getattr(module, CONSTANT, 1)
    if said == CONTRACT_VERSION and type(said) is int:
        return None
    if type(said) is not int:
        return Mismatch("broken", f"its {CONSTANT} is {said!r}, not a number", f"set {CONSTANT} = {CONTRACT_VERSION} in its module")
    if said > CONTRACT_VERSION:
        reason = f"was written for contract {said}; this arena speaks {CONTRACT_VERSION}"
        return Mismatch("too new", reason, "update arena-core, or install an older version of the plugin")
    changes = f"{_CHANGES[group]}; then" if group in _CHANGES else "its author has to"
    reason = f"was written for contract {said}; this arena speaks {CONTRACT_VERSION}"
    return Mismatch("too old", reason, f"update {distribution}; to convert it: {changes} set {CONSTANT} = {CONTRACT_VERSION} in its module")
