"""The cells of the built-in kinds' rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from arena_core.k8s import conditions, duration, selectors, time
from arena_local.server.ages import age
from arena_local.server.tables import storecells
from arena_local.server.tables.podcells import pod_cells

Obj = dict[str, Any]
_NONE = "<none>"


def _created(obj: Obj, now: datetime) -> str:
    return age(obj["metadata"].get("creationTimestamp"), now)


def _pairs(labels: Obj | None) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted((labels or {}).items())) or _NONE


def _selector(selector: Obj | None) -> str:
    return selectors.text_of_object(selector) or _NONE


def _template(spec: Obj) -> tuple[str, str]:
    containers = (spec.get("template") or {}).get("spec", {}).get("containers") or []
    return ",".join(item["name"] for item in containers), ",".join(item.get("image", "") for item in containers)


def _deployment(obj: Obj, now: datetime) -> list[Any]:
    spec, status = obj["spec"], obj.get("status") or {}
    ready = f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 1)}"
    counts = [status.get("updatedReplicas", 0), status.get("availableReplicas", 0)]
    return [obj["metadata"]["name"], ready, *counts, _created(obj, now), *_template(spec), _selector(spec.get("selector"))]


def _replicaset(obj: Obj, now: datetime) -> list[Any]:
    spec, status = obj["spec"], obj.get("status") or {}
    counts = [spec.get("replicas", 1), status.get("replicas", 0), status.get("readyReplicas", 0)]
    return [obj["metadata"]["name"], *counts, _created(obj, now), *_template(spec), _selector(spec.get("selector"))]


def _statefulset(obj: Obj, now: datetime) -> list[Any]:
    spec, status = obj["spec"], obj.get("status") or {}
    ready = f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 1)}"
    return [obj["metadata"]["name"], ready, _created(obj, now), *_template(spec)]


def _daemonset(obj: Obj, now: datetime) -> list[Any]:
    spec, status = obj["spec"], obj.get("status") or {}
    names = ("desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled", "numberAvailable")
    nodes = _pairs((spec.get("template") or {}).get("spec", {}).get("nodeSelector"))
    counts = [status.get(name, 0) for name in names]
    return [obj["metadata"]["name"], *counts, nodes, _created(obj, now), *_template(spec), _selector(spec.get("selector"))]


def _job_status(obj: Obj) -> str:
    true = {item["type"] for item in (obj.get("status") or {}).get("conditions") or () if item.get("status") == "True"}
    if "Complete" in true:
        return "Complete"
    if "Failed" in true:
        return "Failed"
    if obj["metadata"].get("deletionTimestamp"):
        return "Terminating"
    if "Suspended" in true:
        return "Suspended"
    if "FailureTarget" in true:
        return "FailureTarget"
    return "SuccessCriteriaMet" if "SuccessCriteriaMet" in true else "Running"


def _job(obj: Obj, now: datetime) -> list[Any]:
    spec, status = obj["spec"], obj.get("status") or {}
    done, parallel = status.get("succeeded", 0), spec.get("parallelism", 0)
    if spec.get("completions") is not None:
        completions = f"{done}/{spec['completions']}"
    else:
        completions = f"{done}/1 of {parallel}" if parallel > 1 else f"{done}/1"
    start, end = time.parse(status.get("startTime", "")), time.parse(status.get("completionTime", ""))
    ran = "" if start is None else duration.human(((end or now) - start).total_seconds())
    cells = [obj["metadata"]["name"], _job_status(obj), completions, ran, _created(obj, now)]
    return [*cells, *_template(spec), _selector(spec.get("selector"))]


def _cronjob(obj: Obj, now: datetime) -> list[Any]:
    spec, status = obj["spec"], obj.get("status") or {}
    last = age(status["lastScheduleTime"], now) if status.get("lastScheduleTime") else _NONE
    job = spec.get("jobTemplate", {}).get("spec", {})
    suspended = str(bool(spec.get("suspend"))).title()
    cells = [
        obj["metadata"]["name"],
        spec.get("schedule", ""),
        spec.get("timeZone", _NONE),
        suspended,
        len(status.get("active") or ()),
        last,
    ]
    return [*cells, _created(obj, now), *_template(job), _selector(job.get("selector"))]


def _service(obj: Obj, now: datetime) -> list[Any]:
    spec = obj["spec"]
    kind, address = spec.get("type", "ClusterIP"), spec.get("clusterIP") or _NONE
    external = ",".join(spec.get("externalIPs") or ()) or (spec.get("externalName") if kind == "ExternalName" else "") or _NONE
    if kind == "LoadBalancer" and external == _NONE:
        external = "<pending>"
    ports = []
    for port in spec.get("ports") or ():
        number = f"{port['port']}:{port['nodePort']}" if port.get("nodePort") else str(port["port"])
        ports.append(f"{number}/{port.get('protocol', 'TCP')}")
    return [obj["metadata"]["name"], kind, address, external, ",".join(ports) or _NONE, _created(obj, now), _pairs(spec.get("selector"))]


def _shortened(found: list[str]) -> str:
    return ",".join(found[:3]) + (f" + {len(found) - 3} more..." if len(found) > 3 else "") if found else _NONE


def _endpoints(obj: Obj, now: datetime) -> list[Any]:
    found = []
    for subset in obj.get("subsets") or ():
        for address in subset.get("addresses") or ():
            ports = subset.get("ports") or []
            found += [f"{address['ip']}:{port['port']}" for port in ports] or [address["ip"]]
    return [obj["metadata"]["name"], _shortened(found), _created(obj, now)]


def _slice(obj: Obj, now: datetime) -> list[Any]:
    ports = [str(port.get("port", "*")) for port in obj.get("ports") or ()]
    found = [address for item in obj.get("endpoints") or () for address in item.get("addresses") or ()]
    shown = _shortened(ports) if ports else "<unset>"
    return [obj["metadata"]["name"], obj.get("addressType", ""), shown, _shortened(found) if found else "<unset>", _created(obj, now)]


def _configmap(obj: Obj, now: datetime) -> list[Any]:
    return [obj["metadata"]["name"], len(obj.get("data") or ()) + len(obj.get("binaryData") or ()), _created(obj, now)]


def _secret(obj: Obj, now: datetime) -> list[Any]:
    return [obj["metadata"]["name"], obj.get("type", ""), len(obj.get("data") or ()), _created(obj, now)]


def _account(obj: Obj, now: datetime) -> list[Any]:
    return [obj["metadata"]["name"], _created(obj, now)]


def _namespace(obj: Obj, now: datetime) -> list[Any]:
    return [obj["metadata"]["name"], (obj.get("status") or {}).get("phase", ""), _created(obj, now)]


def _node(obj: Obj, now: datetime) -> list[Any]:
    status = obj.get("status") or {}
    info = status.get("nodeInfo") or {}
    ready = conditions.find(obj, "Ready")
    word = "Unknown" if ready is None else "Ready" if ready["status"] == "True" else "NotReady"
    if obj["spec"].get("unschedulable"):
        word += ",SchedulingDisabled"
    prefix = "node-role.kubernetes.io/"
    roles = ",".join(sorted(key[len(prefix) :] for key in obj["metadata"].get("labels") or {} if key.startswith(prefix))) or _NONE
    addresses = {item["type"]: item["address"] for item in status.get("addresses") or ()}
    wide = [addresses.get("InternalIP", _NONE), addresses.get("ExternalIP", _NONE)]
    wide += [info.get(key) or "<unknown>" for key in ("osImage", "kernelVersion", "containerRuntimeVersion")]
    return [obj["metadata"]["name"], word, roles, _created(obj, now), info.get("kubeletVersion", ""), *wide]


def _event(obj: Obj, now: datetime) -> list[Any]:
    first, last = obj.get("firstTimestamp") or obj.get("eventTime"), obj.get("lastTimestamp")
    last = (obj.get("series") or {}).get("lastObservedTime") or last or first
    involved = obj.get("involvedObject") or {}
    source = obj.get("source") or {}
    name = source.get("component") or obj.get("reportingComponent", "")
    shown = ", ".join(part for part in (name, source.get("host") or obj.get("reportingInstance", "")) if part)
    count = (obj.get("series") or {}).get("count") or obj.get("count") or 1
    target = f"{involved.get('kind', '').lower()}/{involved.get('name', '')}"
    cells = [age(last, now), obj.get("type", ""), obj.get("reason", ""), target, involved.get("fieldPath", ""), shown]
    return [*cells, (obj.get("message") or "").strip(), age(first, now), count, obj["metadata"]["name"]]


def _claim(obj: Obj, now: datetime) -> list[Any]:
    spec, status = obj["spec"], obj.get("status") or {}
    phase = "Terminating" if obj["metadata"].get("deletionTimestamp") else status.get("phase", "")
    bound = bool(spec.get("volumeName"))
    short = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
    modes = ",".join(short.get(mode, mode) for mode in (status.get("accessModes") or ())) if bound else ""
    capacity = (status.get("capacity") or {}).get("storage", "") if bound else ""
    classes = [spec.get("storageClassName", ""), spec.get("volumeAttributesClassName", "<unset>")]
    cells = [obj["metadata"]["name"], phase, spec.get("volumeName", ""), capacity, modes, *classes]
    return [*cells, _created(obj, now), spec.get("volumeMode", "<unset>")]


def _lease(obj: Obj, now: datetime) -> list[Any]:
    return [obj["metadata"]["name"], obj["spec"].get("holderIdentity", ""), _created(obj, now)]


def _priority(obj: Obj, now: datetime) -> list[Any]:
    cells = [obj["metadata"]["name"], obj.get("value", 0), bool(obj.get("globalDefault")), _created(obj, now)]
    return [*cells, obj.get("preemptionPolicy", "")]


def _quota(obj: Obj, now: datetime) -> list[Any]:
    status = obj.get("status") or {}
    used = status.get("used") or {}
    rows = {
        key: f"{key}: {used.get(key, '0')}/{value}" for key, value in sorted((status.get("hard") or obj["spec"].get("hard") or {}).items())
    }
    limits = ", ".join(text for key, text in rows.items() if key.startswith("limits."))
    requests = ", ".join(text for key, text in rows.items() if not key.startswith("limits."))
    return [obj["metadata"]["name"], requests, limits, _created(obj, now)]


def _crd(obj: Obj, now: datetime) -> list[Any]:
    return [obj["metadata"]["name"], obj["metadata"].get("creationTimestamp", "")]


CELLS: dict[str, Callable[[Obj, datetime], list[Any]]] = {
    "pods": pod_cells,
    "deployments.apps": _deployment,
    "replicasets.apps": _replicaset,
    "statefulsets.apps": _statefulset,
    "daemonsets.apps": _daemonset,
    "jobs.batch": _job,
    "cronjobs.batch": _cronjob,
    "services": _service,
    "endpoints": _endpoints,
    "endpointslices.discovery.k8s.io": _slice,
    "configmaps": _configmap,
    "secrets": _secret,
    "serviceaccounts": _account,
    "namespaces": _namespace,
    "nodes": _node,
    "events": _event,
    "persistentvolumeclaims": _claim,
    "leases.coordination.k8s.io": _lease,
    "priorityclasses.scheduling.k8s.io": _priority,
    "resourcequotas": _quota,
    "customresourcedefinitions.apiextensions.k8s.io": _crd,
    **storecells.CELLS,
}
