"""A real API server in memory with the controllers on it, and a node that pretends to run pods."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from arena_core.k8s import time
from arena_local.context import Context, Options
from arena_local.controllers.builtin import builtin_controllers
from arena_local.controllers.manager import Manager
from arena_local.sdk.bundle import Obj
from arena_local.server.server import ApiServer
from arena_local.testing import api_server

FAST = {"job.batch": 0.0, "job.backoff": 0.02, "kueue.retry": 0.05, "kueue.scheduling": 0.0, "kueue.status": 0.0}


class PretendedNode:
    """Runs pods: Running and Ready at once, then what the annotation ``exit`` says (seconds, code); killed ones fail with 137."""

    name = "pretended-node"
    resource = "pods"
    owns: tuple[str, ...] = ()
    watches: dict = {}

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self.codes: Callable[[Obj], tuple[float, int] | None] = lambda pod: None

    def reconcile(self, namespace: str, name: str) -> float | None:
        pod = self._api.find("pods", namespace, name)
        if pod is None:
            return None
        phase = (pod.get("status") or {}).get("phase")
        if pod["spec"].get("schedulingGates"):
            return None
        if pod["metadata"].get("deletionTimestamp"):
            if phase == "Running":
                self._end(pod, 137)
            self._api.finalize_pod(namespace, name, pod["metadata"]["uid"])
            return None
        if phase in ("Succeeded", "Failed"):
            return None
        now = time.text(self._api.now())
        if phase != "Running":
            status = {**(pod.get("status") or {}), "phase": "Running", "startTime": now, "podIP": f"127.9.0.{len(self._api.list('pods'))}"}
            status["conditions"] = [{"type": "Ready", "status": "True", "lastTransitionTime": now}]
            self._api.update_status({**pod, "status": status}, manager="kubelet")
        plan = self.codes(pod)
        if plan is None:
            return None
        after, code = plan
        begun = (pod.get("status") or {}).get("startTime")
        if begun and after <= 0:
            self._end(pod, code)
            return None
        if begun and (self._api.now() - self._begun(pod)).total_seconds() >= after:
            self._end(pod, code)
            return None
        return max(after, 0.01)

    def _begun(self, pod: Obj):

        return time.read(pod["status"]["startTime"])

    def _end(self, pod: Obj, code: int) -> None:
        now = time.text(self._api.now())
        status = {**pod["status"], "phase": "Failed" if code else "Succeeded"}
        others = [c for c in status.get("conditions") or () if c["type"] in ("DisruptionTarget", "TerminationTarget")]
        status["conditions"] = [*others, {"type": "Ready", "status": "False", "lastTransitionTime": now}]
        ended = {"exitCode": code, "reason": "Error" if code else "Completed", "finishedAt": now, "startedAt": now}
        containers = pod["spec"]["containers"]
        status["containerStatuses"] = [
            {"name": c["name"], "image": c["image"], "imageID": "", "ready": False, "restartCount": 0, "state": {"terminated": ended}}
            for c in containers
        ]
        self._api.update_status({**pod, "status": status}, manager="kubelet")


class World:
    """API server, controllers, node; ``until`` runs the loop until something is true."""

    def __init__(self, bundles: tuple = (), options: Options | None = None) -> None:
        self.options = options or Options(delays=FAST)
        self.api = api_server(bundles, self.options, queues=True)
        bundles = tuple(self.api.bundles)
        self.node = PretendedNode(self.api)
        controllers = [*builtin_controllers(self.api), *(make(self.api) for b in bundles for make in b.controllers), self.node]
        self.manager = Manager(self.api, controllers)
        self.context = Context(Path(), self.api, self.options, "token", bundles)

    def pass_time(self, seconds: float) -> None:
        self.api.clock.leap(seconds)

    async def until(self, check: Callable[[], object], seconds: float = 5.0) -> None:
        """Let the cluster's clock run until something is true: nobody waits for it."""
        end = self.api.clock.seconds() + seconds
        while not check():
            assert self.api.clock.seconds() < end, "it did not come true"
            await self.api.clock.advance(0.005)

    async def quiet(self) -> None:
        """Nothing is written any more: a level-triggered controller that writes each time it looks would never end."""
        now = self.api.clock.seconds
        last = [now()]
        end = self.api.subscribe(lambda event, resource, new, old: last.append(now()))
        await self.until(lambda: self.manager.idle() and now() - last[-1] > 0.2)
        end()

    def conditions(self, resource: str, name: str, namespace: str = "default") -> dict[str, tuple[str, str, str]]:
        obj = self.api.get(resource, namespace, name)
        found = (obj.get("status") or {}).get("conditions") or ()
        return {c["type"]: (c["status"], c.get("reason", ""), c.get("message", "")) for c in found}

    def events(self, kind: str, name: str) -> list[tuple[str, str]]:
        return [
            (event["reason"], event.get("message") or event.get("note", ""))
            for event in self.api.list("events")
            if (event.get("involvedObject") or event.get("regarding"))["kind"] == kind
            and (event.get("involvedObject") or event.get("regarding"))["name"] == name
        ]

    def pods(self, **labels: str) -> list[Obj]:
        return list(self.api.list("pods", "default", labels or None))

    def run(self, story) -> None:
        async def main() -> None:
            await self.manager.start()
            try:
                await story
            finally:
                await self.manager.stop()

        asyncio.run(main())


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def make_world() -> type[World]:
    return World


def new_job(name: str = "j", **spec: object) -> Obj:
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i:1", "command": ["true"]}]}}
    meta: Obj = {"name": name, "namespace": "default"}
    labels = spec.pop("labels", None)
    if labels:
        meta["labels"] = labels
    requests = spec.pop("requests", None)
    if requests:
        template["spec"]["containers"][0]["resources"] = {"requests": requests, "limits": requests}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": {"template": template, **spec}}


@pytest.fixture
def job() -> Callable[..., Obj]:
    return new_job
