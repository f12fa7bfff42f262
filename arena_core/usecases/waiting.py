"""Why an instance has no log yet, in a few words."""

from __future__ import annotations

from arena_core.contract.types import Instance, JobStatus, Manifest
from arena_core.typed import Any


def container_started(pod: Manifest, container: str) -> bool:
    """Whether the container runs or has run, so that it has a log."""
    status = pod.get("status") or {}
    rows = [*(status.get("containerStatuses") or []), *(status.get("initContainerStatuses") or [])]
    for row in rows:
        if container in ("", row.get("name")):
            state = row.get("state") or {}
            if "running" in state or "terminated" in state or "terminated" in (row.get("lastState") or {}):
                return True
    return False


def pod_finished(pod: Manifest) -> bool:
    """Whether nothing more will run in the pod."""
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def why_waiting(instance: Instance, pod: Manifest) -> str:
    """Say what a pod waits for: ``worker-0 is Pending: 0/1 nodes are available …``."""
    status = pod.get("status") or {}
    text = _scheduling(status) or _container(status) or instance.message or instance.reason
    return f"{instance.short_name} is {instance.status}" + (f": {text}" if text and text != instance.status else "")


def why_no_instances(name: str, status: JobStatus) -> str:
    """Say why a job has no pods yet."""
    text = ": ".join(p for p in (status.reason, status.message) if p)
    return f"{name} is {status.phase} and has no instances yet" + (f": {text}" if text else "")


def _scheduling(status: dict[str, Any]) -> str:
    for condition in status.get("conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return str(condition.get("message") or condition.get("reason") or "")
    return ""


def _container(status: dict[str, Any]) -> str:
    for row in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        waiting = (row.get("state") or {}).get("waiting") or {}
        if waiting.get("message"):
            return str(waiting["message"])
    return ""
