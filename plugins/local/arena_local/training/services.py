"""One headless Service for each pod of a training job, named as the pod."""

from __future__ import annotations

from arena_local.sdk.bundle import ApiError, Obj
from arena_local.training.kind import TYPE_LABEL, Replica, Run
from arena_local.training.pods import by_index


def reconcile_services(run: Run, services: list[Obj], replica: Replica) -> None:
    """Bring the Services of one replica type in line: one for each index, none beyond."""
    own = [s for s in services if s["metadata"].get("labels", {}).get(TYPE_LABEL) == replica.lower]
    for index, found in enumerate(by_index(run, own, replica.count)):
        if not found:
            create_service(run, replica, index)
        elif len(found) == 1 and index >= replica.count:
            delete_service(run, found[0]["metadata"]["name"])


def create_service(run: Run, replica: Replica, index: int) -> None:
    """Make the Service of one pod, with all ports of the main container."""
    labels = run.labels(replica.type, index)
    main = next((c for c in replica.containers() if c.get("name") == run.kind.container), {})
    # By name, as in the operator: of several ports without one the last is served.
    named = {str(p.get("name", "")): p["containerPort"] for p in main.get("ports") or []}
    ports = [{"name": name, "port": port} for name, port in named.items()]
    name = f"{run.name}-{replica.lower}-{index}"
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": run.namespace, "labels": labels, "ownerReferences": [run.owner()]},
        "spec": {"clusterIP": "None", "selector": dict(labels), "ports": ports},
    }
    try:
        run.api.create(service, manager="training-operator")
    except ApiError as error:
        run.event("Warning", "FailedCreateService", f"Error creating: {error.message}")
        raise
    run.event("Normal", "SuccessfulCreateService", f"Created service: {name}")


def delete_service(run: Run, name: str) -> None:
    """Delete a Service unless it is gone or on its way."""
    service = run.api.find("services", run.namespace, name)
    if service is None or service["metadata"].get("deletionTimestamp"):
        return
    try:
        run.api.delete("services", run.namespace, name, manager="training-operator")
    except ApiError as error:
        run.event("Warning", "FailedDeleteService", f"Error deleting: {error.message}")
        raise
    run.event("Normal", "SuccessfulDeleteService", f"Deleted service: {name}")
