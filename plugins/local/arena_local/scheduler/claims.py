"""Claims that keep a pod from being placed."""

from __future__ import annotations

from arena_local.sdk.bundle import Api, Obj


def claim_problem(api: Api, pod: Obj) -> str:
    """Return kube-scheduler's words for the first claim that is missing, going or not bound, or an empty text."""
    unbound = False
    for volume in pod["spec"].get("volumes") or ():
        name = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        if not name:
            continue
        claim = api.find("persistentvolumeclaims", pod["metadata"]["namespace"], name)
        if claim is None:
            return f'persistentvolumeclaim "{name}" not found. not found'
        if "deletionTimestamp" in claim["metadata"]:
            return f'persistentvolumeclaim "{name}" is being deleted. not found'
        if not claim["spec"].get("volumeName"):
            unbound = True
    return "pod has unbound immediate PersistentVolumeClaims. not found" if unbound else ""
