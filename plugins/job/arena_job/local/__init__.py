"""JobSet inside the local cluster: what its controller and webhooks 0.12.0 do."""

from __future__ import annotations

from arena_job.local import webhook
from arena_job.local.controller import JobSetController
from arena_job.local.keys import JOBSETS
from arena_job.local.quota import QUOTA
from arena_local.sdk.bundle import Admission, Bundle
from arena_local.sdk.crds import load_crds

BUNDLE = Bundle(
    name="jobset",
    crds=lambda: load_crds("arena_job"),
    admission=(
        Admission("mjobset.kb.io", JOBSETS, ("CREATE",), mutate=webhook.default),
        Admission("vjobset.kb.io", JOBSETS, ("CREATE", "UPDATE"), validate=webhook.validate),
        Admission("mpod.kb.io", "pods", ("CREATE",), mutate=webhook.mark_pod),
    ),
    controllers=(JobSetController,),
    quota=(QUOTA,),
)
