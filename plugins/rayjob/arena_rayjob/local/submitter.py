"""What hands the command to Ray: the submitter's Job, or a container of the head. Pure, but for the machine's PATH."""

from __future__ import annotations

import copy
import json
import math
from typing import Any

from arena_local.sdk.bundle import Obj
from arena_rayjob.local.names import CREATED_BY, DASHBOARD, K8S_JOB, MANAGER, ORIGIN, ORIGIN_KIND, SIDECAR, SUBMITTER, made_for
from arena_rayjob.local.path import with_ray
from arena_rayjob.local.runtimeenv import runtime_env

BASH_E = ["/bin/bash", "-ce", "--"]
RESOURCES = {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m", "memory": "200Mi"}}
_HEALTHY = "python -c \"import urllib.request; r=urllib.request.urlopen('{url}', timeout=10); exit(0 if b'success' in r.read() else 1)\""


def script(job: Obj, status: Obj, mode: str) -> str:
    """Return the script that waits for the dashboard, submits the command once, and follows its log."""
    spec, job_id = job["spec"], str(status.get("jobId") or "")
    port = DASHBOARD
    if mode == SIDECAR:
        ports = spec["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]["containers"][0].get("ports") or ()
        port = next((int(p["containerPort"]) for p in ports if p.get("name") == "dashboard"), DASHBOARD)
    address = f"http://127.0.0.1:{port}" if mode == SIDECAR else f"http://{str(status.get('dashboardURL', '')).removeprefix('http://')}"
    url = f"http://localhost:{port}" if mode == SIDECAR else address
    waits = f'"Waiting for Ray Dashboard GCS to become healthy at {address} ..."'
    words = ["until", _HEALTHY.format(url=f"{url}/api/gcs_healthz"), ">/dev/null", "2>&1", ";"]
    words += ["do", "echo", waits, ";", "sleep", "2", ";", "done", ";"]
    if mode == K8S_JOB:
        words += ["if", "!", "ray", "job", "status", "--address", address, job_id, ">/dev/null", "2>&1", ";", "then"]
    words += ["ray", "job", "submit", "--address", address, *(["--no-wait"] if mode == K8S_JOB else [])]
    words += [*_options(spec, job_id), "--", str(spec.get("entrypoint") or "").strip(), ";"]
    if mode == K8S_JOB:
        words += ["fi", ";", "ray", "job", "logs", "--address", address, "--follow", job_id]
    return " ".join(words)


def _options(spec: Obj, job_id: str) -> list[str]:
    words: list[str] = []
    if env := runtime_env(spec):
        words += ["--runtime-env-json", _quoted(env)]
    if metadata := spec.get("metadata"):
        words += ["--metadata-json", _quoted(metadata)]
    words += ["--submission-id", job_id] if job_id else []
    for option, key in (("--entrypoint-num-cpus", "entrypointNumCpus"), ("--entrypoint-num-gpus", "entrypointNumGpus")):
        if (amount := float(spec.get(key) or 0)) > 0 and math.isfinite(amount):
            words += [option, f"{amount:f}"]
    if resources := spec.get("entrypointResources"):
        words += ["--entrypoint-resources", json.dumps(resources, ensure_ascii=False)]
    return words


def _quoted(value: Any) -> str:
    return json.dumps(json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False), ensure_ascii=False)


def _container(job: Obj, status: Obj, container: Obj, mode: str) -> Obj:
    """Return a submitter container with script and variables; one that the user has given a command keeps it."""
    found = copy.deepcopy(container)
    if mode == SIDECAR or not found.get("command"):
        found |= {"command": list(BASH_E), "args": [script(job, status, mode)]}
    added = [("PYTHONUNBUFFERED", "1"), ("RAY_DASHBOARD_ADDRESS", str(status.get("dashboardURL") or ""))]
    added.append(("RAY_JOB_SUBMISSION_ID", str(status.get("jobId") or "")))
    found["env"] = [*(found.get("env") or ()), *({"name": name, **({"value": value} if value else {})} for name, value in added)]
    return found


def _default(spec: Obj) -> Obj:
    image = spec["headGroupSpec"]["template"]["spec"]["containers"][0].get("image", "")
    return {"name": SUBMITTER, "image": image, "resources": copy.deepcopy(RESOURCES)}


def sidecar(job: Obj, status: Obj) -> Obj:
    """Return the submitter as a container of the head's pod."""
    return _container(job, status, _default(job["spec"]["rayClusterSpec"]), SIDECAR)


def submitter_job(job: Obj, status: Obj, cluster: Obj) -> Obj:
    """Return the batch Job whose pod submits the command."""
    spec, name = job["spec"], job["metadata"]["name"]
    template = copy.deepcopy(spec.get("submitterPodTemplate") or {})
    if not template:
        template = {"spec": {"containers": [_default(cluster["spec"])], "restartPolicy": "Never"}}
    containers = template["spec"]["containers"]
    containers[0] = _container(job, status, containers[0], K8S_JOB)
    labels = {ORIGIN: name, ORIGIN_KIND: "RayJob", CREATED_BY: MANAGER}
    given = template.get("metadata") or {}
    template["metadata"] = {"labels": {**(given.get("labels") or {}), **labels}}
    if given.get("annotations"):
        template["metadata"]["annotations"] = given["annotations"]
    with_ray(template["metadata"])
    limit = (spec.get("submitterConfig") or {}).get("backoffLimit")
    body = {"backoffLimit": 2 if limit is None else int(limit), "template": template}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": made_for(job, name, labels), "spec": body}
