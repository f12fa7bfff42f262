"""What a server needs that only the cluster knows: claims, the priority class, Secrets, and that no other Service has its name."""

from __future__ import annotations

from typing import Any

from arena_core.contract.types import Lookup, Problem, Resource
from arena_core.families.preflight import claim_problems, priority_problems
from arena_serve.autoscale import HPA, AutoscaleArgs

NO_HPA = "this cluster does not scale by itself: it serves no horizontalpodautoscalers.autoscaling"
SECRET = Resource("", "v1", "Secret", "secrets")


def problems(args: Any, lookup: Lookup) -> list[Problem]:
    """Return what would keep the server's instances from starting."""
    missing = [name for name in dict.fromkeys(args.env_from_secret.values()) if lookup.exists(SECRET, name) is False]
    secrets = [Problem(f"there is no Secret {name!r} in this namespace", "env_from_secret") for name in missing]
    found = [*claim_problems(args, lookup), *priority_problems(args, lookup), *secrets]
    if isinstance(args, AutoscaleArgs) and args.max_replicas and lookup.serves(HPA) is False:
        found.append(Problem(NO_HPA, "max_replicas", "leave it out; `arena serve scale` changes the size"))
    return found
