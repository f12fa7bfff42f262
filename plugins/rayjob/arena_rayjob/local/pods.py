"""The pods of a Ray cluster: head and workers, as KubeRay completes their templates. Pure, but for the machine's PATH."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from collections.abc import Iterable
from typing import Any

from arena_core.k8s.owners import reference as owner_reference
from arena_local.sdk.bundle import Obj
from arena_local.sdk.pods import pod_from_template
from arena_rayjob.local.names import (
    CLUSTER,
    DASHBOARD,
    GROUP,
    METRICS,
    NODE_TYPE,
    ORIGIN_KIND,
    VERSION,
    cluster_labels,
    groups,
    host,
)
from arena_rayjob.local.path import with_ray
from arena_rayjob.local.start import command, head_port, start_params

BASH = ["/bin/bash", "-c", "--"]
ULIMIT = "ulimit -n ${RAY_START_ULIMIT_OPEN_FILES:-65536}"
#: Ray has one address for all health checks since this version; earlier ones are asked by wget.
UNIFIED = (2, 53, 0)
#: Seconds until a pod's readiness is looked at.
PROBE_DELAY = 10
_FIXED = (NODE_TYPE, GROUP, CLUSTER)
_TABS = "\t" * 5
_WAIT = """
{t}SECONDS=0
{t}while true; do
{t}	if (( SECONDS <= 120 )); then
{t}		if ray health-check --address {gcs} > /dev/null 2>&1; then
{t}			echo "GCS is ready."
{t}			break
{t}		fi
{t}		echo "$SECONDS seconds elapsed: Waiting for GCS to be ready."
{t}	else
{t}		if ray health-check --address {gcs}; then
{t}			echo "GCS is ready. Any error messages above can be safely ignored."
{t}			break
{t}		fi
{t}		echo "$SECONDS seconds elapsed: Still waiting for GCS to be ready. For troubleshooting, refer to the FAQ at {faq}."
{t}	fi
{t}	sleep 5
{t}done
{u}"""
_FAQ = "https://docs.ray.io/en/master/cluster/kubernetes/troubleshooting.html"


def head(cluster: Obj, *, delay: int = PROBE_DELAY) -> Obj:
    """Return the head's pod, whose readiness is first looked at after ``delay`` seconds."""
    group = cluster["spec"]["headGroupSpec"]
    name = cluster["metadata"]["name"]
    pod = _pod(cluster, group, f"{name[:50]}-head-".lower(), "head", "headgroup")
    notes = {"ray.io/ft-enabled": "false", "ray.io/upgrade-strategy-recreate-hash": recreate_hash(cluster["spec"])}
    pod["metadata"]["annotations"] = {**(pod["metadata"].get("annotations") or {}), **notes, "ray.io/kuberay-version": VERSION}
    return _completed(cluster, pod, group, "", delay)


def worker(cluster: Obj, group: Obj, index: int, *, delay: int = PROBE_DELAY) -> Obj:
    """Return a worker's pod; ``index`` is the first number of its group that is free."""
    name = cluster["metadata"]["name"]
    prefix = f"{name}-{group['groupName']}"[:50]
    pod = _pod(cluster, group, f"{prefix}-worker-".lower(), "worker", group["groupName"])
    pod["metadata"]["labels"]["ray.io/worker-group-replica-index"] = str(index)
    gcs = f"{host(cluster)}:{head_port(cluster['spec']['headGroupSpec'].get('rayStartParams') or {})}"
    ray = pod["spec"]["containers"][0]
    amounts = {"cpu": "200m", "memory": "256Mi"}
    waiting: Obj = {
        "name": "wait-gcs-ready",
        "image": ray.get("image", ""),
        "command": list(BASH),
        "args": [_WAIT.format(t=_TABS, u=_TABS[1:], gcs=gcs, faq=_FAQ)],
        "resources": {"limits": dict(amounts), "requests": dict(amounts)},
    }
    waiting |= {key: copy.deepcopy(ray[key]) for key in ("imagePullPolicy", "securityContext", "env", "volumeMounts") if ray.get(key)}
    pod["spec"]["initContainers"] = [*(pod["spec"].get("initContainers") or ()), waiting]
    return _completed(cluster, pod, group, gcs, delay)


def recreate_hash(spec: Obj) -> str:
    """Return a hash of what makes the pods new where it changes (KubeRay's own is over Go's form of the same)."""
    kept = {key: value for key, value in spec.items() if key not in ("workerGroupSpecs", "suspend", "upgradeStrategy")}
    numbers = ("replicas", "minReplicas", "maxReplicas", "scaleStrategy", "suspend")
    kept["workerGroupSpecs"] = [{key: value for key, value in group.items() if key not in numbers} for group in groups(spec)]
    digest = hashlib.sha1(json.dumps(kept, sort_keys=True).encode(), usedforsecurity=False).digest()
    return base64.b32hexencode(digest).decode()


def _pod(cluster: Obj, group: Obj, generate: str, kind: str, group_name: str) -> Obj:
    """Return the template as a pod, with the operator's labels."""
    pod = pod_from_template(group["template"], cluster["metadata"]["namespace"], generate=generate)
    own = {**(pod["metadata"].get("labels") or {}), **(group.get("labels") or {})}
    labels = {**cluster_labels(cluster["metadata"]["name"], kind), GROUP: group_name, "ray.io/is-ray-node": "yes"}
    pod["metadata"]["labels"] = {**labels, **{key: value for key, value in own.items() if key not in _FIXED}}
    pod["metadata"]["ownerReferences"] = [owner_reference(cluster)]
    return pod


