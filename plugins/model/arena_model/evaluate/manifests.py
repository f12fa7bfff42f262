"""From arguments to the Job of an evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arena_core.podspec import JobFacts, literal
from arena_model import onepod
from arena_model.evaluate.args import TOLD
from arena_model.evaluate.names import APP, CREATED_BY

if TYPE_CHECKING:
    from arena_core.contract.types import Manifest
    from arena_model.evaluate.args import EvaluateJobArgs

#: The label that the Job controller puts on a Job's pod: the Job's own uid.
_UID = "metadata.labels['batch.kubernetes.io/controller-uid']"


def build(args: EvaluateJobArgs) -> list[Manifest]:
    """Return the Job first, then what belongs to it. The program is told by variables what to do; they go before the user's own."""
    labels = {"modelName": args.model_name, "modelVersion": args.model_version}
    facts = JobFacts(APP, CREATED_BY, f"{APP}-0.0.1", total_gpus=args.gpus)
    found = onepod.build(args, facts, labels={key: value for key, value in labels.items() if value})
    (container,) = found[0]["spec"]["template"]["spec"]["containers"]
    told: list[dict[str, Any]] = [{"name": "JOB_ID", "valueFrom": {"fieldRef": {"fieldPath": _UID}}}]
    told += [{"name": name, "value": literal(getattr(args, field))} for field, name in TOLD.items() if getattr(args, field)]
    names = {one["name"] for one in told}
    container["env"] = [*told, *(one for one in container.get("env", ()) if one["name"] not in names)]
    return found
