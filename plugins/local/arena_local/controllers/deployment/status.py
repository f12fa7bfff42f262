"""Status of a Deployment: counters and the conditions Available and Progressing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from arena_core.k8s import conditions, time
from arena_local.controllers.deployment.sets import bounds, count
from arena_local.sdk.bundle import Obj


def set_progress(status: Obj, type: str, value: str, reason: str, message: str, now: datetime) -> None:
    """Set a condition as the deployment controller does: same status and reason is left alone, a changed one moves to the end."""
    conditions = status.setdefault("conditions", [])
    old = next((item for item in conditions if item["type"] == type), None)
    if old and old["status"] == value and old.get("reason") == reason:
        return
    text = time.text(now)
    moved = old["lastTransitionTime"] if old and old["status"] == value else text
    fresh = {"type": type, "status": value, "lastUpdateTime": text, "lastTransitionTime": moved, "reason": reason, "message": message}
    status["conditions"] = [item for item in conditions if item["type"] != type] + [fresh]


def write_paused(deployment: Obj, now: datetime) -> bool:
    """Say in condition Progressing that a rollout rests or goes on again; returns whether that is news."""
    current = conditions.find(deployment, "Progressing") or {}
    paused, said = bool(deployment["spec"].get("paused")), current.get("reason") == "DeploymentPaused"
    if paused == said or current.get("reason") == "ProgressDeadlineExceeded":
        return False
    word = "paused" if paused else "resumed"
    reason = f"Deployment{word.capitalize()}"
    set_progress(deployment.setdefault("status", {}), "Progressing", "Unknown", reason, f"Deployment is {word}", now)
    return True


def counters(deployment: Obj, sets: Sequence[Obj], new: Obj | None) -> Obj:
    """Return the counters; those that are zero are left out, as the type says."""
    total = {field: sum(count(item, field) for item in sets) for field in ("replicas", "readyReplicas", "availableReplicas")}
    total["updatedReplicas"] = count(new, "replicas") if new else 0
    wanted = max(sum(int(item["spec"].get("replicas", 1)) for item in sets), 0)
    total["unavailableReplicas"] = max(0, wanted - total["availableReplicas"])
    out: Obj = {field: value for field, value in total.items() if value}
    out["terminatingReplicas"] = sum(count(item, "terminatingReplicas") for item in sets)
    out["observedGeneration"] = deployment["metadata"].get("generation", 1)
    return out


def complete(deployment: Obj, status: Obj) -> bool:
    """Return whether the rollout is done: all pods are of the new template and available, none of the old is left."""
    replicas = int(deployment["spec"].get("replicas", 1))
    return all(int(status.get(field, 0)) == replicas for field in ("updatedReplicas", "replicas", "availableReplicas"))


def _progressed(old: Obj, new: Obj) -> bool:
    def value(status: Obj, field: str) -> int:
        return int(status.get(field, 0))

    return (
        value(new, "updatedReplicas") > value(old, "updatedReplicas")
        or value(new, "replicas") - value(new, "updatedReplicas") < value(old, "replicas") - value(old, "updatedReplicas")
        or value(new, "readyReplicas") > value(old, "readyReplicas")
        or value(new, "availableReplicas") > value(old, "availableReplicas")
    )


def write_available(deployment: Obj, status: Obj, now: datetime) -> None:
    """Set condition Available."""
    needed = int(deployment["spec"].get("replicas", 1)) - bounds(deployment)[1]
    if int(status.get("availableReplicas", 0)) >= needed:
        set_progress(status, "Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.", now)
    else:
        text = "Deployment does not have minimum availability."
        set_progress(status, "Available", "False", "MinimumReplicasUnavailable", text, now)


def write_progressing(deployment: Obj, status: Obj, new: Obj | None, now: datetime) -> float | None:
    """Set condition Progressing; returns seconds until the deadline has to be looked at."""
    old_status = deployment.get("status") or {}
    current = conditions.find({"status": status}, "Progressing")
    limit = deployment["spec"].get("progressDeadlineSeconds", 600)
    settled = bool(current and current.get("reason") == "NewReplicaSetAvailable")
    if (settled and int(status.get("replicas", 0)) == int(status.get("updatedReplicas", 0))) or deployment["spec"].get("paused"):
        return None
    name = f'ReplicaSet "{new["metadata"]["name"]}"' if new else f'Deployment "{deployment["metadata"]["name"]}"'
    if complete(deployment, status):
        set_progress(status, "Progressing", "True", "NewReplicaSetAvailable", f"{name} has successfully progressed.", now)
        return None
    if _progressed(old_status, status):
        if current and current["status"] == "True" and current.get("reason") == "ReplicaSetUpdated":
            current.update(lastUpdateTime=time.text(now))
        else:
            set_progress(status, "Progressing", "True", "ReplicaSetUpdated", f"{name} is progressing.", now)
        return float(limit)
    if current is None or current["status"] != "True":
        return None
    left = limit - (now - time.read(current["lastUpdateTime"])).total_seconds()
    if left > 0:
        return float(left)
    set_progress(status, "Progressing", "False", "ProgressDeadlineExceeded", f"{name} has timed out progressing.", now)
    return None
