"""The svc plugin: a headless Service gives every pod a name; hosts of all tasks in a ConfigMap, a folder and the environment."""

from __future__ import annotations

from typing import Any

from arena_local.sdk.bundle import Api, Obj
from arena_volcano.localcluster.keys import JOB_NAME, JOB_NAMESPACE, meta, tasks
from arena_volcano.localcluster.plugins.arguments import arguments, truth
from arena_volcano.localcluster.plugins.base import Plugin, add_env, all_containers, ensure, host_of, named

MOUNT_PATH = "/etc/volcano"


def config_name(job: Obj) -> str:
    """Return the name of the ConfigMap, which is also that of the volume."""
    return f"{meta(job)['name']}-svc"


def _stem(task_name: str) -> str:
    return task_name.replace("-", "_")


def host_data(job: Obj) -> dict[str, str]:
    """Return the ConfigMap's data: hosts of each task as lines and as a list, and their number."""
    data: dict[str, str] = {}
    for entry in tasks(job):
        spec = (entry.get("template") or {}).get("spec") or {}
        # one name for all pods of a task that names its host itself
        count = 1 if spec.get("hostname") else entry.get("replicas", 0)
        hosts = [host_of(job, entry, index) for index in range(count)]
        stem = _stem(entry["name"])
        data[f"{stem}.host"] = "\n".join(hosts)
        data[f"VC_{stem.upper()}_HOSTS"] = ",".join(hosts)
        data[f"VC_{stem.upper()}_NUM"] = str(entry.get("replicas", 0))
    return data


def _selector(job: Obj) -> dict[str, str]:
    return {JOB_NAME: meta(job)["name"], JOB_NAMESPACE: meta(job)["namespace"]}


def _start(api: Api, job: Obj, given: list[str]) -> None:
    flags = arguments(given)
    name = meta(job)["name"]
    ensure(
        api,
        "configmaps",
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": named(job, config_name(job)), "data": host_data(job)},
        ("data",),
    )
    spec: dict[str, Any] = {"clusterIP": "None", "selector": _selector(job)}
    if truth(flags, "publish-not-ready-addresses", False):
        spec["publishNotReadyAddresses"] = True
    ensure(api, "services", {"apiVersion": "v1", "kind": "Service", "metadata": named(job, name), "spec": spec}, ())
    if not truth(flags, "disable-network-policy", False):
        peers = {"matchLabels": _selector(job)}
        policy = {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": named(job, name),
            "spec": {"podSelector": peers, "ingress": [{"from": [{"podSelector": peers}]}], "policyTypes": ["Ingress"]},
        }
        ensure(api, "networkpolicies.networking.k8s.io", policy, ())


def _objects(job: Obj, given: list[str]) -> list[tuple[str, str]]:
    name = meta(job)["name"]
    made = [("configmaps", config_name(job)), ("services", name)]
    if not truth(arguments(given), "disable-network-policy", False):
        made.append(("networkpolicies.networking.k8s.io", name))
    return made


def _pod(job: Obj, pod: Obj, given: list[str]) -> None:
    spec = pod["spec"]
    spec["hostname"] = spec.get("hostname") or meta(pod)["name"]
    spec["subdomain"] = spec.get("subdomain") or meta(job)["name"]
    config = config_name(job)
    spec.setdefault("volumes", []).append({"name": config, "configMap": {"name": config}})
    inject = truth(arguments(given), "inject-hosts-env", True)
    for container in all_containers(pod):
        container.setdefault("volumeMounts", []).append({"name": config, "mountPath": MOUNT_PATH})
        if inject:
            add_env(container, *_env(job, config))


def _env(job: Obj, config: str) -> list[dict[str, Any]]:
    keys = [f"VC_{_stem(entry['name']).upper()}_{what}" for entry in tasks(job) for what in ("HOSTS", "NUM")]
    return [{"name": key, "valueFrom": {"configMapKeyRef": {"name": config, "key": key}}} for key in keys]


PLUGIN = Plugin("svc", pod=_pod, start=_start, objects=_objects)
