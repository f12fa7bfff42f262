"""Servers as Arena prints them: the list, the page of one, the keys of JSON and YAML."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.cli import views
from arena_core.cli.foreign import plain
from arena_core.cli.render import ruled, table
from arena_core.cli.views import NONE
from arena_core.contract.types import Instance, Manifest
from arena_core.discreet import discreet
from arena_core.k8s import dig, duration, time
from arena_core.typed import TYPE_CHECKING
from arena_core.usecases.servers import Server
from arena_core.usecases.views import gpus

if TYPE_CHECKING:
    from arena_core.cli.shapes import serving

HEADER = ("NAME", "TYPE", "VERSION", "DESIRED", "AVAILABLE", "ADDRESS", "PORTS")
#: What gives way on a narrow terminal, the least important first.
LEAST = ("TYPE", "GPU", "PORTS", "DESIRED")
INSTANCE_HEADER = ("NAME", "STATUS", "AGE", "READY", "RESTARTS", "GPU", "NODE")
#: Arena's words for the ports of a Service.
PORT_WORDS = {"grpc-serving": "GRPC", "http-serving": "RESTFUL", "http-metrics": "METRICS"}


def rows(servers: Sequence[Server], types: dict[str, str], *, namespaced: bool) -> list[list[str]]:
    """The table of servers; GPUs are a column where any asks for some."""
    some = any(server.job.requested_gpus for server in servers)
    header = [*(["NAMESPACE"] if namespaced else []), *HEADER, *(["GPU"] if some else [])]
    return [header, *(_row(server, types, namespaced=namespaced, gpu=some) for server in servers)]


def _row(server: Server, types: dict[str, str], *, namespaced: bool, gpu: bool) -> list[str]:
    job = server.job
    return [
        *([job.namespace] if namespaced else []),
        server.name,
        types.get(job.job_type, job.job_type),
        server.version or NONE,
        str(server.wanted),
        str(server.available),
        address(server),
        ports(server),
        *([str(job.requested_gpus)] if gpu else []),
    ]


def address(server: Server) -> str:
    """``10.0.0.7(30%)``: with the part of the requests that this version gets, where something parts them."""
    return (server.address or NONE) + (f"({server.weight}%)" if server.weight is not None else "")


def ports(server: Server) -> str:
    """``GRPC:8001,RESTFUL:32001->8000``: the port of a node first, where there is one. A port that is no word of Arena's is its number."""
    found = ((PORT_WORDS.get(name, ""), f"{node}->{port}" if node else str(port)) for name, port, node in server.ports)
    return ",".join(f"{word}:{where}" if word else where for word, where in found) or NONE


def head(server: Server, kind: str) -> str:
    """The block at the top of ``arena serve get``."""
    job = server.job
    lines = [
        ("Name", server.name),
        ("Namespace", job.namespace),
        ("Type", kind),
        ("Version", server.version or NONE),
        ("Status", views.status_word(job.status)),
        ("Desired", str(server.wanted)),
        ("Available", str(server.available)),
        ("Age", duration.compact(time.seconds_between(job.created))),
        ("Address", address(server)),
        ("Port", ports(server)),
    ]
    for number, one in enumerate(job.status.revisions[:2]):
        name = ("Latest", "Prev")[number]
        lines += [(f"{name}Revision", one.name + ("" if one.ready else " (not ready)"))]
        lines += [(f"{name}Percent", str(one.percent))] if one.percent is not None else []
    if job.labels.get("modelName"):
        lines += [("ModelName", job.labels["modelName"]), ("ModelVersion", job.labels.get("modelVersion", ""))]
    if job.requested_gpus:
        lines.append(("GPU", str(job.requested_gpus)))
    if reason := views.reason_text(job) or job.status.message:
        lines.append(("Reason", reason))
    left = max(len(name) for name, _ in lines) + 2
    return discreet("\n".join(f"{name + ':':<{max(13, left)}}{plain(value)}".rstrip() for name, value in lines))


def instances(server: Server) -> str:
    """The table of a server's instances."""
    pods = {dig.text(pod, "metadata", "name"): pod for pod in server.job.pods}
    found = [_instance(one, pods.get(one.name, {})) for one in server.job.status.instances]
    return "Instances:\n" + table(ruled([list(INSTANCE_HEADER), *found]), indent="  ")


def _instance(one: Instance, pod: Manifest) -> list[str]:
    age = duration.compact(time.seconds_between(one.started or one.created, one.finished))
    ready, total = _ready(pod)
    return [one.name, one.status, age, f"{ready}/{total}", str(one.restarts), str(gpus(one.requests)), one.node or NONE]


def _ready(pod: Manifest) -> tuple[int, int]:
    statuses = list(dig.items(pod, "status", "containerStatuses"))
    return sum(dig.flag(row, "ready") for row in statuses), len(list(dig.items(pod, "spec", "containers")))


def as_data(server: Server, kind: str) -> serving.Server:
    """The server with Arena's keys, and a few more at the end."""
    job = server.job
    asked = job.status.requests
    pods = {dig.text(pod, "metadata", "name"): pod for pod in job.pods}
    return {
        "uuid": job.uid,
        "name": server.name,
        "namespace": job.namespace,
        "type": kind,
        "version": server.version,
        "age": f"{time.seconds_between(job.created)}s",
        "desiredInstances": server.wanted,
        "availableInstances": server.available,
        "endpoints": [{"name": name, "port": port, "nodePort": node} for name, port, node in server.ports],
        "ip": server.address,
        "instances": [_instance_data(one, pods.get(one.name, {})) for one in job.status.instances],
        "requestGPUs": job.requested_gpus,
        "requestGPUMemory": asked.get("aliyun.com/gpu-mem", 0),
        "requestGPUCore": asked.get("aliyun.com/gpu-core.percentage", 0),
        "creationTimestamp": time.unix(job.created),
        "status": str(job.status.phase),
        "job": job.name,
        "message": job.status.message,
        "trafficWeight": server.weight,
        "revisions": [{"name": one.name, "percent": one.percent, "ready": one.ready} for one in job.status.revisions],
    }


def _instance_data(one: Instance, pod: Manifest) -> serving.ServerInstance:
    ready, total = _ready(pod)
    return {
        "name": one.name,
        "status": one.status,
        "age": f"{time.seconds_between(one.started or one.created, one.finished)}s",
        "readyContainers": ready,
        "totalContainers": total,
        "restartCount": one.restarts,
        "nodeIP": one.node_ip or NONE,
        "nodeName": one.node or NONE,
        "ip": one.ip,
        "requestGPUs": gpus(one.requests),
        "requestGPUMemory": one.requests.get("aliyun.com/gpu-mem", 0),
        "requestGPUCore": one.requests.get("aliyun.com/gpu-core.percentage", 0),
        "creationTimestamp": time.unix(one.created),
    }
