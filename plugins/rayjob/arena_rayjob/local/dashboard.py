"""Ray's dashboard as the operator asks it, beside the event loop: a reconcile takes an answer that has come, and never waits."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from arena_local.sdk.bundle import Obj
from arena_rayjob.local.runtimeenv import runtime_env

TIMEOUT = 2.0
PATH = "/api/jobs/"


@dataclass(frozen=True)
class Answer:
    """What the dashboard has said: the job's information, that there is no such job, or why nothing was learnt."""

    info: Obj = field(default_factory=dict)
    missing: bool = False
    error: str = ""


def ask(address: str, job_id: str, body: Obj | None) -> Answer:
    """Ask for a job; with ``body`` it is submitted where it is not known yet."""
    try:
        code, said = _request(address, "GET", f"{PATH}{quote(job_id)}")
        if code == 404 and body is not None:
            code, said = _request(address, "POST", PATH, body)
            return Answer(missing=True) if code // 100 == 2 else Answer(error=f"SubmitJob fail: {code} {said}"[:500])
        if code == 404:
            return Answer(missing=True)
        info = json.loads(said)
        return Answer(info=info) if code == 200 and isinstance(info, dict) else Answer(error=f"GetJobInfo fail: {said}"[:500])
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(error=str(error) or type(error).__name__)


def stop(address: str, job_id: str) -> None:
    """Ask Ray to stop a job, and do not wait for it."""
    threading.Thread(target=_quietly, args=(address, "POST", f"{PATH}{quote(job_id)}/stop"), daemon=True).start()


def request_of(job: Obj, job_id: str) -> Obj:
    """Return the body that submits a job's command in HTTPMode."""
    spec = job["spec"]
    body: Obj = {"entrypoint": str(spec.get("entrypoint") or ""), "submission_id": job_id}
    for key, value in (("runtime_env", runtime_env(spec)), ("metadata", spec.get("metadata"))):
        if value:
            body[key] = value
    for key, name in (("entrypoint_num_cpus", "entrypointNumCpus"), ("entrypoint_num_gpus", "entrypointNumGpus")):
        if spec.get(name):
            body[key] = spec[name]
    if spec.get("entrypointResources"):
        body["entrypoint_resources"] = json.loads(spec["entrypointResources"])
    return body


class Questions:
    """One question at a time for each job."""

    def __init__(self) -> None:
        self._asked: dict[Any, list[Answer]] = {}

    def take(self, key: Any, question: Callable[[], Answer]) -> Answer | None:
        """Return the answer that has come, and forget it; None where there is none yet: then the question is being asked."""
        box = self._asked.get(key)
        if box:
            del self._asked[key]
            return box[0]
        if box is None:
            fresh: list[Answer] = []
            self._asked[key] = fresh
            threading.Thread(target=lambda: fresh.append(question()), daemon=True).start()
        return None

    def forget(self, keep: Callable[[Any], bool]) -> None:
        """Forget what was asked for jobs that are gone."""
        for key in [key for key in self._asked if not keep(key)]:
            del self._asked[key]


def _request(address: str, method: str, path: str, body: Obj | None = None) -> tuple[int, str]:
    connection = http.client.HTTPConnection(address, timeout=TIMEOUT)
    try:
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, {"Content-Type": "application/json"} if body is not None else {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()


def _quietly(address: str, method: str, path: str) -> None:
    try:
        _request(address, method, path)
    except (OSError, http.client.HTTPException, ValueError):
        return
