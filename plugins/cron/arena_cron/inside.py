"""The job that a cron makes, as its own type builds it, and what stands beside the cron for all of them. Pure."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from arena_core.contract.types import JobHandle, Jobs, Manifest
from arena_core.families.tensorboard import MARK
from arena_core.k8s.path import get
from arena_core.podspec import JobFacts, job_metadata
from arena_cron import names
from arena_cron.args import ScheduleArgs
from arena_cron.model import handle_of


class Inside(NamedTuple):
    """The type, the job without a name of its own, and the other objects, which are there once."""

    handle: JobHandle
    job: Manifest
    others: Sequence[Manifest]
    #: What the cron is to say in the job's place: that there is a TensorBoard, one for all jobs.
    notes: Mapping[str, str]


def inside(args: ScheduleArgs, jobs: Jobs, only: str = "") -> Inside:
    """Return what is made, labelled as this cron's."""
    handle = handle_of(getattr(args, "cron_type", ""), jobs, only)
    given: Any = args
    # Patches are of what is created: the cron, in which the job stands.
    job, *others = copy.deepcopy(handle.build_manifests(given.model_copy(update={"patches": ()}) if given.patches else given))
    mark = {names.CRON: _name(args)}
    templates = [get(job, found.path) for found in handle.pod_sets(job, "quota")]
    for template in templates:
        if isinstance(template, dict):
            _label(template, mark)
    _label(job, {**mark, names.CREATED_BY: names.CREATOR})
    job["metadata"].pop("name", None)
    board = (job["metadata"].get("annotations") or {}).pop(MARK, "")
    return Inside(handle, job, others, {MARK: board} if board else {})


def metadata(args: ScheduleArgs, made: Inside, chart: str) -> dict[str, Any]:
    """Return the metadata of the cron itself."""
    given: Any = args
    found = job_metadata(given, JobFacts("cron", names.CREATOR, chart))
    found["labels"] = {key: value for key, value in found["labels"].items() if not key.startswith("kueue.x-k8s.io/")}
    found["annotations"] = {**found.get("annotations", {}), **made.notes, names.TYPE: made.handle.job_type.name}
    return found


def _name(args: ScheduleArgs) -> str:
    given: Any = args
    return str(given.name)


def _label(obj: dict[str, Any], more: dict[str, str]) -> None:
    metadata = obj.setdefault("metadata", {})
    metadata["labels"] = {**(metadata.get("labels") or {}), **more}
