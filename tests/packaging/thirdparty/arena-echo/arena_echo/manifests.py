"""From arguments to a Job."""

from __future__ import annotations

import shlex

from arena_core.contract.types import Manifest
from arena_core.families.companions import companions
from arena_core.podspec import JobFacts, Role, job_metadata, pod_template
from arena_echo.args import EchoArgs


def build(args: EchoArgs) -> list[Manifest]:
    """Return an indexed Job."""
    if args.say:
        line = f"for i in $(seq {args.times}); do printf '%s\\n' {shlex.quote(args.say)}; done"
        args = args.model_copy(update={"command": (line,)})
    facts = JobFacts(app="echojob", created_by="EchoJob", chart="echojob-1.2.0", workers=args.workers, total_gpus=args.workers * args.gpus)
    template = pod_template(args, facts, Role(container="echo", restart_policy="Never"))
    spec = {"parallelism": args.workers, "completions": args.workers, "completionMode": "Indexed", "backoffLimit": args.retry}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": job_metadata(args, facts), "spec": {**spec, "template": template}}
    return [job, *companions(args, facts)]
