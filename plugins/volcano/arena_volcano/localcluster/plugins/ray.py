"""The ray plugin: the head's Service and the start commands of head and workers."""

from __future__ import annotations

from arena_local.sdk.bundle import Api, Obj
from arena_volcano.localcluster.keys import JOB_NAME, JOB_NAMESPACE, TASK_SPEC, meta, task
from arena_volcano.localcluster.plugins.arguments import arguments, number
from arena_volcano.localcluster.plugins.base import CannotBuild, Plugin, ensure, host_of, named, open_port


def _start(api: Api, job: Obj, given: list[str]) -> None:
    flags = arguments(given)
    ports = [
        {"name": name, "port": number(flags, flag, default), "targetPort": name, "protocol": "TCP"}
        for name, flag, default in (("gcs", "port", 6379), ("dashboard", "dashboardPort", 8265), ("client-server", "clientPort", 10001))
    ]
    selector = {JOB_NAME: meta(job)["name"], JOB_NAMESPACE: meta(job)["namespace"], TASK_SPEC: flags.get("head", "head")}
    service: Obj = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": named(job, f"{meta(job)['name']}-head-svc"),
        "spec": {"selector": selector, "ports": ports},
    }
    ensure(api, "services", service, ())


def _pod(job: Obj, pod: Obj, given: list[str]) -> None:
    flags = arguments(given)
    head, worker = flags.get("head", "head"), flags.get("worker", "worker")
    gcs, dashboard = number(flags, "port", 6379), number(flags, "dashboardPort", 8265)
    client = number(flags, "clientPort", 10001)
    role = meta(pod)["annotations"][TASK_SPEC]
    entry = task(job, head)
    if entry is None:
        raise CannotBuild(f"job {meta(job)['name']} doesn't have head task {head}")
    wanted = {head: flags.get("headContainer", "head"), worker: flags.get("workerContainer", "worker")}.get(role)
    container = next((c for c in pod["spec"].get("containers") or () if c.get("name") == wanted), None)
    if container is None:
        return  # only the container of that name runs Ray
    if role == head:
        line = (
            f"ray start --head --block --dashboard-host=0.0.0.0 --port={gcs} --dashboard-port={dashboard} --ray-client-server-port={client}"
        )
        for name, port in (("gcs", gcs), ("dashboard", dashboard), ("client-server", client)):
            open_port(container, port, name)
    else:
        line = f"ray start --block --address={host_of(job, entry, 0)}:{gcs}"
    container["command"] = ["sh", "-c", line]


PLUGIN = Plugin("ray", pod=_pod, start=_start, objects=lambda job, given: [("services", f"{meta(job)['name']}-head-svc")])
