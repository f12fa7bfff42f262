"""SparkApplication inside the local cluster: its CRD is there, and whoever creates one is told that nothing would run it."""

from __future__ import annotations

from arena_local.sdk.bundle import Bundle
from arena_local.sdk.crds import load_crds, load_effects
from arena_local.sdk.nowhere import refusing

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2

BUNDLE = Bundle(
    name="sparkjob",
    crds=lambda: load_crds("arena_sparkjob"),
    effects=lambda: load_effects("arena_sparkjob"),
    admission=(
        refusing(
            "sparkapplications.sparkoperator.k8s.io",
            "there is no Spark here: the driver's image would bring it, and pods are processes of this machine; use a cluster with the "
            "Spark operator, or run spark-submit --master local[*] as a plain job",
        ),
    ),
)
