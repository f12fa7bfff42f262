"""Create and delete the wrapped objects, and keep ``status.componentStatus`` as the operator does."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta

from arena_appwrapper.operator.build import Fatal, component_object
from arena_appwrapper.operator.resources import resource_of
from arena_appwrapper.operator.settings import LABEL, MANAGER, Settings
from arena_core.k8s import conditions, owners, time
from arena_local.sdk.bundle import Api, ApiError, Obj

DEPLOYED = "ResourcesDeployed"


def _condition(entry: Obj) -> Obj | None:
    return conditions.find({"status": entry}, DEPLOYED)


def _mark(entry: Obj, value: str, reason: str, now: datetime) -> None:
    conditions.put(entry, DEPLOYED, value, reason, "", now=now)


def create(api: Api, wrapper: Obj) -> tuple[str, bool]:
    """Create what is not there yet; returns ("" or the error, whether no retry can heal it).

    ``wrapper`` is a copy whose status is written on the way, once per step, as the operator does.
    """
    for index, entry in enumerate(wrapper["status"]["componentStatus"]):
        known = _condition(entry)
        if known and known["status"] == "True":
            continue
        try:
            _create_one(api, wrapper, index, entry)
        except Fatal as error:
            return str(error), True
        except LookupError as error:
            _mark(entry, "False", "ComponentCreationErrored", api.now())
            return str(error.args[0]), True
        except ApiError as error:
            _mark(entry, "False", "ComponentCreationErrored", api.now())
            return error.message, error.code == 422
        _mark(entry, "True", "ComponentCreatedSuccessfully", api.now())
        store_status(api, wrapper)
    return "", False


def _create_one(api: Api, wrapper: Obj, index: int, entry: Obj) -> None:
    obj = component_object(wrapper, index)
    if _condition(entry) is None:
        entry.update(name=obj["metadata"].get("name", ""), kind=obj["kind"], apiVersion=obj["apiVersion"])
        _mark(entry, "Unknown", "ComponentCreationInitiated", api.now())
        store_status(api, wrapper)
    resource = resource_of(api, obj)
    try:
        made = api.create(obj, manager=MANAGER)
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise
        there = api.find(resource, obj["metadata"]["namespace"], obj["metadata"]["name"])
        if there is None:
            raise
        # By name, as the operator compares: what a namesake that is gone has left behind is taken for its own.
        if (owners.controller_of(there) or {}).get("name") != wrapper["metadata"]["name"]:
            raise Fatal(f"resource {obj['metadata']['name']} exists, but is not controlled by appwrapper") from error
        made = there
    entry["name"] = made["metadata"]["name"]


def store_status(api: Api, wrapper: Obj) -> None:
    """Write the status and take over the new resourceVersion."""
    stored = api.update_status(wrapper, manager=MANAGER)
    wrapper["metadata"] = {**wrapper["metadata"], "resourceVersion": stored["metadata"]["resourceVersion"]}


def delete(api: Api, wrapper: Obj, settings: Settings) -> bool:
    """Take one step of the deletion; returns whether nothing is left: no component, no labelled pod.

    After the forceful period pods are deleted without grace, then components.
    """
    status = wrapper["status"]
    conditions.put(status, "DeletingResources", "True", "DeletionInitiated", "", now=api.now())
    entries = status.get("componentStatus") or []
    remaining = [entry for entry in entries if _delete_one(api, wrapper, entry, None)]
    initiated = conditions.find(wrapper, "DeletingResources")
    since = time.read(initiated["lastTransitionTime"]) if initiated else api.now()
    expired = api.now() > since + timedelta(seconds=settings.forceful)
    if remaining and not expired:
        return False
    namespace = wrapper["metadata"]["namespace"]
    pods = api.list("pods", namespace, {LABEL: wrapper["metadata"]["name"]})
    if not remaining and not pods:
        conditions.put(status, "DeletingResources", "False", "DeletionComplete", "", now=api.now())
        return True
    if expired:
        for pod in list(pods):
            with contextlib.suppress(ApiError):
                api.delete("pods", namespace, pod["metadata"]["name"], grace=0, manager=MANAGER)
        if not pods:
            for entry in entries:
                _delete_one(api, wrapper, entry, 0)
    return False


def _delete_one(api: Api, wrapper: Obj, entry: Obj, grace: int | None) -> bool:
    """Ask one component to go; returns whether it is still there."""
    known = _condition(entry)
    if known is None or known["status"] == "False" or not entry.get("name"):
        return False
    name, namespace = entry["name"], wrapper["metadata"]["namespace"]
    try:
        resource = resource_of(api, {"apiVersion": entry["apiVersion"], "kind": entry["kind"], "metadata": {"namespace": namespace}})
        api.delete(resource, namespace, name, propagation="Background", grace=grace, manager=MANAGER)
    except LookupError:
        pass
    except ApiError as error:
        if error.code != 404:
            return True
    else:
        return True
    _mark(entry, "False", "CompononetDeleted", api.now())
    return False


def deployed_and_failed(api: Api, wrapper: Obj) -> tuple[int, int, int]:
    """Return (components expected, deployed and not going away, failed by their own condition)."""
    expected = deployed = failed = 0
    for entry in wrapper["status"].get("componentStatus") or ():
        expected += 1
        try:
            where = {"apiVersion": entry["apiVersion"], "kind": entry["kind"], "metadata": {}}
            obj = api.find(resource_of(api, where), wrapper["metadata"]["namespace"], entry["name"])
        except (LookupError, ApiError):
            obj = None
        if obj is None or obj["metadata"].get("deletionTimestamp"):
            continue
        deployed += 1
        if entry["kind"] in ("Job", "PyTorchJob") and entry["apiVersion"] in ("batch/v1", "kubeflow.org/v1"):
            condition = conditions.find(obj, "Failed")
            failed += bool(condition and condition["status"] == "True")
    return expected, deployed, failed
