"""Makes one job of a cron: runs in a pod, with the rights of its service account and nothing but the standard library of Python 3.8.

Arena sends this file along in a ConfigMap. The job to make is beside it (job.json); what was asked for is in the environment.
"""

from __future__ import annotations

import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Dict, List

Obj = Dict[str, Any]  # noqa: UP006 - it runs in images with older Pythons, too
ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
LABEL = "arena.kubeflow.org/cron-name"
#: Conditions and words by which kinds say that a job has ended, and where the words are.
ENDS = frozenset(
    "Succeeded Complete Completed SUCCEEDED COMPLETED Failed FAILED Terminated Aborted STOPPED SUBMISSION_FAILED".split()  # noqa: SIM905
)
WORDS = ("phase", "state.phase", "jobStatus", "jobDeploymentStatus", "applicationState.state")


def call(method: str, path: str, body: Obj | None = None) -> Obj:
    """Ask the cluster that this pod runs in."""
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    where = f"[{host}]" if ":" in host else host
    token = (ACCOUNT / "token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"https://{where}:{port}{path}", data, headers, method=method)
    context = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    # No proxy: the API server is inside.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    with opener.open(request, timeout=60) as answer:
        found: Obj = json.load(answer)
        return found


def ended(job: Obj) -> bool:
    """Whether a job has ended; of a kind that does not say so it never has."""
    status = job.get("status") or {}
    for condition in status.get("conditions") or []:
        if condition.get("status") == "True" and condition.get("type") in ENDS:
            return True
    for path in WORDS:
        value: Any = status
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, str) and value in ENDS:
            return True
    return False


def due(name: str) -> str:
    """When the job was due: its name ends with the minutes since 1970, or with seconds where it was asked for by hand."""
    number = int(name.rsplit("-", 1)[1])
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(number if number > 10**9 else number * 60))


def delete(base: str, job: Obj) -> None:
    """Delete this very job."""
    name, uid = job["metadata"]["name"], job["metadata"]["uid"]
    options = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background", "preconditions": {"uid": uid}}
    try:
        call("DELETE", f"{base}/{name}", options)
    except urllib.error.HTTPError as error:
        if error.code not in (404, 409):
            raise
    print(f"deleted {name}")


def main() -> None:
    """Make the job as policy and deadline allow, and clean up."""
    cron, name = os.environ["ARENA_CRON"], os.environ["ARENA_JOB"]
    deadline = os.environ.get("ARENA_DEADLINE", "")
    if deadline and due(name) > deadline:
        print(f"no job is made: the deadline of {cron} was {deadline}")
        return
    namespace = (ACCOUNT / "namespace").read_text().strip()
    uid = call("GET", f"/apis/batch/v1/namespaces/{namespace}/cronjobs/{cron}")["metadata"]["uid"]
    base = os.environ["ARENA_PATH"].replace("{namespace}", namespace)
    found = call("GET", f"{base}?labelSelector={urllib.parse.quote(f'{LABEL}={cron}')}")["items"]
    own = [one for one in found if any(ref.get("uid") == uid for ref in one["metadata"].get("ownerReferences") or [])]
    own.sort(key=lambda one: (one["metadata"]["creationTimestamp"], one["metadata"]["name"]))
    if name not in [one["metadata"]["name"] for one in own] and not make(base, name, namespace, uid, own):
        return
    over = [one for one in own if ended(one)]
    for one in over[: max(0, len(over) - int(os.environ.get("ARENA_KEEPS", "10")))]:
        delete(base, one)


def make(base: str, name: str, namespace: str, uid: str, own: List[Obj]) -> bool:  # noqa: UP006
    """Make the job; returns False where the one before still runs and that forbids it."""
    policy, active = os.environ.get("ARENA_POLICY", "Allow"), [one for one in own if not ended(one)]
    if active and policy == "Forbid":
        print(f"no job is made: {active[0]['metadata']['name']} still runs")
        return False
    for one in active if policy == "Replace" else []:
        delete(base, one)
    job = json.loads(Path(__file__).with_name("job.json").read_text())
    owner = {"apiVersion": "batch/v1", "kind": "CronJob", "name": os.environ["ARENA_CRON"], "uid": uid, "controller": True}
    job["metadata"].update(name=name, namespace=namespace, ownerReferences=[owner])
    call("POST", base, job)
    print(f"made {name}")
    return True


if __name__ == "__main__":
    try:
        main()
    except urllib.error.HTTPError as error:
        sys.exit(f"the cluster answered {error.code}: {error.read().decode('utf-8', 'replace')[:2000]}")
