"""Plays a recorded life cycle to the Training Operator's engine: the user's steps and the pods' states as recorded, in one process.

The kubelet is the recording: what it wrote into pods is written again, and what the engine makes of it is looked at.
"""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from arena_local.sdk.bundle import ApiError, Obj
from arena_local.sdk.clock import Clock
from arena_local.server.subresources import bind
from arena_local.testing import api_server
from arena_pytorchjob.local import BUNDLE as PYTORCH
from arena_tfjob.local import BUNDLE as TENSORFLOW

START = datetime(2026, 1, 1, tzinfo=UTC)
RESOURCES = {"PyTorchJob": "pytorchjobs.kubeflow.org", "TFJob": "tfjobs.kubeflow.org", "Pod": "pods", "Service": "services"}


class Play:
    """One recording, played; afterwards ``paths`` has the conditions of each job on its way, ``events`` what was said of it."""

    def __init__(self, file: Path) -> None:
        self.recording = json.loads(file.read_text())
        self.namespace = self.recording["namespace"]
        self.api = api_server((PYTORCH, TENSORFLOW))
        self.seconds = 0.0
        self.api.clock = Clock(lambda: START + timedelta(seconds=self.seconds))
        self.controllers = {c.resource: c for b in (PYTORCH, TENSORFLOW) for c in (make(self.api) for make in b.controllers)}
        self.paths: dict[str, list[list[str]]] = {}
        self.answers: list[tuple[Any, Any]] = []
        self.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}}, manager="test")
        for given in self.recording.get("given") or ():
            self.api.create(copy.deepcopy(given), manager="test")

    def run(self) -> Play:
        steps = list(self.recording["steps"])
        for entry in self.recording["timeline"]:
            while steps and steps[0]["t"] <= entry["t"]:
                self._step(steps.pop(0))
            self.seconds = max(self.seconds, entry["t"])
            if entry["kind"] == "Pod":
                self._pod(entry)
            self._settle()
        for step in steps:
            self._step(step)
            self._settle()
        return self

    def _step(self, step: Obj) -> None:
        self.seconds = max(self.seconds, step["t"])
        resource = RESOURCES.get(step.get("kind", ""), "")
        if not resource or step["do"] not in ("create", "patch", "delete"):
            return
        code = {"create": 201, "patch": 200, "delete": 200}[step["do"]]
        message = ""
        try:
            if step["do"] == "create":
                self.api.create(copy.deepcopy(step["body"]), manager="test")
            elif step["do"] == "patch":
                self.api.patch(resource, self.namespace, step["name"], step["body"], manager="test")
            else:
                self.api.delete(
                    resource, self.namespace, step["name"], propagation=(step.get("body") or {}).get("propagationPolicy", "Background")
                )
        except ApiError as error:
            code, message = error.code, error.message
        body = step["answer"].get("body")
        recorded = (
            body.get("message", "") if isinstance(body, dict) and body.get("kind") == "Status" and step["answer"]["code"] >= 400 else ""
        )
        self.answers.append(((step["answer"]["code"], recorded), (code, message)))
        self._settle()

    def _pod(self, entry: Obj) -> None:
        pod = self.api.find("pods", self.namespace, entry["name"])
        if pod is None:
            return
        if entry["type"] == "DELETED":
            self.api.finalize_pod(self.namespace, entry["name"], pod["metadata"]["uid"])
            return
        changed = copy.deepcopy(pod)
        for path in entry.get("removed") or ():
            if path.startswith("/status/"):
                _remove(changed, path)
        for path, value in (entry.get("set") or {}).items():
            if path.startswith("/status/"):
                _set(changed, path, value)
        if node := (entry.get("set") or {}).get("/spec/nodeName"):
            bind(self.api, self.namespace, entry["name"], {"target": {"name": node}})
            changed["metadata"] = self.api.get("pods", self.namespace, entry["name"])["metadata"]
        if changed.get("status") != pod.get("status"):
            self.api.update_status(changed, manager="kubelet")

    def _settle(self) -> None:
        """Reconcile every job once, as one change of a pod makes the operator do, and note the conditions."""
        for resource, controller in self.controllers.items():
            for job in list(self.api.list(resource, self.namespace)):
                with contextlib.suppress(ApiError):  # tried again with the next change
                    controller.reconcile(self.namespace, job["metadata"]["name"])
                if after := self.api.find(resource, self.namespace, job["metadata"]["name"]):
                    self._note(after)

    def _note(self, job: Obj) -> None:
        states = conditions(job)
        path = self.paths.setdefault(f"{job['kind']}/{job['metadata']['name']}", [])
        if states and (not path or path[-1] != states):
            path.append(states)

    def events(self, kind: str) -> set[tuple[str, str, str]]:
        """Return (type, reason, message) of the operator's events on the jobs of a kind."""
        found = [e for e in self.api.list("events", self.namespace) if e.get("involvedObject", {}).get("kind") == kind]
        return {(e["type"], e["reason"], e["message"]) for e in found}


def conditions(job: Obj) -> list[str]:
    """Return the conditions of a job as ``type=status/reason``."""
    found = (job.get("status") or {}).get("conditions") or []
    return [f"{c['type']}={c['status']}/{c['reason']}" for c in found]


def recorded_path(recording: Obj, kind: str, name: str) -> list[list[str]]:
    """Return the conditions of a job on its recorded way."""
    path: list[list[str]] = []
    job: Obj = {}
    for entry in recording["timeline"]:
        if (entry["kind"], entry["name"]) != (kind, name):
            continue
        if entry["type"] == "ADDED":
            job = copy.deepcopy(entry["object"])
        for pointer in entry.get("removed") or ():
            _remove(job, pointer)
        for pointer, value in (entry.get("set") or {}).items():
            _set(job, pointer, copy.deepcopy(value))
        if conditions(job) and (not path or path[-1] != conditions(job)):
            path.append(conditions(job))
    return path


def recorded_events(recording: Obj, kind: str, components: Sequence[str]) -> set[tuple[str, str, str]]:
    """Return the recorded (type, reason, message) of the operator's events on the jobs of a kind."""
    found = [e for e in recording["events"] if e["object"].startswith(f"{kind}/") and e["component"] in components]
    return {(e["type"], e["reason"], e["message"]) for e in found}


def _keys(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _walk(obj: Any, keys: list[str]) -> Any:
    for key in keys:
        if isinstance(obj, list):
            obj = obj[int(key)]
        else:
            obj = obj.setdefault(key, {})
    return obj


def _set(obj: Any, pointer: str, value: Any) -> None:
    *way, last = _keys(pointer)
    place = _walk(obj, way)
    if not isinstance(place, list):
        place[last] = value
    elif int(last) < len(place):
        place[int(last)] = value
    else:
        place.append(value)


def _remove(obj: Any, pointer: str) -> None:
    *way, last = _keys(pointer)
    place = _walk(obj, way)
    if isinstance(place, list):
        del place[int(last)]
    else:
        place.pop(last, None)
