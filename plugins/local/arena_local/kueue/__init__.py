"""Queues with quota that speak Kueue's objects.

``bundle(bundles)`` is Kueue itself as a bundle (CRDs, webhooks, controllers), made from the quota descriptors of the others; the
daemon appends it to the bundles before it builds the API server. ``build(ctx)`` keeps what ``Options.quota`` asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from arena_local.context import Component, Context
from arena_local.sdk.bundle import Api, Bundle, Controller, QuotaJob


def bundle(bundles: Sequence[Bundle]) -> Bundle:
    """Return Kueue as a bundle, for the job types of ``bundles`` and for batch/v1 Jobs."""
    from arena_local.kueue.integration import Integrations
    from arena_local.kueue.jobs import QueuedJobController
    from arena_local.kueue.pods.controller import PodController
    from arena_local.kueue.pods.webhooks import pod_webhooks
    from arena_local.kueue.queues import ClusterQueueController, FlavorController, LocalQueueController
    from arena_local.kueue.scheduler import SchedulerController
    from arena_local.kueue.versions import CONVERSIONS
    from arena_local.kueue.webhooks import job_webhooks, queue_webhooks
    from arena_local.kueue.workloads import WorkloadController
    from arena_local.sdk.crds import load_crds, load_effects

    integrations = Integrations(bundles)

    def job_controller(kind: QuotaJob) -> Callable[[Api], Controller]:
        return lambda api: QueuedJobController(api, integrations, kind)

    return Bundle(
        name="kueue",
        crds=lambda: load_crds("arena_local"),
        effects=lambda: load_effects("arena_local"),
        conversions=CONVERSIONS,
        admission=(
            *queue_webhooks(),
            *pod_webhooks(integrations),
            *(hook for kind in integrations.all for hook in job_webhooks(integrations, kind)),
        ),
        controllers=(
            ClusterQueueController,
            LocalQueueController,
            FlavorController,
            lambda api: WorkloadController(api, integrations),
            SchedulerController,
            lambda api: PodController(api, integrations),
            *(job_controller(kind) for kind in integrations.all),
        ),
    )


def build(ctx: Context) -> Component:
    """Return the component that applies ``Options.quota``."""
    from arena_local.kueue.defaults import Quota

    return Quota(ctx)


__all__ = ["build", "bundle"]
