"""The pods of a LeaderWorkerSet: what a leader and a worker of a group look like. Pure."""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any

from arena_core.k8s.owners import reference
from arena_local.sdk.bundle import Obj
from arena_local.sdk.pods import pod_from_template
from arena_serve.distributed.names import GROUP, GROUP_KEY, INDEX, LEADER_NAME, REVISION, SET, SIZE


def revision(lws: Obj) -> str:
    """Return the hash of what a group is made of: one of another hash is to be replaced."""
    spec = lws["spec"]
    text = json.dumps([spec["leaderWorkerTemplate"], spec.get("networkConfig")], sort_keys=True)
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()[:10]


def service(lws: Obj) -> Obj:
    """Return the headless Service that gives all pods their names."""
    meta = lws["metadata"]
    made = {"name": meta["name"], "namespace": meta["namespace"], "ownerReferences": [reference(lws)]}
    spec = {"clusterIP": "None", "selector": {SET: meta["name"]}, "publishNotReadyAddresses": True}
    return {"apiVersion": "v1", "kind": "Service", "metadata": made, "spec": spec}


def leader(lws: Obj, group: int) -> Obj:
    """Return the leader of a group."""
    template = lws["spec"]["leaderWorkerTemplate"]
    source = template.get("leaderTemplate") or template["workerTemplate"]
    return _pod(lws, source, group, 0, lws)


def worker(lws: Obj, chief: Obj, group: int, index: int) -> Obj:
    """Return a worker of a group, which belongs to the group's leader."""
    pod = _pod(lws, lws["spec"]["leaderWorkerTemplate"]["workerTemplate"], group, index, chief)
    pod["metadata"]["annotations"][LEADER_NAME] = chief["metadata"]["name"]
    return pod


def _pod(lws: Obj, template: Obj, group: int, index: int, owner: Obj) -> Obj:
    meta, size = lws["metadata"], int(lws["spec"]["leaderWorkerTemplate"].get("size", 1))
    first = f"{meta['name']}-{group}"
    pod = pod_from_template(template, meta["namespace"], name=first if index == 0 else f"{first}-{index}")
    key = hashlib.sha1(f"{meta['namespace']}/{first}".encode(), usedforsecurity=False).hexdigest()
    own = {SET: meta["name"], GROUP: str(group), INDEX: str(index), GROUP_KEY: key, REVISION: revision(lws)}
    pod["metadata"]["labels"] = {**pod["metadata"].get("labels", {}), **own}
    pod["metadata"]["annotations"] = {**pod["metadata"].get("annotations", {}), SIZE: str(size)}
    pod["metadata"]["ownerReferences"] = [reference(owner)]
    spec = pod["spec"]
    spec |= {"hostname": pod["metadata"]["name"], "subdomain": meta["name"]}
    address = f"{first}.{meta['name']}.{meta['namespace']}"
    told = {"LWS_LEADER_ADDRESS": address, "LWS_GROUP_SIZE": str(size), "LWS_WORKER_INDEX": str(index)}
    for container in [*(spec.get("initContainers") or ()), *spec["containers"]]:
        container["env"] = _env(told, container.get("env") or [])
    return pod


def _env(told: dict[str, str], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the set's variables in front, so that the others can name them."""
    return [*({"name": name, "value": value} for name, value in told.items()), *(copy.deepcopy(r) for r in rows if r["name"] not in told)]
