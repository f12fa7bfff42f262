"""From arguments to an InferenceService and what stands beside it: plain dicts, made by pure functions."""

from __future__ import annotations

from typing import Any

from arena_core.contract.types import Manifest, Resource
from arena_core.families.companions import companions
from arena_core.podspec import JobFacts, Role, common_labels, job_annotations, preferred, required
from arena_serve import names
from arena_serve.autoscale import HPA
from arena_serve.deployment import labels_of, named_after_release, server_template
from arena_serve.form import Form
from arena_serve.kserve.args import KServeArgs, ScalingArgs
from arena_serve.kserve.names import AUTOSCALER, CONTAINER, LABEL, RESOURCE, SCRAPED, predictor

KIND = "kserve"
FORM = Form(KIND, KIND, CONTAINER, f"{KIND}-0.1.0")
MONITOR = Resource("monitoring.coreos.com", "v1", "ServiceMonitor", "servicemonitors")
_AFFINITY = {"spread": "podAntiAffinity", "binpack": "podAffinity"}


def build(args: KServeArgs) -> list[Manifest]:
    """Return the InferenceService first, then what scales it, what reads its metrics, and its files."""
    own, facts = named_after_release(args), JobFacts(KIND, chart=FORM.chart)
    labels = {key: value for key, value in {**common_labels(own, facts), **labels_of(args, KIND)}.items() if value}
    annotations = job_annotations(own, facts)
    if args.own_metric:
        annotations[AUTOSCALER] = "external"
    if args.enable_prometheus:
        annotations[SCRAPED] = "true"
    metadata: dict[str, Any] = {"name": args.name, "labels": labels, **({"annotations": annotations} if annotations else {})}
    spec = {"predictor": _predictor(args)}
    job = {"apiVersion": RESOURCE.api_version, "kind": RESOURCE.kind, "metadata": metadata, "spec": spec}
    return [job, *_scaler(args, labels), *_monitor(args, labels), *companions(own, facts)]


def _predictor(args: KServeArgs) -> dict[str, Any]:
    role = Role(container=CONTAINER, cpu=args.cpu, memory=args.memory, affinity=_affinity(args))
    template = server_template(args, FORM, role, args.start)
    spec: dict[str, Any] = template["spec"]
    (container,) = spec.pop("containers")
    for port in container.get("ports", ()):
        port.pop("name")  # Knative reads a protocol from it
    if not container["image"]:
        del container["image"]
    extra = {"minReplicas": args.min_replicas, **scaling(args)}
    # Labels of the object itself go to the pods anyway.
    meta = template["metadata"].get("annotations", {})
    annotations = {key: value for key, value in meta.items() if key not in args.annotations}
    if annotations:
        extra["annotations"] = annotations
    if args.security_context:
        extra["securityContext"] = dict(args.security_context)
    if not args.model_format:
        return {**extra, **spec, "containers": [container]}
    return {**extra, **spec, "model": {**_model(args), **{key: value for key, value in container.items() if key != "name"}}}


def scaling(args: ScalingArgs) -> dict[str, Any]:
    """Return the fields of a predictor that say how it is scaled and asked."""
    fields: dict[str, Any] = {"containerConcurrency": args.container_concurrency, "timeout": args.timeout_seconds}
    if not args.own_metric:
        fields |= {"maxReplicas": args.max_replicas, "scaleMetric": args.scale_metric, "scaleTarget": args.scale_target}
    found = {key: value for key, value in fields.items() if value}
    return found | ({"canaryTrafficPercent": args.canary_traffic_percent} if args.canary_traffic_percent >= 0 else {})


def _model(args: KServeArgs) -> dict[str, Any]:
    name, _, version = args.model_format.partition(":")
    parts = {
        "modelFormat": {"name": name, **({"version": version} if version else {})},
        "runtime": args.runtime,
        "storageUri": args.storage_uri,
        "runtimeVersion": args.runtime_version,
        "protocolVersion": args.protocol_version,
    }
    return {key: value for key, value in parts.items() if value}


def _affinity(args: KServeArgs) -> dict[str, Any] | None:
    if args.affinity_policy == "none":
        return None
    kind, labels = _AFFINITY[args.affinity_policy], {LABEL: args.name}
    return required(kind, labels) if args.affinity_constraint == "required" else preferred(kind, [(100, labels)])


def _scaler(args: KServeArgs, labels: dict[str, str]) -> list[Manifest]:
    """Return what scales by a metric that KServe does not know."""
    if not args.own_metric:
        return []
    value = {"type": "AverageValue", "averageValue": str(args.scale_target)}
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": predictor(args.name)},
        "minReplicas": max(1, args.min_replicas),
        "maxReplicas": args.max_replicas,
        "metrics": [{"type": "Pods", "pods": {"metric": {"name": args.scale_metric}, "target": value}}],
    }
    return [
        {"apiVersion": HPA.api_version, "kind": HPA.kind, "metadata": {"name": f"{args.name}-hpa", "labels": dict(labels)}, "spec": spec}
    ]


def _monitor(args: KServeArgs, labels: dict[str, str]) -> list[Manifest]:
    if not args.enable_prometheus:
        return []
    ports = [{"name": "metric", "port": args.metrics_port, "targetPort": args.metrics_port, "protocol": "TCP"}]
    # Not the label by which servers' own Services are found: this one is for Prometheus alone.
    own = {"isvc": args.name, **{key: value for key, value in labels.items() if key != names.TYPE}}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": f"{args.name}-metric-svc", "labels": own},
        "spec": {"selector": {LABEL: args.name}, "ports": ports},
    }
    monitor = {
        "apiVersion": MONITOR.api_version,
        "kind": MONITOR.kind,
        "metadata": {"name": f"{args.name}-svcmonitor", "labels": dict(own)},
        "spec": {
            "selector": {"matchLabels": {"isvc": args.name}},
            "endpoints": [{"port": "metric", "path": "/metrics", "interval": "15s"}],
        },
    }
    return [service, monitor]
