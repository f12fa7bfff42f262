"""What KServe's webhook defaults and refuses, and what has no runtime here."""

from __future__ import annotations

from arena_core.k8s.names import label_1035
from arena_local.sdk.bundle import Admission, Api, Denied, Obj

RESOURCE = "inferenceservices.serving.kserve.io"
MODE = "serving.kserve.io/deploymentMode"
#: Predictors of a fixed format, as KServe had them before ``model``.
FORMATS = ("sklearn", "xgboost", "tensorflow", "pytorch", "triton", "onnx", "huggingface", "pmml", "lightgbm", "paddle")


def default(api: Api, obj: Obj, old: Obj | None, operation: str) -> None:
    """There is no Knative here: whatever mode is asked for, a Deployment is made."""
    obj["metadata"].setdefault("annotations", {}).setdefault(MODE, "Standard")


def validate(api: Api, obj: Obj, old: Obj | None, operation: str) -> None:
    """Refuse a name and bounds as KServe does, and a model for which the cluster would have to bring the program."""
    name, predictor = obj["metadata"].get("name", ""), obj["spec"]["predictor"]
    for wrong in label_1035(name):
        raise Denied(f'the InferenceService "{name}" is invalid: {wrong}')
    least, most = predictor.get("minReplicas"), predictor.get("maxReplicas")
    if most and least is not None and least > most:
        raise Denied("MinReplicas cannot be greater than MaxReplicas")
    if wrong := _missing_program(predictor):
        raise Denied(wrong)


def _missing_program(predictor: Obj) -> str:
    """Return why a predictor cannot run here; empty where it can."""
    local = "the local cluster has no serving runtimes, it runs the program that you name"
    if old := next((name for name in FORMATS if predictor.get(name) is not None), ""):
        return f"spec.predictor.{old}: {local}: give a container with a command"
    model = predictor.get("model")
    if model is not None and not (model.get("command") or model.get("args")):
        return f"spec.predictor.model: {local}: give a command that serves the model"
    if predictor.get("workerSpec") is not None:
        return "spec.predictor.workerSpec: the local cluster runs predictors of one pod; `arena serve distributed` is for several"
    if not model and not predictor.get("containers"):
        return "spec.predictor: there is neither a model nor a container"
    return ""


WEBHOOKS = (
    Admission("inferenceservice.kserve-webhook-server.defaulter", RESOURCE, ("CREATE", "UPDATE"), mutate=default),
    Admission("inferenceservice.kserve-webhook-server.validator", RESOURCE, ("CREATE", "UPDATE"), validate=validate),
)
