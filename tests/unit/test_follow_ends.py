"""How a log that was followed ends where its job was deleted."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from arena_core.contract.errors import NotFound
from arena_core.kube.logs import Incomplete
from arena_core.usecases.follow import Follow
from arena_core.usecases.verdict import Standing


def ended(gone: float | None, *gaps: str) -> Any:
    follow: Any = object.__new__(Follow)
    follow._handle = SimpleNamespace(job_type=SimpleNamespace(name="dummy"))
    follow._name, follow._standing = "j", Standing(gone=gone)
    follow._opener = SimpleNamespace(tracks=[SimpleNamespace(gaps=list(gaps))])
    return follow


def test_that_the_job_was_deleted_is_said_before_what_is_missing_for_it() -> None:
    with pytest.raises(NotFound, match=r"^dummy j was deleted while its log was followed, and lines are missing of w \(removed\)$"):
        ended(1.0, "w (removed)")._conclude()
    with pytest.raises(NotFound, match=r"^dummy j was deleted while its log was followed$"):
        ended(1.0)._conclude()
    with pytest.raises(Incomplete, match="lines are missing of w"):
        ended(None, "w (removed)")._conclude()
