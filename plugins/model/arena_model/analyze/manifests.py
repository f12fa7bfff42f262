"""From arguments to the Job of an analysis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arena_core.podspec import JobFacts
from arena_model import onepod
from arena_model.analyze.names import APP, CREATED_BY

if TYPE_CHECKING:
    from arena_core.contract.types import Manifest
    from arena_model.analyze.args import ModelJobArgs


def build(args: ModelJobArgs) -> list[Manifest]:
    """Return the Job first, then what belongs to it."""
    model = {"modelName": args.model_name} if args.model_name else {}
    facts = JobFacts(APP, CREATED_BY, f"{APP}-0.0.1", total_gpus=args.gpus)
    return onepod.build(args, facts, labels={"type": args.task, **model})
