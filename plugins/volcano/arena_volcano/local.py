"""What Volcano brings to the local cluster: CRDs, webhooks, controllers, the gang scheduler, and its two queues."""

from __future__ import annotations

from collections.abc import Sequence

from arena_local.sdk.bundle import Admission, Bundle, Obj
from arena_local.sdk.crds import load_crds, load_effects
from arena_volcano.localcluster import cronjobs
from arena_volcano.localcluster.admission import jobs, queues
from arena_volcano.localcluster.groupcontroller import GroupController
from arena_volcano.localcluster.jobs.controller import JobController
from arena_volcano.localcluster.keys import DEFAULT_QUEUE, JOBS, POD_GROUPS, QUEUES, ROOT_QUEUE, SCHEDULER, SCHEDULING_API
from arena_volcano.localcluster.queuecontroller import QueueController
from arena_volcano.localcluster.scheduler.session import Scheduler

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2


def _first_queues() -> Sequence[Obj]:
    """Return the queues that Volcano makes when it starts."""
    return [
        {"apiVersion": SCHEDULING_API, "kind": "Queue", "metadata": {"name": ROOT_QUEUE}, "spec": {"weight": 1, "reclaimable": False}},
        {
            "apiVersion": SCHEDULING_API,
            "kind": "Queue",
            "metadata": {"name": DEFAULT_QUEUE},
            "spec": {"weight": 1, "reclaimable": True, "parent": ROOT_QUEUE},
        },
    ]


BUNDLE = Bundle(
    name="volcanojob",
    crds=lambda: load_crds("arena_volcano"),
    effects=lambda: load_effects("arena_volcano"),
    admission=(
        Admission("mutatejob.volcano.sh", JOBS, ("CREATE",), mutate=jobs.mutate_job),
        Admission("validatejob.volcano.sh", JOBS, validate=jobs.validate_job),
        Admission("without-command", JOBS, ("CREATE",), validate=jobs.tell_job),
        Admission("mutatecronjob.volcano.sh", cronjobs.CRON_JOBS, ("CREATE",), mutate=cronjobs.default),
        Admission("validatecronjob.volcano.sh", cronjobs.CRON_JOBS, validate=cronjobs.validate),
        Admission("mutatequeue.volcano.sh", QUEUES, ("CREATE",), mutate=queues.mutate_queue),
        Admission("validatequeue.volcano.sh", QUEUES, ("CREATE", "UPDATE", "DELETE"), validate=queues.validate_queue),
        Admission("mutatepodgroup.volcano.sh", POD_GROUPS, ("CREATE",), mutate=queues.mutate_pod_group),
        Admission("validatepodgroup.volcano.sh", POD_GROUPS, ("CREATE",), validate=queues.validate_pod_group),
        Admission("validatepod.volcano.sh", "pods", ("CREATE",), validate=queues.validate_pod),
    ),
    controllers=(JobController, cronjobs.controller, QueueController, GroupController, Scheduler),
    objects=_first_queues,
    schedulers=(SCHEDULER,),
)
