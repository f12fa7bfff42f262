"""TrainingJob inside the local cluster: its CRDs are there, and whoever creates one is told that nothing would run it."""

from __future__ import annotations

from arena_local.sdk.bundle import Bundle
from arena_local.sdk.crds import load_crds, load_effects
from arena_local.sdk.nowhere import refusing

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2

WHY = (
    "workers would wait for ssh on a port of their own, and pods share this machine's; use a cluster with the et-operator, or `arena "
    "submit mpijob`, which runs mpirun here"
)

BUNDLE = Bundle(
    name="etjob",
    crds=lambda: load_crds("arena_etjob"),
    effects=lambda: load_effects("arena_etjob"),
    admission=tuple(refusing(f"{plural}.kai.alibabacloud.com", WHY) for plural in ("trainingjobs", "scaleins", "scaleouts")),
)
