"""Claims and volumes: binding by size, class and modes; class ``local`` makes a folder of this machine for each claim."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from arena_core.k8s import quantity, selectors
from arena_local.sdk.bundle import Admission, Api, ApiError, Key, Obj

CLAIMS, VOLUMES, CLASSES = "persistentvolumeclaims", "persistentvolumes", "storageclasses.storage.k8s.io"
CLASS, PROVISIONER = "local", "arena.local/folder"
DEFAULT = "storageclass.kubernetes.io/is-default-class"
_BINDER = "persistentvolume-controller"
_PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"


def storage_class() -> Obj:
    """Return the class that makes folders, which is the default one."""
    meta = {"name": CLASS, "annotations": {DEFAULT: "true"}}
    body = {"provisioner": PROVISIONER, "reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"}
    return {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": meta, **body}


def admission() -> tuple[Admission, ...]:
    """Return the hook that gives claims without a class the default one (admission plugin DefaultStorageClass)."""

    def choose(api: Api, obj: Obj, old: Obj | None, operation: str) -> None:
        if "storageClassName" in obj.get("spec", {}):
            return
        for one in api.list(CLASSES):
            if (one["metadata"].get("annotations") or {}).get(DEFAULT) == "true":
                obj["spec"]["storageClassName"] = one["metadata"]["name"]
                return

    return (Admission("default-storage-class", CLAIMS, ("CREATE",), mutate=choose),)


class ClaimController:
    """Binds each claim to a volume that fits, or has one made."""

    name = "persistentvolumeclaim-binder"
    resource = CLAIMS
    owns: tuple[str, ...] = ()

    def __init__(self, api: Api, folder: Path) -> None:
        self._api = api
        self._folder = folder
        self.watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {VOLUMES: self._waiting, CLASSES: self._waiting}

    def _waiting(self, _: Obj) -> Iterable[Key]:
        found = (c["metadata"] for c in self._api.list(CLAIMS) if (c.get("status") or {}).get("phase") != "Bound")
        return [(meta["namespace"], meta["name"]) for meta in found]

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Bind the claim, or say why it waits."""
        claim = self._api.find(CLAIMS, namespace, name)
        if claim is None or "deletionTimestamp" in claim["metadata"]:
            return None
        if (claim.get("status") or {}).get("phase") == "Bound":
            self._lost(claim)
            return None
        volume = next(iter(sorted(filter(lambda v: fits(claim, v), self._api.list(VOLUMES)), key=lambda v: rank(claim, v))), None)
        if volume is None:
            volume = self._provision(claim)
        if volume is not None:
            self._bind(claim, volume)
        return None

    def _lost(self, claim: Obj) -> None:
        if self._api.find(VOLUMES, "", claim["spec"].get("volumeName", "")) is None:
            self._api.update_status({**claim, "status": {**claim["status"], "phase": "Lost"}}, manager=_BINDER)
            self._api.event(
                claim, "Warning", "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!", component=_BINDER
            )

    def _provision(self, claim: Obj) -> Obj | None:
        spec, wanted = claim["spec"], claim["spec"].get("storageClassName", "")
        if not wanted or spec.get("volumeName") or spec.get("selector"):
            self._say(claim, "Normal", "FailedBinding", "no persistent volumes available for this claim and no storage class is set")
            return None
        found = self._api.find(CLASSES, "", wanted)
        if found is None:
            self._say(claim, "Warning", "ProvisioningFailed", f'storageclass.storage.k8s.io "{wanted}" not found')
            return None
        if found["provisioner"] != PROVISIONER:
            text = f"nothing on the local cluster provides {found['provisioner']!r} of class {wanted!r}; class {CLASS!r} makes folders"
            self._say(claim, "Warning", "ProvisioningFailed", text)
            return None
        return self._folder_for(claim, found)

    def _say(self, claim: Obj, kind: str, reason: str, text: str) -> None:
        self._api.event(claim, kind, reason, text, component=_BINDER)

    def _folder_for(self, claim: Obj, storage: Obj) -> Obj:
        uid = claim["metadata"]["uid"]
        folder = self._folder / uid
        folder.mkdir(parents=True, exist_ok=True)
        spec = {
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "accessModes": claim["spec"]["accessModes"],
            "claimRef": reference(claim),
            "persistentVolumeReclaimPolicy": storage.get("reclaimPolicy", "Delete"),
            "storageClassName": storage["metadata"]["name"],
            "volumeMode": claim["spec"].get("volumeMode", "Filesystem"),
            "hostPath": {"path": str(folder), "type": "DirectoryOrCreate"},
        }
        meta = {"name": f"pvc-{uid}", "annotations": {_PROVISIONED_BY: PROVISIONER}}
        made = self._api.create({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": meta, "spec": spec}, manager=PROVISIONER)
        self._say(claim, "Normal", "ProvisioningSucceeded", f"Successfully provisioned volume {made['metadata']['name']}")
        return made

    def _bind(self, claim: Obj, volume: Obj) -> None:
        changed = copy.deepcopy(dict(volume))
        changed["spec"]["claimRef"] = reference(claim)
        changed = copy.deepcopy(dict(self._api.update(changed, manager=_BINDER)))
        self._api.update_status({**changed, "status": {"phase": "Bound"}}, manager=_BINDER)
        mine = copy.deepcopy(dict(claim))
        mine["spec"]["volumeName"] = volume["metadata"]["name"]
        notes = {"pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes"}
        mine["metadata"]["annotations"] = {**(mine["metadata"].get("annotations") or {}), **notes}
        mine = copy.deepcopy(dict(self._api.update(mine, manager=_BINDER)))
        spec = volume["spec"]
        status = {"phase": "Bound", "accessModes": spec["accessModes"], "capacity": spec["capacity"]}
        self._api.update_status({**mine, "status": status}, manager=_BINDER)


class VolumeController:
    """Keeps the phase of volumes, and removes the folder of a claim that is gone where its class says so."""

    name = "persistentvolume-binder"
    resource = VOLUMES
    owns: tuple[str, ...] = ()

    def __init__(self, api: Api, folder: Path) -> None:
        self._api = api
        self._folder = folder
        self.watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {CLAIMS: self._bound}

    def _bound(self, claim: Obj) -> Iterable[Key]:
        return [("", claim["spec"]["volumeName"])] if claim["spec"].get("volumeName") else []

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Write the phase; reclaim."""
        volume = self._api.find(VOLUMES, "", name)
        if volume is None or "deletionTimestamp" in volume["metadata"]:
            return None
        ref = volume["spec"].get("claimRef") or {}
        claim = self._api.find(CLAIMS, ref.get("namespace", ""), ref.get("name", "")) if ref.get("uid") else None
        if not ref.get("uid"):
            self._phase(volume, "Available")
        elif claim is not None and claim["metadata"]["uid"] == ref["uid"]:
            self._phase(volume, "Bound")
        elif volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
            self._remove(volume)
        else:
            self._phase(volume, "Released")
        return None

    def _phase(self, volume: Obj, phase: str) -> None:
        if (volume.get("status") or {}).get("phase") != phase:
            self._api.update_status({**volume, "status": {"phase": phase}}, manager=_BINDER)

    def _remove(self, volume: Obj) -> None:
        """Only what was made for a claim is removed from the disk: a folder that somebody named is theirs."""
        meta = volume["metadata"]
        if (meta.get("annotations") or {}).get(_PROVISIONED_BY) == PROVISIONER:
            path = Path(volume["spec"].get("hostPath", {}).get("path", ""))
            if path.parent == self._folder:
                shutil.rmtree(path, ignore_errors=True)
        elif (volume.get("status") or {}).get("phase") != "Failed":
            self._phase(volume, "Failed")
            self._api.event(volume, "Warning", "VolumeFailedDelete", "no deletable volume plugin matched", component=_BINDER)
            return
        try:
            self._api.delete(VOLUMES, "", meta["name"], uid=meta["uid"], manager=PROVISIONER)
        except ApiError as error:
            if error.code != 404:
                raise


def reference(claim: Obj) -> Obj:
    """Return what a volume's ``claimRef`` says of a claim."""
    meta = claim["metadata"]
    found = {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]}
    return found | ({"resourceVersion": meta["resourceVersion"]} if meta.get("resourceVersion") else {})


def fits(claim: Obj, volume: Obj) -> bool:
    """Whether a volume may be bound to a claim: free or reserved for it, of its class, modes and labels, and big enough."""
    wanted, spec, meta = claim["spec"], volume["spec"], claim["metadata"]
    ref = spec.get("claimRef")
    if "deletionTimestamp" in volume["metadata"]:
        return False
    if ref and ((ref.get("namespace"), ref.get("name")) != (meta["namespace"], meta["name"]) or ref.get("uid", meta["uid"]) != meta["uid"]):
        return False
    if wanted.get("volumeName"):
        return bool(wanted["volumeName"] == volume["metadata"]["name"])
    if not ref and (volume.get("status") or {}).get("phase") not in ("Available", "Pending", None):
        return False
    return (
        (wanted.get("storageClassName") or "") == (spec.get("storageClassName") or "")
        and wanted.get("volumeMode", "Filesystem") == spec.get("volumeMode", "Filesystem")
        and set(wanted["accessModes"]) <= set(spec.get("accessModes") or ())
        and selectors.matches_object(wanted.get("selector") or {}, volume["metadata"].get("labels") or {})
        and quantity.parse(wanted["resources"]["requests"]["storage"]) <= quantity.parse((spec.get("capacity") or {}).get("storage", "0"))
    )


def rank(claim: Obj, volume: Obj) -> tuple[bool, object, str]:
    """Return by what the best volume comes first: reserved for the claim, then the smallest."""
    reserved = bool(volume["spec"].get("claimRef"))
    return not reserved, quantity.parse((volume["spec"].get("capacity") or {}).get("storage", "0")), volume["metadata"]["name"]
