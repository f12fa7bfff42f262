"""The env plugin: the pod's index within its task."""

from __future__ import annotations

from arena_local.sdk.bundle import Obj
from arena_volcano.localcluster.keys import TASK_INDEX, meta
from arena_volcano.localcluster.plugins.base import Plugin, add_env, all_containers, variable


def _pod(job: Obj, pod: Obj, given: list[str]) -> None:
    index = meta(pod)["annotations"][TASK_INDEX]
    for container in all_containers(pod):
        add_env(container, variable("VK_TASK_INDEX", index), variable("VC_TASK_INDEX", index))


PLUGIN = Plugin("env", pod=_pod)
