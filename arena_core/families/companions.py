"""The objects that belong to a job besides the job itself."""

from __future__ import annotations

from collections.abc import Mapping

from arena_core.args import JobArgs
from arena_core.contract.types import Manifest
from arena_core.families.args import SchedulingArgs
from arena_core.families.gangs import pod_group
from arena_core.families.tensorboard_objects import tensorboard
from arena_core.podspec import JobFacts, common_labels, config_maps


def gang_group(args: JobArgs, facts: JobFacts, min_member: int) -> list[Manifest]:
    """Return the PodGroup of ``--gang``, or nothing."""
    if not isinstance(args, SchedulingArgs) or not args.gang or min_member < 1:
        return []
    labels = common_labels(args, facts)
    return [pod_group(args.scheduler, facts.app, args.name, min_member, labels=labels, priority=args.priority)]


def companions(args: JobArgs, facts: JobFacts, *, min_member: int = 0, chief_labels: Mapping[str, str] | None = None) -> list[Manifest]:
    """Return what belongs to the job besides: ConfigMaps, PodGroup (``min_member`` 0: none), TensorBoard."""
    return config_maps(args, facts) + gang_group(args, facts, min_member) + tensorboard(args, facts, chief_labels or {})
