"""One headless Service for each pod of a training job, named as the pod."""

from __future__ import annotations

from arena_local.sdk.bundle import Obj
from arena_local.training import made
from arena_local.training.kind import TYPE_LABEL, Replica, Run
from arena_local.training.pods import by_index


def reconcile_services(run: Run, services: list[Obj], replica: Replica) -> None:
    """Bring the Services of one replica type in line: one for each index, none beyond."""
    own = [s for s in services if s["metadata"].get("labels", {}).get(TYPE_LABEL) == replica.lower]
    for index, found in enumerate(by_index(run, own, replica.count)):
        if not found:
            create_service(run, replica, index)
        elif len(found) == 1 and index >= replica.count:
            made.delete(run, "Service", found[0]["metadata"]["name"])


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
    made.create(run, service)
