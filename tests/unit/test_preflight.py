"""A gang that the cluster cannot schedule is refused before anything is created."""

from __future__ import annotations

from typing import Any

import pytest

from arena_core.args import parse
from arena_core.families.args import SubmitArgs
from arena_core.families.preflight import gang_problems

VOLCANO, COSCHEDULING = "podgroups.scheduling.volcano.sh", "podgroups.scheduling.x-k8s.io"


class Cluster:
    """Serves some kinds; of the others it is known or unknown."""

    def __init__(self, *served: str, known: bool = True) -> None:
        self.served = served
        self.known = known

    def serves(self, resource: Any) -> bool | None:
        return True if f"{resource.plural}.{resource.group}" in self.served else False if self.known else None


def asked(cluster: Cluster, **more: Any) -> list[tuple[str, str, str]]:
    args = parse(SubmitArgs, {"name": "x", "image": "i", "command": "true", **more})
    return [(p.field, p.message, p.hint) for p in gang_problems(args, cluster)]  # type: ignore[arg-type]


@pytest.mark.parametrize("scheduler", ["", "volcano", "my-scheduler"])
def test_no_problem(scheduler: str) -> None:
    assert asked(Cluster(), scheduler=scheduler) == [], "no gang was asked for"
    assert asked(Cluster(VOLCANO, COSCHEDULING), gang=True, scheduler=scheduler) == []
    assert asked(Cluster(known=False), gang=True, scheduler=scheduler) == [], "who may not ask is told by the cluster itself"


def test_the_other_scheduler_is_offered_where_it_is_there() -> None:
    ((field, message, hint),) = asked(Cluster(VOLCANO), gang=True)
    assert field == "gang"
    assert COSCHEDULING in message
    assert "--scheduler volcano" in hint and "install" not in hint
    ((_, _, hint),) = asked(Cluster(), gang=True)
    assert "install" in hint
    ((_, message, hint),) = asked(Cluster(COSCHEDULING), gang=True, scheduler="volcano")
    assert VOLCANO in message and "install Volcano" in hint
