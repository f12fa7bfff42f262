"""RayJob and RayCluster inside the local cluster: what KubeRay 1.7.0 does. Loaded by the daemon alone."""

from __future__ import annotations

from arena_local.sdk.bundle import Bundle
from arena_local.sdk.crds import load_crds, load_effects
from arena_rayjob.local import quota
from arena_rayjob.local.raycluster import RayClusterController
from arena_rayjob.local.rayjob import RayJobController

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2

BUNDLE = Bundle(
    name="rayjob",
    crds=lambda: load_crds("arena_rayjob"),
    effects=lambda: load_effects("arena_rayjob"),
    admission=quota.ADMISSION,
    controllers=(RayJobController, RayClusterController),
    quota=(quota.JOB, quota.RAYCLUSTER),
)
