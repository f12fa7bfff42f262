"""How many instances there are by what they have to do: the flags, and the HorizontalPodAutoscaler made of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from arena_core.args import ArgsGroup, Quantity, flag
from arena_core.contract.types import Manifest, Problem, Resource

HPA = Resource("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers")
#: What a node measures itself; its target is a share of what the container requests.
MEASURED = ("cpu", "memory")
#: Kubernetes' own default for cpu.
TARGET = 80
#: A flag under each of the headings of help.
_autoscaling = partial(flag, group="Autoscaling", often=False)


class AutoscaleArgs(ArgsGroup):
    """Bounds, what is measured, and how much of it is meant for each instance."""

    min_replicas: int = _autoscaling(1, help="Fewest instances with --max-replicas.", ge=1, paths=("spec.minReplicas",))
    max_replicas: int = _autoscaling(
        0,
        help="Most instances: the cluster changes their number by what they have to do (0: it stays at --replicas).",
        ge=0,
        paths=("spec.maxReplicas",),
    )
    scale_metric: str = _autoscaling(
        "cpu",
        help="What decides: cpu, memory, or a metric of the pods by its name.",
        metavar="METRIC",
        min_length=1,
        paths=("spec.metrics",),
    )
    scale_target: Quantity = _autoscaling(
        "",
        help="How much of it is meant for each instance: percent of what is requested, of a metric of the pods its value.",
        default_text="80 percent",
        metavar="N",
        paths=("spec.metrics",),
    )

    def requested(self, metric: str) -> str:
        """How much cpu or memory each instance requests."""
        return str(getattr(self, metric, ""))

    def rules(self) -> Iterator[Problem]:
        """Bounds are in order, and what is measured can be."""
        yield from super().rules()
        if not self.max_replicas:
            for field in ("min_replicas", "scale_metric", "scale_target"):
                if getattr(self, field) != type(self).model_fields[field].default:
                    yield Problem("has no effect without --max-replicas", field)
            return
        if self.max_replicas < self.min_replicas:
            yield Problem(f"{self.max_replicas} is less than --min-replicas {self.min_replicas}", "max_replicas")
        if self.scale_metric in MEASURED:
            if not self.requested(self.scale_metric):
                hint = f"give one with --{self.scale_metric}"
                yield Problem(f"a share of {self.scale_metric} is measured against what is requested, and nothing is", "scale_metric", hint)
            if self.scale_target and not (self.scale_target.isdigit() and int(self.scale_target) > 0):
                yield Problem(f"{self.scale_target!r} is no share in percent (80)", "scale_target")
        elif not self.scale_target:
            yield Problem(f"how much {self.scale_metric} is meant for an instance?", "scale_target", "a number, such as 100")


def autoscaler(args: AutoscaleArgs, target: Manifest) -> list[Manifest]:
    """Return the autoscaler of a workload, or nothing where its size is fixed."""
    if not args.max_replicas:
        return []
    meta = target["metadata"]
    spec: dict[str, Any] = {
        "scaleTargetRef": {"apiVersion": target["apiVersion"], "kind": target["kind"], "name": meta["name"]},
        "minReplicas": args.min_replicas,
        "maxReplicas": args.max_replicas,
        "metrics": [_metric(args)],
    }
    metadata = {"name": meta["name"], "labels": dict(meta["labels"])}
    return [{"apiVersion": HPA.api_version, "kind": HPA.kind, "metadata": metadata, "spec": spec}]


def _metric(args: AutoscaleArgs) -> dict[str, Any]:
    if args.scale_metric in MEASURED:
        wanted = {"type": "Utilization", "averageUtilization": int(args.scale_target or TARGET)}
        return {"type": "Resource", "resource": {"name": args.scale_metric, "target": wanted}}
    value = {"type": "AverageValue", "averageValue": args.scale_target}
    return {"type": "Pods", "pods": {"metric": {"name": args.scale_metric}, "target": value}}
