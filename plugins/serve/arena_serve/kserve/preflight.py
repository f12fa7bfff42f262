"""What a server of KServe needs that only the cluster knows."""

from __future__ import annotations

from arena_core.contract.types import Lookup, Problem, Resource
from arena_serve import preflight
from arena_serve.autoscale import HPA
from arena_serve.kserve.args import KServeArgs
from arena_serve.kserve.manifests import MONITOR

CLAIM = Resource("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims")
NO_MONITOR = "nobody would read the metrics: this cluster serves no servicemonitors.monitoring.coreos.com"


def problems(args: KServeArgs, lookup: Lookup) -> list[Problem]:
    """Return what would keep the instances from starting, from being scaled or measured."""
    found = preflight.problems(args, lookup)
    if args.own_metric and lookup.serves(HPA) is False:
        found.append(Problem(preflight.NO_HPA, "scale_metric", "one of concurrency, rps, cpu, memory is KServe's own affair"))
    if args.enable_prometheus and lookup.serves(MONITOR) is False:
        found.append(Problem(NO_MONITOR, "enable_prometheus"))
    claim = args.storage_uri.removeprefix("pvc://").partition("/")[0] if args.storage_uri.startswith("pvc://") else ""
    if claim and lookup.exists(CLAIM, claim) is False:
        found.append(Problem(f"there is no claim {claim!r} in this namespace", "storage_uri"))
    return found
