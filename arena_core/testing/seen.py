"""A job as its hooks see it, made from whatever a test has at hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from arena_core.contract.types import JobView


def seen(job: Any, pods: Iterable[Any] | None = (), related: Iterable[Any] | None = ()) -> JobView:
    """Return the view of a job; None for ``pods`` or ``related`` says that nobody has read them.

    >>> seen({"kind": "Job"}, None).pods is None, seen({"kind": "Job"}).pods
    (True, ())
    """
    return JobView(job, None if pods is None else tuple(pods), None if related is None else tuple(related))
