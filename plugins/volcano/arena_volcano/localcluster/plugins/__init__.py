"""The job plugins of Volcano, by the name under which a job asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from arena_core.k8s import owners
from arena_local.sdk.bundle import Api, ApiError, Obj
from arena_volcano.localcluster.keys import CONTROLLER, meta
from arena_volcano.localcluster.plugins import env, frameworks, ray, ssh, svc
from arena_volcano.localcluster.plugins.base import Plugin

KNOWN: Mapping[str, Plugin] = {
    plugin.name: plugin
    for plugin in (
        env.PLUGIN,
        svc.PLUGIN,
        ssh.PLUGIN,
        frameworks.PYTORCH,
        frameworks.TENSORFLOW,
        frameworks.MPI,
        frameworks.HCCLRANK,
        ray.PLUGIN,
    )
}


def _asked(job: Obj) -> Iterator[tuple[Plugin, list[str]]]:
    """Yield the job's plugins; hcclrank last, because it reads what the others have written."""
    asked = job["spec"].get("plugins") or {}
    for name in sorted(asked, key=lambda name: (name == "hcclrank", name)):
        if name in KNOWN:
            yield KNOWN[name], list(asked[name] or ())


def start(api: Api, job: Obj) -> None:
    """Bring the objects of all plugins up to date."""
    for plugin, given in _asked(job):
        plugin.start(api, job, given)


def change_pod(job: Obj, pod: Obj) -> None:
    """Let every plugin change a new pod."""
    for plugin, given in _asked(job):
        plugin.pod(job, pod, given)


def controlled(job: Obj) -> dict[str, str]:
    """Return what ``status.controlledResources`` says of the plugins."""
    return {f"plugin-{plugin.name}": plugin.name for plugin, _ in _asked(job)}


def stop(api: Api, job: Obj) -> bool:
    """Delete what the plugins made; returns whether there was anything."""
    found = False
    for plugin, given in _asked(job):
        for resource, name in plugin.objects(job, given):
            old = api.find(resource, meta(job)["namespace"], name)
            if old is None or old["metadata"].get("deletionTimestamp") or not owners.controlled_by(old, meta(job)["uid"]):
                continue
            try:
                api.delete(resource, meta(job)["namespace"], name, manager=CONTROLLER)
                found = True
            except ApiError as error:
                if error.code != 404:
                    raise
    return found
