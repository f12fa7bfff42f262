"""The status of an InferenceService in standard mode: the Deployment's, in KServe's words."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

from arena_core.k8s import conditions, time
from arena_local.sdk.bundle import Obj
from arena_serve.kserve.names import predictor


def status_of(isvc: Obj, deployment: Obj | None, now: datetime) -> dict[str, Any]:
    """Return the status as it is to be; ``deployment`` is None where the server is stopped."""
    meta, status = isvc["metadata"], copy.deepcopy(isvc.get("status") or {})
    rows: list[dict[str, Any]] = status.setdefault("conditions", [])
    status |= {"observedGeneration": meta.get("generation", 1), "deploymentMode": "Standard"}
    if deployment is None:
        for kind in ("PredictorReady", "IngressReady", "Ready"):
            _set(rows, now, kind, "False", "Stopped", "The InferenceService is stopped")
        _set(rows, now, "Stopped", "True", "Stopped", "The InferenceService is stopped")
        return {key: value for key, value in status.items() if key not in ("url", "address", "modelStatus", "components")}
    ready, reason, message = _predictor(deployment)
    _set(rows, now, "PredictorReady", ready, reason, message)
    _set(rows, now, "IngressReady", "True", "", "")
    _set(rows, now, "Stopped", "False", "", "")
    _set(rows, now, "Ready", ready, reason, message)
    url = f"http://{predictor(meta['name'])}.{meta['namespace']}.svc.cluster.local"
    status |= {"address": {"url": url}, "url": url, "components": {"predictor": {"url": url}}}
    copies = int((deployment.get("status") or {}).get("readyReplicas") or 0)
    status["modelStatus"] = {
        "copies": {"failedCopies": 0, "totalCopies": copies},
        "states": {"activeModelState": "Loaded" if copies else "Pending", "targetModelState": "Loaded" if ready == "True" else "Pending"},
        "transitionStatus": "UpToDate" if ready == "True" else "InProgress",
    }
    return status


def _predictor(deployment: Obj) -> tuple[str, str, str]:
    """Return the condition of the predictor: an unavailable Deployment is False from the start."""
    failure, available = (conditions.find(deployment, kind) or {} for kind in ("ReplicaFailure", "Available"))
    if failure.get("status") == "True":
        return "False", str(failure.get("reason", "")), str(failure.get("message", ""))
    if not available:
        return "Unknown", "", ""
    if available.get("status") == "True":
        return "True", "", ""
    return str(available.get("status")), str(available.get("reason", "")), str(available.get("message", ""))


def _set(rows: list[dict[str, Any]], now: datetime, kind: str, value: str, reason: str, message: str) -> None:
    wanted = {"type": kind, "status": value, **{key: text for key, text in (("reason", reason), ("message", message)) if text}}
    for number, row in enumerate(rows):
        if row["type"] == kind:
            since = row["lastTransitionTime"] if row["status"] == value else time.text(now)
            rows[number] = {**wanted, "lastTransitionTime": since}
            return
    rows.append({**wanted, "lastTransitionTime": time.text(now)})
