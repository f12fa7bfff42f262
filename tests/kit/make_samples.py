"""Cut the samples of a plugin's conformance test out of recorded life cycles: ``python -m tests.kit.make_samples``.

Of each recording the last moment of every phase is taken, phases that are there already are left out. Which phase a moment is, the plugin
says; what it says of these recordings is held against the tables of words that were written by hand.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from arena_core.k8s import owners
from arena_core.k8s import time as k8s_time
from arena_core.testing.lifecycles import Objects, replay
from arena_core.testing.seen import seen

ROOT = Path(__file__).resolve().parents[2]
RECORDINGS = ROOT.parent / "shared" / "recordings"
#: Plugin module, file of its samples, kind, recordings of which the samples are cut.
TYPES = [
    ("arena_pytorchjob.plugin", "pytorchjob/tests/data/samples.json", "PyTorchJob", "pt-clean-none-success pt-worker-fails-never pt-suspend-resume pt-unschedulable kq-pytorch-admitted"),
    ("arena_tfjob.plugin", "tfjob/tests/data/samples.json", "TFJob", "tf-all-roles-success tf-chief-fails tf-suspend-resume tf-clean-none"),
    ("arena_volcano.plugin", "volcano/tests/data/samples.json", "VolcanoJob", "vc-gang-success vc-nopolicy-podfail vc-abort-resume"),
    ("arena_mpijob.plugin", "mpijob/tests/data/samples.json", "MPIJob", "mpi-success-2workers mpi-launcher-fails-backoff0 mpi-suspend-resume kqm-mpijob-quota-wait"),
    ("arena_rayjob.plugin", "rayjob/tests/data/samples.json", "RayJob", "ray-k8sjob-success ray-k8sjob-fails ray-suspend-running kqm-rayjob-admitted"),
    ("arena_trainjob.plugin", "trainjob/tests/data/samples.json", "TrainJob", "tj-initializer tj-torch-2nodes tj-fails tj-suspend-resume kqm-trainjob-quota-wait"),
    ("arena_job.plugin", "job/tests/data/samples.json", "Job", "job-parallel-indexed job-backofflimit job-suspend-resume kq-batchjob-admitted"),
    ("arena_job.jobset.plugin", "job/tests/data/jobset_samples.json", "JobSet", "js-success-driver-2workers js-fail-norestart js-suspend-resume kqm-jobset-quota-wait"),
    ("arena_appwrapper.plugin", "appwrapper/tests/data/samples.json", "AppWrapper", "aw-pytorch-success aw-retrylimit-0 aw-suspend-resume aw-kueue-quota-wait"),
]  # fmt: skip
KEPT = {"name", "namespace", "labels", "creationTimestamp", "deletionTimestamp", "uid", "ownerReferences", "annotations"}


TIME = re.compile(r'"T\+([0-9]+)"')


def _time(found: re.Match[str]) -> str:
    """Return a time for the seconds since the beginning that a recording has in its place."""
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=int(found[1]))
    return json.dumps(k8s_time.text(moment))


def belonging(objects: Objects, uid: str) -> Iterator[tuple[str, Any]]:
    """Yield (kind, object) of all that a job owns, and what those own."""
    for (kind, _), obj in objects.items():
        if owners.owned_by(obj, uid):
            yield kind, obj
            yield from belonging(objects, obj["metadata"]["uid"])


def slim(obj: Any) -> Any:
    """Return an object without what no hook looks at."""
    made = {key: value for key, value in obj.items() if key != "metadata"}
    made["metadata"] = {key: value for key, value in obj["metadata"].items() if key in KEPT}
    if obj["kind"] in ("Job", "Workload", "RayCluster") and not obj["apiVersion"].startswith("batch.volcano"):
        made["spec"] = {key: value for key, value in obj["spec"].items() if not isinstance(value, dict | list)}
    if obj["kind"] == "Pod":
        spec = obj["spec"]
        containers = [{key: c[key] for key in ("name", "image", "resources") if key in c} for c in spec["containers"]]
        made["spec"] = {key: spec[key] for key in ("nodeName", "restartPolicy", "schedulingGates") if key in spec} | {
            "containers": containers
        }
    return made


def patch(job: Any) -> Any:
    """Return what a recorded job has besides what a type builds: its status, whether it is suspended, its queue."""
    made: dict[str, Any] = {"status": job.get("status") or {}}
    spec = job["spec"]
    if "suspend" in spec:
        made["spec"] = {"suspend": spec["suspend"]}
    elif "suspend" in spec.get("runPolicy", {}):
        made["spec"] = {"runPolicy": {"suspend": spec["runPolicy"]["suspend"]}}
    queue = {key: value for key, value in job["metadata"].get("labels", {}).items() if key.startswith("kueue.x-k8s.io/")}
    return made | ({"metadata": {"labels": queue}} if queue else {})


def moments(plugin: Any, kind: str, file: Path) -> dict[tuple[str, bool], dict[str, Any]]:
    """Return the last moment of each (phase, whether there are pods) of the first job of a recording."""
    found: dict[tuple[str, bool], dict[str, Any]] = {}
    name = ""
    for entry, objects in replay(json.loads(file.read_text())["timeline"]):
        name = name or (entry["name"] if entry["kind"] == kind else "")
        job = objects.get((kind, name))
        if job is None:
            continue
        beside = dict.fromkeys(id(obj) for _, obj in belonging(objects, job["metadata"]["uid"]))
        own = [(kind, obj) for (kind, _), obj in objects.items() if id(obj) in beside]
        pods, related = [o for k, o in own if k == "Pod"], [o for k, o in own if k not in ("Pod", "Service", "ConfigMap", "Secret")]
        phase = plugin.arena_job_status(seen(job, pods, related), importlib.import_module("arena_core.registry").Registry()).phase.value
        whole = kind in ("AppWrapper", "JobSet")
        sample = {
            "phase": phase,
            "job": slim(job) if whole else patch(job),
            "pods": [slim(p) for p in pods],
            "related": [{k: v for k, v in slim(r).items() if k != "spec" or r["kind"] != "JobSet"} for r in related],
        }
        found[phase, bool(pods)] = json.loads(TIME.sub(_time, json.dumps(sample)))
    return found


def main() -> None:
    """Write the files of samples that are named, or all."""
    for module, path, kind, scenarios in TYPES:
        if sys.argv[1:] and not any(word in module for word in sys.argv[1:]):
            continue
        samples: dict[tuple[str, bool], Any] = {}
        for scenario in scenarios.split():
            files = list(RECORDINGS.glob(f"*/{scenario}.json"))
            if not files:
                sys.exit(f"there is no recording {scenario}")
            for key, sample in moments(importlib.import_module(module), kind, files[0]).items():
                samples.setdefault(key, sample)
        lines = ",\n".join(json.dumps(sample, sort_keys=True) for sample in samples.values())
        place = ROOT / "plugins" / path
        place.parent.mkdir(exist_ok=True)
        place.write_text(f"[\n{lines}\n]\n")
        print(path, [f"{phase}{'+' if pods else ''}" for phase, pods in samples], place.stat().st_size)


if __name__ == "__main__":
    main()
