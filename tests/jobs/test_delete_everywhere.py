"""``delete -A -l``: jobs with a label, wherever they are (F7)."""

from __future__ import annotations

from typing import Any

import pytest

from arena_core.contract.errors import UsageError


def test_jobs_of_all_namespaces_are_deleted_by_label(arena: Any, make: Any, local_cluster: Any) -> None:
    mark = f"everywhere-{arena.namespace}"[:60]
    other = local_cluster.namespace("elsewhere")
    for namespace in (arena.namespace, other):
        arena.submit("dummy", make("one", "sleep 60", labels={"mark": mark}), namespace=namespace)
    arena.submit("dummy", make("kept", "sleep 60"))
    with pytest.raises(UsageError, match="only with a selector"):
        arena.delete("one", all_namespaces=True)
    gone = arena.delete(selector=f"mark={mark}", all_namespaces=True, wait="job")
    assert sorted((d.namespace, d.name, d.ok) for d in gone) == sorted((n, "one", True) for n in (arena.namespace, other))
    assert [job.name for job in arena.list().jobs] == ["kept"]
    assert not arena.list(namespace=other).jobs
    arena.delete("kept")
