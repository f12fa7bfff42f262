"""What may be changed of a server of KServe while it serves."""

from __future__ import annotations

import copy
from collections.abc import Iterator

from arena_core.args import flag
from arena_core.contract.errors import UsageError
from arena_core.contract.types import Manifest, Problem
from arena_serve.kserve.args import ScalingArgs
from arena_serve.kserve.manifests import scaling
from arena_serve.kserve.names import CONTAINER
from arena_serve.update import ContainerUpdateArgs, change_template, merge_metadata


class KServeUpdateArgs(ScalingArgs, ContainerUpdateArgs):
    """Flags of ``arena serve update kserve``."""

    min_replicas: int | None = flag(None, help="Fewest instances.", ge=0, often=True, group="Autoscaling")
    storage_uri: str = flag("", help="Another place of the model.", group="Model", often=True, metavar="URI")
    runtime_version: str = flag("", help="Another version of the runtime.", group="Model", metavar="VERSION")

    def rules(self) -> Iterator[Problem]:
        """A metric of one's own is nothing that an update brings."""
        yield from super().rules()
        if self.own_metric:
            yield Problem(f"{self.scale_metric} is not one of KServe's: start the server anew with it", "scale_metric")


def updated(job: Manifest, args: KServeUpdateArgs) -> Manifest:
    """Return the live object as the arguments change it; the one given stays as it is."""
    new = copy.deepcopy(job)
    merge_metadata(new, args)
    predictor = new["spec"]["predictor"]
    predictor |= scaling(args)
    if args.min_replicas is not None:
        predictor["minReplicas"] = args.min_replicas
    model = predictor.get("model")
    fields = {"storageUri": args.storage_uri, "runtimeVersion": args.runtime_version}
    if given := {key: value for key, value in fields.items() if value}:
        if model is None:
            raise UsageError(f"{job['metadata']['name']} serves no model of a known format, so it has no {', '.join(given)}")
        model |= given
    if not (model or predictor.get("containers")):
        return new
    # The predictor is a pod's spec, and a model stands there in place of its container.
    template = {"metadata": {}, "spec": {**predictor, "containers": [model] if model else predictor["containers"]}}
    change_template(template, args.model_copy(update={"labels": {}, "annotations": {}}), CONTAINER)
    spec = template["spec"]
    (spec.pop("containers") if model else None)
    new["spec"]["predictor"] = spec
    return new
