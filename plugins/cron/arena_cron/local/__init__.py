"""KubeDL's Cron inside the local cluster: what its operator 0.5.0 does, for every kind that is served."""

from __future__ import annotations

from arena_cron.local.controller import KubedlCronController
from arena_local.sdk.bundle import Bundle
from arena_local.sdk.crds import load_crds, load_effects

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2

BUNDLE = Bundle(
    name="kubedl-cron",
    crds=lambda: load_crds("arena_cron"),
    effects=lambda: load_effects("arena_cron"),
    controllers=(KubedlCronController,),
)
