"""Processes of one job find each other and train together: in each job type, in wrappers, several at once, and in both name modes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from arena_local.context import Options
from arena_local.testing import LocalCluster

KINDS = {
    "pytorchjob": ("volcano", "pytorchjob --workers 4 --clean-task-policy None"),
    "volcanojob": ("volcano", "volcanojob --replicas 4"),
    "tfjob": ("tfjob", "tfjob --workers 3 --ps 1 --clean-task-policy None"),
    "volcano-in-wrapper": ("appwrapper", "appwrapperjob --inner-type volcano --replicas 4 --kueue-queue default-queue"),
    "pytorch-in-wrapper": ("appwrapper", "appwrapperjob --workers 4 --kueue-queue default-queue"),
    "tf-in-wrapper": ("tfjob", "appwrapperjob --inner-type tf --workers 3 --ps 1"),
}


def ends(text):
    """Return the models that the processes ended with."""
    return re.findall(r"done: y = (\S+) x (\S+)", text)


@pytest.mark.parametrize("kind", KINDS)
def test_four_processes_train_together(kind, machine, example):
    folder, rest = KINDS[kind]
    name = f"meet-{kind}"
    machine.sh(f'arena submit {rest} --name {name} --image python:3.11 --gpus 1 "python train.py"', cwd=example(folder))
    machine.sh(f"arena wait {name} --timeout 40s")
    found = machine.json(f"arena get {name} -o json")
    ours = 3 if "tf" in kind else 4
    assert (found["status"], found["requestGPUs"]) == ("SUCCEEDED", ours)
    assert len(found["instances"]) == 4 and sum(i["chief"] for i in found["instances"]) == 1
    models = ends(machine.sh(f"arena logs {name} --all-instances"))
    assert len(models) == 4
    assert all(abs(float(slope) - 3) < 0.05 and abs(float(offset) + 2) < 0.05 for slope, offset in models)
    assert "tf" in kind or len(set(models)) == 1, "every rank has the same model"
    machine.sh(f"arena delete {name}")
    machine.until(lambda: not machine.owned(name), "nothing to be left")


def test_two_at_once_do_not_meet(machine, example):
    """Two jobs with the same port number, side by side: each meets its own."""
    volcano = "arena submit appwrapperjob --inner-type volcano --replicas 3 --name both-a --image i"
    pytorch = "arena submit appwrapperjob --workers 3 --name both-b --image i"
    machine.sh(f'{volcano} "python train.py" & {pytorch} "python train.py" & wait', cwd=example("appwrapper"))
    machine.sh("arena wait both-a --timeout 40s && arena wait both-b --timeout 40s")
    for name in ("both-a", "both-b"):
        models = ends(machine.sh(f"arena logs {name} --all-instances"))
        assert len(models) == 3 and len(set(models)) == 1
    machine.sh("arena delete both-a both-b")


@pytest.mark.slow
def test_wrapped_job_is_followed_while_it_runs(machine, folder):
    """While four pods of one GPU run, list and get say so; a fifth waits in the queue with its reason."""
    (folder / "wait.py").write_text("import time\ntime.sleep(60)\n")
    run = "--kueue-queue default-queue --image i"
    wrapper = "arena submit appwrapperjob --inner-type volcano"
    machine.sh(f'{wrapper} --replicas 4 --gpus 1 --name held {run} "python wait.py"', cwd=folder)
    machine.sh("arena wait held --for running --timeout 30s")
    row = next(line.split() for line in machine.sh("arena list").splitlines() if line.startswith("held "))
    assert row[1:3] == ["RUNNING", "APPWRAPPERJOB"] and row[4:6] == ["4", "4"]
    machine.sh(f'{wrapper} --replicas 2 --gpus 4 --name waits {run} "python wait.py"', cwd=folder)
    found = machine.until(lambda: next((f for f in [machine.json("arena get waits -o json")] if f.get("message")), None), "a reason")
    assert found["status"] == "QUEUING" and "nvidia.com/gpu" in found["message"], found
    assert "held by held (4 nvidia.com/gpu)" in machine.sh("arena why waits")
    machine.sh("arena delete held")
    machine.sh("arena wait waits --for running --timeout 30s")
    machine.sh("arena delete waits")
    machine.until(lambda: not machine.owned("held") and not machine.owned("waits"), "nothing to be left")


@pytest.mark.slow
def test_a_failed_run_is_repeated(machine, folder):
    """The first run fails, the second goes on: what an AppWrapper is for. ``--retry-limit 0`` makes the first failure final."""
    (folder / "train.py").write_text(
        'import pathlib, sys\nmark = pathlib.Path("tried")\nif mark.exists():\n    print("second run")\n    sys.exit(0)\nmark.touch()\nsys.exit(9)\n'
    )
    quick = "--failure-grace-period 0s --retry-pause-period 0s --image i"
    machine.sh(f'arena submit aw --inner-type volcano --name again {quick} "python train.py"', cwd=folder)
    machine.sh("arena wait again --timeout 60s")
    assert "second run" in machine.sh("arena logs again")
    (folder / "tried").unlink()
    final = f"{quick} --retry-limit 0 --deletion-on-failure-grace-period 1m"
    machine.sh(f'arena submit aw --inner-type volcano --name once {final} "python train.py"', cwd=folder)
    machine.sh("arena wait once --for failed --timeout 60s")
    found = machine.json("arena get once -o json")
    assert found["status"] == "FAILED" and "exited with 9" in found["message"], found
    assert found["instances"][0]["exitCode"] == 9, "the pods are kept for their logs"
    machine.sh("arena delete again once")


@pytest.mark.parametrize("names", ["auto", "rewrite"])
def test_volcano_pods_reach_each_other_by_name(names):
    """By the svc plugin and by a Service: with a hosts file of the pod's own, and by rewriting where the kernel allows none."""
    from arena_core.client import ArenaClient

    program = Path(__file__).resolve().parents[2] / "examples" / "volcano" / "train.py"
    with LocalCluster.start(Options(names=names, delays={"volcano.session": 0.2})) as cluster:
        client = ArenaClient(kubeconfig=str(cluster.kubeconfig))
        for plugin in (True, False):
            name = f"by-{'plugin' if plugin else 'service'}"
            raw = {"name": name, "image": "i", "inner_type": "volcano", "replicas": 3, "use_svc_plugin": plugin}
            client.submit("appwrapperjob", {**raw, "command": f"python {program}"})
        for name in ("by-plugin", "by-service"):
            client.wait(name, timeout=40)
            job = client.get(name)
            assert str(job.status.phase) == "SUCCEEDED", job.status
            log = "".join(cluster.logs("default", f"{name}-worker-{n}") for n in range(3))
            assert len(ends(log)) == 3, log
