"""What KServe calls what it makes of an InferenceService."""

from __future__ import annotations

from arena_core.contract.types import Resource

RESOURCE = Resource("serving.kserve.io", "v1beta1", "InferenceService", "inferenceservices")
CONTAINER = "kserve-container"
#: On the pods, and on all else that KServe makes.
LABEL = "serving.kserve.io/inferenceservice"
COMPONENT = "component"
#: Annotations: who scales, whether it is stopped, whether metrics are scraped.
AUTOSCALER, STOP = "serving.kserve.io/autoscalerClass", "serving.kserve.io/stop"
SCRAPED = "serving.kserve.io/enable-prometheus-scraping"
#: Metrics that KServe itself scales by.
METRICS = ("cpu", "memory", "concurrency", "rps")


def predictor(name: str) -> str:
    """Return the name of the predictor's Deployment and Service."""
    return f"{name}-predictor"
