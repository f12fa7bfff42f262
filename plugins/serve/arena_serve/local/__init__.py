"""Servers inside the local cluster: what the controllers of LeaderWorkerSet and KServe do. Loaded by the daemon alone."""

from __future__ import annotations

from arena_local.sdk.bundle import Bundle
from arena_local.sdk.crds import load_crds, load_effects
from arena_serve.local.isvc import admission as isvc
from arena_serve.local.isvc.controller import InferenceServiceController
from arena_serve.local.lws import admission as lws
from arena_serve.local.lws.controller import LeaderWorkerSetController

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2

BUNDLE = Bundle(
    name="serve",
    crds=lambda: load_crds("arena_serve"),
    effects=lambda: load_effects("arena_serve"),
    admission=(*lws.WEBHOOKS, *isvc.WEBHOOKS),
    controllers=(LeaderWorkerSetController, InferenceServiceController),
)
