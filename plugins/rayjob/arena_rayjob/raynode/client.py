"""``ray job`` of the stand-in."""

from __future__ import annotations

import json
import shlex
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any

from arena_rayjob.raynode.place import complain, own, say

ENDED = ("SUCCEEDED", "FAILED", "STOPPED")
POLL = 0.3
#: How long at most a submission waits for the first probe of the head.
PATIENCE = 60.0
#: From the answer to a probe until everybody knows that the pod is ready, on a busy machine.
TOLD = 3.0


class Refused(Exception):
    """What the dashboard has refused."""


def job(words: Sequence[str], options: Mapping[str, str]) -> int:
    """Run ``ray job submit``, ``status``, ``logs``, ``stop`` or ``list``."""
    action, rest = (words[0], list(words[1:])) if words else ("", [])
    address = own(options.get("address") or "http://127.0.0.1:8265").rstrip("/")
    address = address if "://" in address else f"http://{address}"
    try:
        if action == "submit":
            return _submit(address, rest, options)
        if action == "list":
            say(json.dumps(_call(address, "/api/jobs/"), indent=1))
            return 0
        job_id = rest[0] if rest else ""
        if action == "status":
            info = _call(address, f"/api/jobs/{job_id}")
            say(f"Status for job '{job_id}': {info['status']}\n{info['message']}")
            return 0
        if action == "logs":
            _follow(address, job_id, follow="follow" in options)
            return 0
        if action == "stop":
            _call(address, f"/api/jobs/{job_id}/stop", {})
            return 0
    except (Refused, OSError) as error:
        complain(f"ray job {action}: {error}")
        return 1
    complain(f"the stand-in for Ray has no 'ray job {action}'")
    return 2


def _submit(address: str, words: Sequence[str], options: Mapping[str, str]) -> int:
    body: dict[str, Any] = {"entrypoint": shlex.join(words)}
    if options.get("submission-id"):
        body["submission_id"] = options["submission-id"]
    for option, key in (("runtime-env-json", "runtime_env"), ("metadata-json", "metadata")):
        if options.get(option):
            body[key] = json.loads(options[option])
    job_id = _call(address, "/api/jobs/", body)["submission_id"]
    say(f"Job '{job_id}' submitted successfully")
    if "no-wait" in options:
        return 0
    ended = _follow(address, job_id, follow=True)
    _stay(address)
    return 0 if ended == "SUCCEEDED" else 1


def _stay(address: str) -> None:
    """Stay until the head has been found ready: a pod of which a container has ended never is, and KubeRay waits for that for good.

    With the real Ray a submission takes longer than the first probe.
    """
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and not _call(address, "/api/probed")["probed"]:
        time.sleep(POLL)
    time.sleep(TOLD)


def _follow(address: str, job_id: str, *, follow: bool) -> str:
    """Print the log, to the end of the command with ``follow``; returns its last status."""
    shown = 0
    while True:
        info = _call(address, f"/api/jobs/{job_id}")
        text = str(_call(address, f"/api/jobs/{job_id}/logs")["logs"])
        sys.stdout.write(text[shown:])
        sys.stdout.flush()
        shown = len(text)
        if info["status"] in ENDED or not follow:
            if follow:
                say(f"Job '{job_id}' {'succeeded' if info['status'] == 'SUCCEEDED' else info['status'].lower()}")
            return str(info["status"])
        time.sleep(POLL)


def _call(address: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{address}{path}", data, {"Content-Type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        raise Refused(error.read().decode(errors="replace")) from error
