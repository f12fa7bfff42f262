"""What a person may say of an InferenceService."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar, Literal

from arena_core.args import ArgsGroup, field_validator, flag
from arena_core.contract.types import Problem
from arena_serve.args import ProbeArgs
from arena_serve.form import Start
from arena_serve.kserve.names import METRICS
from arena_serve.values import OptionalVersion, SecurityContext

#: Where a model may come from; KServe's own list.
STORAGE = ("gs://", "s3://", "pvc://", "file://", "https://", "http://", "hdfs://", "webhdfs://", "oci://", "hf://", "az://", "abfs://")
#: A flag under each of the headings of help.
_autoscaling = partial(flag, group="Autoscaling")


def _text(help: str, **more: Any) -> Any:
    return flag("", help=help, group="Model", **more)


class ScalingArgs(ArgsGroup):
    """How many instances there are, by what they have to do, and how requests are parted."""

    max_replicas: int = _autoscaling(0, help="Most instances (0: KServe's own choice).", ge=0, paths=("spec.predictor.maxReplicas",))
    scale_metric: str = _autoscaling(
        "",
        help="What decides: concurrency, rps, cpu, memory, or a metric of the pods by its name.",
        metavar="METRIC",
        paths=("spec.predictor.scaleMetric",),
    )
    scale_target: int = _autoscaling(0, help="How much of it is meant for each instance.", ge=0, paths=("spec.predictor.scaleTarget",))
    container_concurrency: int = _autoscaling(0, help="Most requests at a time for each instance (0: any number).", ge=0)
    timeout_seconds: int = flag(
        0, help="Seconds for a request to be answered (0: KServe's own).", ge=0, name="request-timeout", group="Traffic"
    )
    canary_traffic_percent: int = flag(
        -1,
        help="Share of the requests for the newest revision; the one before gets the rest (-1: all for the newest).",
        ge=-1,
        le=100,
        group="Traffic",
        metavar="PERCENT",
        paths=("spec.predictor.canaryTrafficPercent",),
    )

    @property
    def own_metric(self) -> bool:
        """Whether it is a metric that KServe does not know."""
        return bool(self.scale_metric) and self.scale_metric not in METRICS


class KServeArgs(ScalingArgs, ProbeArgs):
    """Flags of ``arena serve kserve``."""

    #: KServe labels pods with ``isvc.NAME-predictor``.
    RELEASE_MAX: ClassVar[int] = 48
    NAME_MAX: ClassVar[int] = 48
    REQUIRES_IMAGE: ClassVar[bool] = False

    version: OptionalVersion = flag(
        "", help="Label the server with a version; KServe counts its revisions itself.", metavar="VERSION", old=("servingVersion",)
    )
    model_format: str = _text(
        "Format of the model, sklearn or pytorch:2: a runtime of the cluster serves it.", often=True, metavar="NAME[:VERSION]"
    )
    runtime: str = _text("ServingRuntime that serves it, where there are several.", metavar="NAME")
    storage_uri: str = _text("Where the model is (s3://..., pvc://CLAIM/PATH, hf://...).", often=True, metavar="URI")
    runtime_version: str = _text("Version of the runtime.", metavar="VERSION")
    protocol_version: Literal["", "v1", "v2", "grpc-v1", "grpc-v2"] = _text("Protocol that the runtime speaks.")
    port: int = flag(0, help="Port of the container (0: KServe's own, 8080).", ge=0, le=65535, often=True, metavar="PORT")
    min_replicas: int = _autoscaling(
        1, help="Fewest instances; 0 lets them go when nobody asks (with Knative).", ge=0, often=True, paths=("spec.predictor.minReplicas",)
    )
    security_context: SecurityContext = flag({}, help="runAsUser, runAsGroup or fsGroup of the pods; repeatable.", metavar="KEY=NUMBER")
    affinity_policy: Literal["none", "spread", "binpack"] = flag("none", help="Whether instances go to different nodes, or to the same.")
    affinity_constraint: Literal["preferred", "required"] = flag("preferred", help="How strictly.")
    enable_prometheus: bool = flag(False, help="Let Prometheus read the metrics of the instances.", group="Metrics")
    metrics_port: int = flag(8080, help="Port of the metrics, with --enable-prometheus.", ge=1, le=65535, group="Metrics")

    @field_validator("model_format")
    @classmethod
    def _check_format(cls, text: str) -> str:
        name, sign, version = text.partition(":")
        if text and (not name or (sign and not version)):
            raise ValueError(f"{text!r} is not of the form NAME[:VERSION]")
        return text

    @property
    def release(self) -> str:
        """The name alone: KServe keeps the versions of a server in one object."""
        return self.name

    @property
    def start(self) -> Start:
        """The one port of the container."""
        return Start(ports=(("http1", self.port),) if self.port else ())

    def rules(self) -> Iterator[Problem]:
        """There is something to serve, and bounds are in order."""
        yield from super().rules()
        if not self.model_format and not self.image:
            yield Problem("what is to be served?", "model_format", "the format of a model, or --image with a server of your own")
        for field in ("runtime", "storage_uri", "runtime_version", "protocol_version"):
            if getattr(self, field) and not self.model_format:
                yield Problem("is for a model of a known format", field, "give --model-format")
        if self.storage_uri and not (self.storage_uri.partition("://")[0].isalnum() and "://" in self.storage_uri):
            yield Problem(f"{self.storage_uri!r} is no URI", "storage_uri", f"one of {', '.join(STORAGE)}...")
        if self.max_replicas and self.max_replicas < self.min_replicas:
            yield Problem(f"{self.max_replicas} is less than --min-replicas {self.min_replicas}", "max_replicas")
        if self.scale_target and not self.scale_metric:
            yield Problem("of what?", "scale_target", "say it with --scale-metric")
        if self.own_metric and not (self.max_replicas and self.scale_target):
            yield Problem(f"{self.scale_metric} needs --max-replicas and --scale-target", "scale_metric")
        if self.affinity_constraint == "required" and self.affinity_policy == "none":
            yield Problem("has no effect without --affinity-policy", "affinity_constraint")

    def notes(self) -> Iterator[str]:
        """What does not do what it seems to."""
        yield from super().notes()
        if self.metrics_port != 8080 and not self.enable_prometheus:
            yield "--metrics-port has no effect without --enable-prometheus"
