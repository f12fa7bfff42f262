"""The list of the controllers that every Kubernetes cluster has."""

from __future__ import annotations

from collections.abc import Sequence

from arena_local.controllers.cronjob import cronjob_controller
from arena_local.controllers.deployment import DeploymentController
from arena_local.controllers.endpoints import EndpointsController
from arena_local.controllers.job import JobController, TtlController
from arena_local.controllers.replicaset import ReplicaSetController
from arena_local.controllers.resourcequota import QuotaController
from arena_local.sdk.bundle import Api, Controller


def builtin_controllers(api: Api) -> Sequence[Controller]:
    """Return the built-in controllers."""
    return (
        JobController(api),
        TtlController(api),
        cronjob_controller(api),
        ReplicaSetController(api),
        DeploymentController(api),
        EndpointsController(api),
        QuotaController(api),
    )
