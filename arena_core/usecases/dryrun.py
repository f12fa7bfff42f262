"""What a dry run is: nothing at all, only building, or a try that the cluster checks. Decided in one place, for words of a user's."""

from __future__ import annotations

from arena_core.contract.errors import UsageError
from arena_core.typed import Literal

DryRun = Literal["", "client", "server"]

#: What a user writes → what it is.
_WORDS: dict[str, DryRun] = {"": "", "none": "", "client": "client", "server": "server"}


def dry_run_of(word: str) -> DryRun:
    """Return the kind of dry run; raises ``UsageError``: a misspelt one would be done for real."""
    if word not in _WORDS:
        raise UsageError(f"dry_run is client or server, not {word}")
    return _WORDS[word]
