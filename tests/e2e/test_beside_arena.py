"""Arena (Go) and this program side by side: what the other tool needs to list, show and delete a job is there; nothing that it wrote is run."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("ARENA_SHARED", Path(__file__).resolve().parents[3] / "shared"))

#: Job type → what to submit, its collection, its own CreatedBy label, chart, and how kubectl calls the object.
TYPES = {
    "pytorchjob": ("--workers 2 --gpus 1", "/apis/kubeflow.org/v1/{}/pytorchjobs", "PyTorchJob", "pytorchjob-0.5.2", "pytorchjob.kubeflow.org", "2"),
    "tfjob": ("--workers 2 --gpus 1 --ps 1", "/apis/kubeflow.org/v1/{}/tfjobs", "TFJob", "tfjob-0.39.1", "tfjob.kubeflow.org", "2"),
    "volcanojob": ("--replicas 2", "/apis/batch.volcano.sh/v1alpha1/{}/jobs", "VolcanoJob", "volcanojob-0.2.0", "job.batch.volcano.sh", "0"),
    "appwrapperjob": (
        "--inner-type volcano --replicas 2 --gpus 1 --kueue-queue default-queue",
        "/apis/workload.codeflare.dev/v1beta2/{}/appwrappers",
        "AppWrapperJob",
        "appwrapperjob-0.3.2",
        "appwrapper.workload.codeflare.dev",
        "2",
    ),
}  # fmt: skip
SPACE = "namespaces/default"
#: What old Arena records of the same type (its own object files), to compare with.
RECORDED = {"pytorchjob": "py02-gpus-workers", "tfjob": "tf02-ps-workers", "volcanojob": "vj01-minimal", "appwrapperjob": "aw01-readme"}


@pytest.mark.parametrize("kind", TYPES)
def test_what_the_other_tool_reads_is_there(kind, machine):
    words, path, creator, chart, resource, gpus = TYPES[kind]
    name = f"beside-{kind}"
    machine.sh(f'arena submit {kind} --name {name} --image i {words} "sleep 60"')
    job = machine.api(f"{path.format(SPACE)}/{name}")
    labels, notes = job["metadata"]["labels"], job["metadata"]["annotations"]
    expected = {"app": kind, "release": name, "chart": chart, "heritage": "Helm", "createdBy": creator}
    assert {k: labels.get(k) for k in expected} == expected
    assert labels["arena.kubeflow.org/uid"] and notes["arena.kubeflow.org/username"]
    assert notes["requestGPUsOfJobOwner"] == gpus
    record = machine.api(f"/api/v1/{SPACE}/configmaps/{name}-{kind}")
    assert record["metadata"]["labels"]["createdBy"] == "arena"
    assert set(record["data"]) == {"app", "values", chart.rpartition("-")[0]}
    assert record["data"][chart.rpartition("-")[0]] == chart.rpartition("-")[2]
    assert f"{resource}/{name}" in record["data"]["app"].splitlines()
    (owner,) = record["metadata"]["ownerReferences"]
    assert (owner["uid"], owner["name"]) == (job["metadata"]["uid"], name)
    pods = machine.until(lambda: machine.api(f"/api/v1/{SPACE}/pods?labelSelector=app%3D{kind},release%3D{name}")["items"], "pods")
    env = {e["name"]: e.get("value") for e in pods[0]["spec"]["containers"][0].get("env", [])}
    assert kind == "volcanojob" or {"workers", "gpus"} <= env.keys()
    machine.sh(f"arena delete {name}")
    machine.until(lambda: not machine.owned(name), "nothing to be left, the record neither")


@pytest.mark.parametrize("kind", TYPES)
def test_the_record_is_shaped_as_the_other_tool_writes_it(kind, machine):
    file = SHARED / "arena-go" / "objects" / f"{RECORDED[kind]}.json"
    if not file.exists():
        pytest.skip("the reference material is not here")
    recorded = json.loads(file.read_text())
    theirs = next(o for o in recorded["objects"] if o["kind"] == "ConfigMap" and o["metadata"]["labels"].get("createdBy") == "arena")
    chart = TYPES[kind][3]
    assert set(theirs["data"]) == {"app", "values", chart.rpartition("-")[0]}
    assert theirs["data"][chart.rpartition("-")[0]] == chart.rpartition("-")[2]
    assert theirs["metadata"]["name"].endswith(f"-{kind}")
    assert any(line.startswith(TYPES[kind][4] + "/") for line in theirs["data"]["app"].splitlines())


def create(machine, path, obj):
    import urllib.request

    import yaml

    server = yaml.safe_load(machine.kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
    request = urllib.request.Request(server + path, json.dumps(obj).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def test_jobs_of_the_other_tool_are_ours_to_use_and_nothing_in_a_record_is_run(machine, folder):
    """A job as Arena (Go) makes it, with a record that holds a shell command: Arena's own delete would run it."""
    bait = folder / "ran"
    labels = {"app": "appwrapperjob", "release": "theirs", "chart": "appwrapperjob-0.3.2", "heritage": "Helm", "createdBy": "AppWrapperJob"}
    pod = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i", "command": ["sh", "-c", "echo hello; sleep 60"]}]}}
    template = {
        "apiVersion": "batch.volcano.sh/v1alpha1",
        "kind": "Job",
        "metadata": {"name": "theirs", "labels": {**labels, "workload.codeflare.dev/appwrapper": "theirs"}},
        "spec": {
            "minAvailable": 1,
            "schedulerName": "volcano",
            "tasks": [{"name": "worker", "replicas": 1, "template": {"metadata": {"labels": labels}, **pod}}],
        },
    }
    wrapper = {
        "apiVersion": "workload.codeflare.dev/v1beta2",
        "kind": "AppWrapper",
        "metadata": {"name": "theirs", "labels": labels},
        "spec": {"components": [{"podSets": [{"path": "template.spec.tasks[0].template", "replicas": 1}], "template": template}]},
    }
    created = create(machine, f"/apis/workload.codeflare.dev/v1beta2/{SPACE}/appwrappers", wrapper)
    app = f"appwrapper.workload.codeflare.dev/theirs; touch {bait} #\n$(touch {bait})\n`touch {bait}`\nservice/kubernetes"
    record = {"metadata": {"name": "theirs-appwrapperjob", "labels": {"createdBy": "arena"}}, "data": {"app": app, "appwrapperjob": "0.3.2", "values": f"$(touch {bait})"}}  # fmt: skip
    create(machine, f"/api/v1/{SPACE}/configmaps", record)
    machine.sh("arena wait theirs --for running --timeout 30s")
    assert "theirs" in machine.sh("arena list --type appwrapperjob")
    machine.until(lambda: "hello" in machine.sh("arena logs theirs"), "the log")
    assert machine.json("arena get theirs -o json")["instances"][0]["chief"] is True
    assert "deleted" in machine.sh("arena delete theirs")
    machine.until(lambda: not machine.owned("theirs"), f"nothing to be left of {created['metadata']['uid']}, the foreign record neither")
    assert not bait.exists()
    assert machine.api(f"/api/v1/{SPACE}/services/kubernetes").get("kind") == "Service", "only the job itself is deleted"
