"""What may be changed of a server of Seldon while it serves."""

from __future__ import annotations

import copy

from arena_core.args import flag
from arena_core.contract.errors import UsageError
from arena_core.contract.types import Manifest
from arena_serve.seldon.reading import CONTAINER
from arena_serve.update import ContainerUpdateArgs, change_template, merge_metadata


class SeldonUpdateArgs(ContainerUpdateArgs):
    """Flags of ``arena serve update seldon``."""

    replicas: int | None = flag(None, help="How many instances serve.", ge=1, often=True, paths=("spec.predictors[].replicas",))
    model_uri: str = flag("", help="Another place of the model.", group="Model", often=True, metavar="URI")


def updated(job: Manifest, args: SeldonUpdateArgs) -> Manifest:
    """Return the live object as the arguments change it; the one given stays as it is."""
    new = copy.deepcopy(job)
    merge_metadata(new, args)
    predictor = new["spec"]["predictors"][0]
    if args.replicas is not None:
        predictor["replicas"] = args.replicas
    if args.model_uri:
        if "modelUri" not in predictor["graph"]:
            raise UsageError(f"{job['metadata']['name']} serves an image of its own, so it has no --model-uri")
        predictor["graph"]["modelUri"] = args.model_uri
    for template in predictor.get("componentSpecs", ())[:1]:
        change_template(template, args, CONTAINER)
    return new
