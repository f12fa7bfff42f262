"""A local cluster without processes: the real API rules, the real controllers, and a kubelet that does what the test says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from arena_local.context import Options
from arena_local.controllers.manager import Manager
from arena_local.sdk.bundle import ApiError, Obj
from arena_local.testing import api_server
from arena_volcano.local import BUNDLE

JOBS = "jobs.batch.volcano.sh"
GROUPS = "podgroups.scheduling.volcano.sh"
NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "node-1"},
    "spec": {},
    "status": {"allocatable": {"cpu": "2", "memory": "8Gi", "pods": "110", "nvidia.com/gpu": "8", "example.com/dev": "8"}},
}


class Cluster:
    """Runs the controllers in the current event loop. ``plan`` says how a pod ends: exit code, or None to run on."""

    def __init__(self, plan: Callable[[Obj], int | None] = lambda pod: 0) -> None:
        self.plan = plan
        self.api = api_server((BUNDLE,), Options(delays={"volcano.session": 0.02}))
        node = self.api.create(NODE, manager="kubelet")
        self.api.update_status({**node, "status": NODE["status"]}, manager="kubelet")
        self.manager = Manager(self.api, [factory(self.api) for factory in BUNDLE.controllers])
        self.phases: list[str] = []
        self.first: dict[str, str] = {}
        self.made: dict[str, set[str]] = {}
        self.api.subscribe(self._watch)

    def _watch(self, event: str, resource: str, new: Obj, old: Obj | None) -> None:
        if resource == "pods":
            self.first.setdefault(new["metadata"]["name"], new["metadata"]["uid"])
            self.made.setdefault(new["metadata"]["name"], set()).add(new["metadata"]["uid"])
        if resource == "jobs.batch.volcano.sh":
            phase = ((new.get("status") or {}).get("state") or {}).get("phase", "")
            if event == "DELETED":
                phase = "deleted"
            if not self.phases or self.phases[-1] != phase:
                self.phases.append(phase)

    async def __aenter__(self) -> Cluster:
        await self.manager.start()
        self._kubelet = asyncio.create_task(self._run_kubelet())
        return self

    async def __aexit__(self, *_: Any) -> None:
        self._kubelet.cancel()
        await asyncio.gather(self._kubelet, return_exceptions=True)
        await self.manager.stop()

    async def _run_kubelet(self) -> None:
        while True:
            for pod in list(self.api.list("pods")):
                self._step(pod)
            await self.api.clock.sleep(0.02)

    def _step(self, pod: Obj) -> None:
        meta, phase = pod["metadata"], pod["status"].get("phase", "Pending")
        try:
            if meta.get("deletionTimestamp"):
                if phase == "Running":
                    self._set(pod, "Failed", {"terminated": {"exitCode": 143, "reason": "Error"}})
                else:
                    self.api.finalize_pod(meta["namespace"], meta["name"], meta["uid"])
            elif phase == "Pending" and pod["spec"].get("nodeName"):
                self._set(pod, "Running", {"running": {"startedAt": "2026-01-01T00:00:00Z"}})
            elif phase == "Running" and (code := self.plan(pod)) is not None:
                state = {"terminated": {"exitCode": code, "reason": "Completed" if code == 0 else "Error"}}
                self._set(pod, "Failed" if code else "Succeeded", state)
        except ApiError as error:
            if error.code not in (404, 409):
                raise

    def _set(self, pod: Obj, phase: str, state: Obj) -> None:
        name = pod["spec"]["containers"][0]["name"]
        entry = {"name": name, "state": state, "restartCount": 0, "ready": phase == "Running", "image": "x", "imageID": ""}
        self.api.update_status({**pod, "status": {**pod["status"], "phase": phase, "containerStatuses": [entry]}}, manager="kubelet")

    async def until(self, check: Callable[[], Any], seconds: float = 10.0) -> Any:
        """Let the cluster's clock run until something is so; returns what the check returned."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not (found := check()):
            assert asyncio.get_running_loop().time() < deadline, f"not seen in time; phases {self.phases}"
            await self.api.clock.advance(0.01)
            await asyncio.sleep(0.001)  # what is done in a thread takes real time
        return found

    def job(self, name: str = "j") -> Obj | None:
        return self.api.find("jobs.batch.volcano.sh", "default", name)

    def phase(self, name: str = "j") -> str:
        job = self.job(name)
        return ((job.get("status") or {}).get("state") or {}).get("phase", "") if job else "deleted"

    def events(self, kind: str) -> list[tuple[str, str, str]]:
        found = [e for e in self.api.list("events") if e["involvedObject"]["kind"] == kind]
        return [(e["type"], e["reason"], e["message"]) for e in found]


def task(name: str = "a", replicas: int = 1, resources: Obj | None = None, pod: Obj | None = None, **more: Any) -> Obj:
    """Return a task whose pods run one container."""
    container: Obj = {"name": "main", "image": "img", "command": ["true"]}
    if resources:
        container["resources"] = {"requests": resources, "limits": resources}
    spec = {"containers": [container], "restartPolicy": "Never", **(pod or {})}
    return {"name": name, "replicas": replicas, "template": {"spec": spec}, **more}


def vcjob(*tasks: Obj, name: str = "j", **spec: Any) -> Obj:
    """Return a Volcano Job."""
    head = {"name": name, "namespace": "default"}
    return {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "metadata": head, "spec": {"tasks": list(tasks), **spec}}


def run(test: Callable[[Cluster], Awaitable[None]], plan: Callable[[Obj], int | None] = lambda pod: 0) -> None:
    async def main() -> None:
        async with Cluster(plan) as cluster:
            await test(cluster)

    asyncio.run(asyncio.wait_for(main(), 30))


def never(_: Obj) -> int | None:
    return None


def create(cluster: Cluster, *tasks: Obj, **spec: Any) -> Obj:
    return cluster.api.create(vcjob(*tasks, **spec), manager="t")
