"""What every job plugin is: it makes objects when a job starts, changes pods before they are made, cleans up at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from arena_core.k8s import owners
from arena_local.sdk.bundle import Api, ApiError, Obj
from arena_volcano.localcluster.keys import CONTROLLER, meta, pod_name, task


class NotReady(Exception):
    """A plugin cannot yet say what it has to (a key is still being made); the job is looked at again a little later."""


class CannotBuild(Exception):
    """A plugin cannot do its part for a pod of this job, so that no pod of it is made."""


@dataclass(frozen=True)
class Plugin:
    """One plugin. ``start`` brings its objects up to date, ``pod`` changes a pod in place, ``objects`` names what it made."""

    name: str
    pod: Callable[[Obj, Obj, list[str]], None] = lambda job, pod, given: None
    start: Callable[[Api, Obj, list[str]], None] = lambda api, job, given: None
    objects: Callable[[Obj, list[str]], list[tuple[str, str]]] = lambda job, given: []


def all_containers(pod: Obj) -> Iterator[dict[str, Any]]:
    """Yield the init containers and containers of a pod."""
    yield from pod["spec"].get("initContainers") or ()
    yield from pod["spec"].get("containers") or ()


def add_env(container: dict[str, Any], *entries: dict[str, Any]) -> None:
    """Append variables to a container."""
    container.setdefault("env", []).extend(entries)


def variable(name: str, value: str) -> dict[str, Any]:
    """Return an environment variable."""
    return {"name": name, "value": value}


def open_port(container: dict[str, Any], port: int, name: str) -> None:
    """Name a port that the container does not list yet."""
    ports = container.setdefault("ports", [])
    if not any(entry.get("containerPort") == port for entry in ports):
        ports.append({"name": name, "containerPort": port, "protocol": "TCP"})


def host_of(job: Obj, entry: dict[str, Any], index: int) -> str:
    """Return the name under which the other pods reach this one: hostname and subdomain of the template, or the svc plugin's."""
    spec = (entry.get("template") or {}).get("spec") or {}
    job_name = meta(job)["name"]
    host = spec.get("hostname") or pod_name(job_name, entry["name"], index)
    return f"{host}.{spec.get('subdomain') or job_name}"


def hosts_of(job: Obj, name: str) -> list[str]:
    """Return the hosts of all pods of a task, none if there is no such task."""
    entry = task(job, name)
    return [host_of(job, entry, index) for index in range(entry.get("replicas", 0))] if entry else []


def named(job: Obj, name: str) -> dict[str, Any]:
    """Return the metadata of an object that the job owns."""
    return {"name": name, "namespace": meta(job)["namespace"], "ownerReferences": [owners.reference(job)]}


def ensure(api: Api, resource: str, wanted: Obj, fields: tuple[str, ...]) -> None:
    """Create the object, or bring ``fields`` of the existing one in line."""
    old = api.find(resource, wanted["metadata"]["namespace"], wanted["metadata"]["name"])
    if old is None:
        try:
            api.create(wanted, manager=CONTROLLER)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
        return
    if any(old.get(field) != wanted.get(field) for field in fields):
        api.update({**old, **{field: wanted[field] for field in fields}}, manager=CONTROLLER)
