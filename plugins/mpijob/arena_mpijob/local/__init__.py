"""MPIJob inside the local cluster: what the MPI Operator 0.8.0 does. Loaded by the daemon alone."""

from __future__ import annotations

from arena_local.sdk.bundle import Bundle
from arena_local.sdk.crds import load_crds, load_effects
from arena_mpijob.local.controller import MPIJobController
from arena_mpijob.local.quota import QUOTA

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2

BUNDLE = Bundle(
    name="mpijob",
    crds=lambda: load_crds("arena_mpijob"),
    effects=lambda: load_effects("arena_mpijob"),
    controllers=(MPIJobController,),
    quota=(QUOTA,),
)
