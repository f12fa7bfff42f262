"""JobSet inside the local cluster: what its controller and webhooks 0.12.0 do."""

from __future__ import annotations

from arena_job.local import defaults, validation
from arena_job.local.controller import JobSetController
from arena_job.local.keys import JOBSETS
from arena_job.local.quota import QUOTA
from arena_local.sdk.bundle import Admission, Bundle
from arena_local.sdk.crds import load_crds, load_effects

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2

BUNDLE = Bundle(
    name="jobset",
    crds=lambda: load_crds("arena_job"),
    effects=lambda: load_effects("arena_job"),
    admission=(
        Admission("mjobset.kb.io", JOBSETS, ("CREATE",), mutate=defaults.default),
        Admission("vjobset.kb.io", JOBSETS, ("CREATE", "UPDATE"), validate=validation.validate),
        Admission("mpod.kb.io", "pods", ("CREATE",), mutate=defaults.mark_pod),
    ),
    controllers=(JobSetController,),
    quota=(QUOTA,),
)
