"""Names of pods that the operator needs and somebody else may have. Read-only."""

from __future__ import annotations

from arena_core.contract.types import Lookup, Problem
from arena_core.families.preflight import pod_name_problems
from arena_tfjob.args import TFJobArgs
from arena_tfjob.manifests import build
from arena_tfjob.status import KIND


def name_problems(args: TFJobArgs, lookup: Lookup) -> list[Problem]:
    """Return a problem where the first pod of a role is there already."""
    job = build(args)[0]
    return pod_name_problems(job, KIND.pod_sets(job), lookup)