def _completed(cluster: Obj, pod: Obj, group: Obj, gcs: str, delay: int) -> Obj:
    """Fill in command, variables, shared memory, ports and probes of the Ray container."""
    spec, ray = pod["spec"], pod["spec"]["containers"][0]
    params = start_params(group, ray, address=gcs)
    start = command(params, head=not gcs)
    ports = ray.get("ports") or []
    if not any(port.get("name") == "metrics" for port in ports):
        ray["ports"] = [*ports, {"name": "metrics", "containerPort": METRICS}]
    if "plasma-directory" not in params and not any(m.get("mountPath") == "/dev/shm" for m in ray.get("volumeMounts") or ()):
        _share_memory(spec, ray)
    own = " ".join([*(ray.get("command") or ()), *(ray.get("args") or ())])
    overwritten = str((pod["metadata"].get("annotations") or {}).get("ray.io/overwrite-container-cmd", "")).lower() == "true"
    if not overwritten and "ray start" not in own:
        generated = f"{ULIMIT}; {start}"
        ray |= {"command": list(BASH), "args": [f"{own} && {generated}" if own else generated]}
    service = gcs.rpartition(":")[0]
    for container in spec.get("initContainers") or ():
        container["env"] = [*(container.get("env") or ()), *_of_head(service)]
    ray["env"] = list(_environment(ray.get("env") or [], start, cluster, gcs, head_port(params)))
    _with_probes(ray, params, str(cluster["spec"].get("rayVersion") or ""), head=not gcs, delay=delay)
    with_ray(pod["metadata"])
    return pod


def _share_memory(spec: Obj, ray: Obj) -> None:
    resources = ray.get("resources") or {}
    limit = (resources.get("limits") or {}).get("memory") or (resources.get("requests") or {}).get("memory")
    source: Obj = {"medium": "Memory", **({"sizeLimit": limit} if limit else {})}
    if not any(volume.get("name") == "shared-mem" for volume in spec.get("volumes") or ()):
        spec["volumes"] = [*(spec.get("volumes") or ()), {"name": "shared-mem", "emptyDir": source}]
    ray["volumeMounts"] = [*(ray.get("volumeMounts") or ()), {"name": "shared-mem", "mountPath": "/dev/shm"}]


def _of_head(service: str) -> list[Obj]:
    return [{"name": "FQ_RAY_IP", "value": service}, {"name": "RAY_IP", "value": service.partition(".")[0]}]


def _environment(own: list[Obj], start: str, cluster: Obj, gcs: str, port: str) -> Iterable[Obj]:
    """Yield the variables of the Ray container in the operator's order; some give way to the user's."""
    yield from own
    known = {entry.get("name") for entry in own}
    if gcs:
        yield from _of_head(gcs.rpartition(":")[0])
    for name, path in (
        ("RAY_CLUSTER_NAME", f"metadata.labels['{CLUSTER}']"),
        ("RAY_CLUSTER_NAMESPACE", "metadata.namespace"),
        ("RAY_CLOUD_INSTANCE_ID", "metadata.name"),
        ("RAY_NODE_TYPE_NAME", f"metadata.labels['{GROUP}']"),
    ):
        yield {"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}}
    yield {"name": "KUBERAY_GEN_RAY_START_CMD", "value": start}
    head_at = gcs.rpartition(":")[2] or port
    kind = (cluster["metadata"].get("labels") or {}).get(ORIGIN_KIND, "RayCluster")
    for name, value, forced in (
        ("RAY_PORT", head_at, False),
        ("RAY_ADDRESS", gcs or f"127.0.0.1:{port}", False),
        ("RAY_USAGE_STATS_KUBERAY_IN_USE", "1", False),
        ("RAY_USAGE_STATS_EXTRA_TAGS", "" if gcs else f"kuberay_version={VERSION};kuberay_crd={kind}", True),
        ("RAY_DASHBOARD_ENABLE_K8S_DISK_USAGE", "1", False),
    ):
        if value and (forced or name not in known):
            yield {"name": name, "value": value}


def _with_probes(ray: Obj, params: dict[str, str], version: str, *, head: bool, delay: int) -> None:
    agent = int(params["dashboard-agent-listen-port"])
    if _version(version) >= UNIFIED:
        action: dict[str, Any] = {"httpGet": {"path": "/api/healthz", "port": agent}}
    else:
        checks = [(2, agent, "api/local_raylet_healthz")]
        if head:
            checks.append((10, int(params.get("dashboard-port") or DASHBOARD), "api/gcs_healthz"))
        lines = [f"wget --tries 1 -T {limit} -q -O- http://localhost:{port}/{path} | grep success" for limit, port, path in checks]
        action = {"exec": {"command": ["bash", "-c", " && ".join(lines)]}}
    usual = {"timeoutSeconds": 5 if head else 2, "periodSeconds": 5, "successThreshold": 1}
    ray.setdefault("livenessProbe", {**copy.deepcopy(action), **usual, "initialDelaySeconds": 30, "failureThreshold": 120})
    ray.setdefault("readinessProbe", {**copy.deepcopy(action), **usual, "initialDelaySeconds": delay, "failureThreshold": 10})


def _version(text: str) -> tuple[int, ...]:
    parts = text.removeprefix("v").split(".")[:3]
    return tuple(int(part) for part in parts) if len(parts) >= 2 and all(part.isdigit() for part in parts) else (0,)
