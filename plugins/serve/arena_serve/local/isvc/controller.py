"""The reconcile of one InferenceService: Deployment, Service, status."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from arena_core.k8s import conditions
from arena_core.k8s.owners import controlled_by
from arena_local.sdk.bundle import Api, ApiError, Key, Obj
from arena_serve.kserve.names import STOP, predictor
from arena_serve.local.isvc import objects
from arena_serve.local.isvc.admission import RESOURCE
from arena_serve.local.isvc.status import status_of

MANAGER, COMPONENT = "kserve", "v1beta1Controllers"
DEPLOYMENTS = "deployments.apps"


class InferenceServiceController:
    """Reconciles InferenceServices."""

    name = "inferenceservice"
    resource = RESOURCE
    owns: tuple[str, ...] = (DEPLOYMENTS, "services")
    watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {}

    def __init__(self, api: Api) -> None:
        self._api = api

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Bring Deployment, Service and status in line with the object."""
        isvc = self._api.find(RESOURCE, namespace, name)
        if isvc is None or isvc["metadata"].get("deletionTimestamp"):
            return None
        stopped = (isvc["metadata"].get("annotations") or {}).get(STOP) == "true"
        deployment = None
        if stopped:
            for resource in (DEPLOYMENTS, "services"):
                self._remove(isvc, resource)
        else:
            deployment = self._keep(isvc, DEPLOYMENTS, objects.deployment(isvc))
            self._keep(isvc, "services", objects.service(isvc))
        before = isvc.get("status") or {}
        status = status_of(isvc, deployment, self._api.now())
        if status != before:
            self._api.update_status({**isvc, "status": status}, manager=MANAGER)
            self._tell(isvc, before, status)
        return None

    def _keep(self, isvc: Obj, resource: str, wanted: Obj) -> Obj:
        """Make it, or bring what is there in line with what is wanted."""
        meta = wanted["metadata"]
        found = self._api.find(resource, meta["namespace"], meta["name"])
        if found is None:
            return self._api.create(wanted, manager=MANAGER)
        if not controlled_by(found, isvc["metadata"]["uid"]):
            raise ApiError(409, "AlreadyExists", f'{resource} "{meta["name"]}" belongs to somebody else')
        if _within(wanted["spec"], found["spec"]) and _within(meta["labels"], found["metadata"].get("labels") or {}):
            return found
        # What the server has filled in of the old object is filled in anew.
        kept = {"clusterIP": found["spec"]["clusterIP"]} if "clusterIP" in found["spec"] else {}
        metadata = {**found["metadata"], "labels": meta["labels"]}
        return self._api.update({**found, "metadata": metadata, "spec": {**wanted["spec"], **kept}}, manager=MANAGER)

    def _remove(self, isvc: Obj, resource: str) -> None:
        meta = isvc["metadata"]
        found = self._api.find(resource, meta["namespace"], predictor(meta["name"]))
        if found is not None and controlled_by(found, meta["uid"]) and not found["metadata"].get("deletionTimestamp"):
            self._api.delete(resource, meta["namespace"], found["metadata"]["name"], uid=found["metadata"]["uid"], manager=MANAGER)

    def _tell(self, isvc: Obj, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        was, now = ((conditions.find({"status": status}, "Ready") or {}).get("status", "") for status in (before, after))
        if now != was and now == "True":
            self._event(isvc, "Normal", "InferenceServiceReady", "is Ready")
        elif now != was and was == "True":
            self._event(isvc, "Warning", "InferenceServiceNotReady", "is no longer Ready")

    def _event(self, isvc: Obj, kind: str, reason: str, what: str) -> None:
        text = f"InferenceService [{isvc['metadata']['name']}] {what}"
        self._api.event(isvc, kind, reason, text, component=COMPONENT, action="Reconcile")


def _within(wanted: Any, found: Any) -> bool:
    """Whether all that is wanted is there; the server adds defaults."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(_within(value, found.get(key)) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(_within, wanted, found))
    return bool(wanted == found)
