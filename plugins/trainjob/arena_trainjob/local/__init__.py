"""TrainJob inside the local cluster: what Kubeflow Trainer 2.2.1 does. Loaded by the daemon alone; JobSet does the rest."""

from __future__ import annotations

from arena_local.sdk.bundle import Admission, Bundle
from arena_local.sdk.crds import load_crds, load_effects
from arena_trainjob.local import admission
from arena_trainjob.local.controller import TrainJobController
from arena_trainjob.local.inuse import ClusterRuntimeInUse, RuntimeInUse
from arena_trainjob.local.names import TRAINJOBS
from arena_trainjob.local.quota import QUOTA
from arena_trainjob.local.runtimes import shipped

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2

BUNDLE = Bundle(
    name="trainjob",
    crds=lambda: load_crds("arena_trainjob"),
    effects=lambda: load_effects("arena_trainjob"),
    admission=(
        Admission("defaulter.trainjob.trainer.kubeflow.org", TRAINJOBS, ("CREATE", "UPDATE"), mutate=admission.default),
        Admission("validator.trainjob.trainer.kubeflow.org", TRAINJOBS, ("CREATE", "UPDATE"), validate=admission.validate),
    ),
    controllers=(TrainJobController, ClusterRuntimeInUse, RuntimeInUse),
    quota=(QUOTA,),
    objects=shipped,
)
