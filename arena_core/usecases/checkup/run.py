"""The whole check: the areas one after the other, each of one or a few requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from arena_core.contract.errors import PluginError
from arena_core.usecases.checkup import checks
from arena_core.usecases.findings import Row
from arena_core.usecases.session import Session


def check(session: Session, job_type: str = "") -> list[Row]:
    """Return what was found; raises only where the cluster cannot be reached. With a type only what that one needs."""
    rows: list[Row] = [*checks.cluster(session)]
    handles, broken = ([session.handle(job_type)], {}) if job_type else session.job_types()
    rows += [_broken(name, error) for name, error in broken.items()]
    areas: Sequence[Callable[[], list[Row]]] = (
        lambda: checks.kinds(session, handles),
        lambda: checks.operators(session, handles),
        lambda: checks.rights(session, handles),
        lambda: checks.queues(session),
        lambda: checks.nodes(session),
    )
    for area in areas:
        rows += area()
    return rows


def _broken(name: str, error: PluginError) -> Row:
    return Row("job types", name, "missing", error.message, error.hint or "`arena plugins check` says more")
