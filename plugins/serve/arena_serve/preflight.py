"""What a server needs that only the cluster knows: claims, the priority class, Secrets, and that no other Service has its name."""

from __future__ import annotations

from typing import Any

from arena_core.contract.types import Lookup, Problem
from arena_core.families.preflight import claim_problems, env_problems, priority_problems
from arena_serve.autoscale import HPA, AutoscaleArgs

NO_HPA = "this cluster does not scale by itself: it serves no horizontalpodautoscalers.autoscaling"


def problems(args: Any, lookup: Lookup) -> list[Problem]:
    """Return what would keep the server's instances from starting."""
    found = [*claim_problems(args, lookup), *priority_problems(args, lookup), *env_problems(args, lookup)]
    if isinstance(args, AutoscaleArgs) and args.max_replicas and lookup.serves(HPA) is False:
        found.append(Problem(NO_HPA, "max_replicas", "leave it out; `arena serve scale` changes the size"))
    return found
