"""What JobSet's webhooks write into new objects."""

from __future__ import annotations

from arena_core.k8s import quantity
from arena_job.local.keys import BY_SELECTOR, NAME, PREFIX, entries
from arena_local.sdk.bundle import Api, Obj


def default(api: Api, jobset: Obj, old: Obj | None, operation: str) -> None:
    """Write the defaults."""
    spec = jobset.setdefault("spec", {})
    spec["successPolicy"] = spec.get("successPolicy") or {"operator": "All"}
    spec["startupPolicy"] = spec.get("startupPolicy") or {"startupPolicyOrder": "AnyOrder"}
    network = spec["network"] = spec.get("network") or {}
    for key in ("enableDNSHostnames", "publishNotReadyAddresses"):
        network.setdefault(key, True)
    for entry in entries(jobset):
        _default_entry(entry)
    for number, rule in enumerate((spec.get("failurePolicy") or {}).get("rules") or []):
        if not rule.get("name"):
            rule["name"] = f"failurePolicyRule{number}"
    for policy in spec.get("volumeClaimPolicies") or []:
        policy["retentionPolicy"] = policy.get("retentionPolicy") or {"whenDeleted": "Delete"}


def _default_entry(entry: Obj) -> None:
    entry.setdefault("groupName", "default")
    template = entry.setdefault("template", {})
    job = template.setdefault("spec", {})
    job["completionMode"] = job.get("completionMode") or "Indexed"
    pods = job.setdefault("template", {})
    spec = pods.setdefault("spec", {})
    spec["restartPolicy"] = spec.get("restartPolicy") or "OnFailure"
    # The webhook's program writes these out even where they are empty.
    template["metadata"], pods["metadata"] = template.get("metadata") or {}, pods.get("metadata") or {}
    for container in (*(spec.get("containers") or []), *(spec.get("initContainers") or [])):
        resources = container["resources"] = container.get("resources") or {}
        for kind in ("limits", "requests"):
            if resources.get(kind):
                resources[kind] = {name: _amount(value) for name, value in resources[kind].items()}


def _amount(value: object) -> object:
    return quantity.canonical(value) if isinstance(value, (str, int, float)) and quantity.is_quantity(value) else value


def mark_pod(api: Api, pod: Obj, old: Obj | None, operation: str) -> None:
    """Give a pod of a JobSet its priority as a label."""
    annotations = pod["metadata"].get("annotations") or {}
    if NAME in annotations and BY_SELECTOR not in annotations:
        pod["metadata"].setdefault("labels", {})[PREFIX + "priority"] = str((pod.get("spec") or {}).get("priority", 0) or 0)
