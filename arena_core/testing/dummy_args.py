"""Arguments and objects of the job type ``dummy``."""

from __future__ import annotations

from arena_core.args import CpuMemoryArgs, SharedMemoryArgs
from arena_core.contract.types import Manifest
from arena_core.families.args import SubmitArgs
from arena_core.families.companions import companions
from arena_core.podspec import JobFacts, Role, job_metadata, pod_template
from arena_core.testing.dummy_names import CONTAINER, INDEX, JOB_NAME, RESOURCE


class DummyArgs(CpuMemoryArgs, SharedMemoryArgs, SubmitArgs):
    """Arena's common flags, cpu, memory and the size of /dev/shm."""


def build(args: DummyArgs) -> list[Manifest]:
    """Return an indexed Job with one pod per worker, and what belongs to it."""
    facts = JobFacts(app="dummy", created_by="Dummy", chart="dummy-0.1.0", workers=args.workers, total_gpus=args.workers * args.gpus)
    role = Role(container=CONTAINER, cpu=args.cpu, memory=args.memory, restart_policy="Never")
    job: Manifest = {
        "apiVersion": RESOURCE.api_version,
        "kind": RESOURCE.kind,
        "metadata": job_metadata(args, facts),
        "spec": {
            "parallelism": args.workers,
            "completions": args.workers,
            "completionMode": "Indexed",
            "backoffLimit": args.retry,
            "template": pod_template(args, facts, role, min_member=args.workers),
        },
    }
    chief = {JOB_NAME: args.name, INDEX: "0"}
    return [job, *companions(args, facts, min_member=args.workers, chief_labels=chief)]
