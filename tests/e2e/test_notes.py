"""The commands that users of Arena and of its AppWrapper fork have in their notes work as they are written."""

from __future__ import annotations

import re

#: Says who it is, and waits for the others: a master that ends before a worker has looked it up leaves the worker waiting, as on a cluster.
TRAIN = """
import os, pathlib, time
print({k: v for k, v in os.environ.items() if k in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "NODE_RANK")}, flush=True)
job, end = os.environ["MASTER_ADDR"], time.monotonic() + 30
pathlib.Path(job + "." + os.environ["RANK"]).touch()
while len(list(pathlib.Path().glob(job + ".?"))) < int(os.environ["WORLD_SIZE"]) and time.monotonic() < end:
    time.sleep(0.05)
"""

PYTORCH = (
    "arena submit appwrapperjob --name pytorch-test --image pytorch/pytorch:latest --gpus 1 --workers 2 --kueue-queue default-queue "
    '"python train.py"'
)
VOLCANO = """arena submit appwrapperjob --name volcano-test --image pytorch/pytorch:latest --inner-type volcano --replicas 4 --gpus 1 \\
    --kueue-queue default-queue --scheduler-name volcano "python train.py"
"""
TENSORFLOW = """arena submit tf --name=style-transfer --gpus=2 --tensorboard --workers=2 \\
    --workerImage=registry.cn-hangzhou.aliyuncs.com/tensorflow-samples/neural-style:gpu --workingDir=/neural-style --ps=1 \\
    --psImage=registry.cn-hangzhou.aliyuncs.com/tensorflow-samples/style-transfer:ps \\
    "python neural_style.py --styles /neural-style/examples/1-style.jpg --iterations 1000000"
"""


def test_quick_start_of_the_fork(machine, folder):
    (folder / "train.py").write_text(TRAIN)
    assert "appwrapper.workload.codeflare.dev/pytorch-test created" in machine.sh(PYTORCH, cwd=folder)
    machine.sh(VOLCANO, cwd=folder)
    for name in ("pytorch-test", "volcano-test"):
        machine.sh(f"arena wait {name} --timeout 40s || {{ arena why {name}; arena get {name} -e; arena list; exit 1; }}")
    rows = {line.split()[0]: line.split() for line in machine.sh("arena list --type appwrapperjob").splitlines()}
    assert rows["NAME"][:5] == ["NAME", "STATUS", "TRAINER", "DURATION", "GPU(Requested)"]
    assert [rows[n][i] for n in ("pytorch-test", "volcano-test") for i in (1, 2, 4)] == ["SUCCEEDED", "APPWRAPPERJOB", "2", "SUCCEEDED", "APPWRAPPERJOB", "4"]  # fmt: skip
    shown = machine.sh("arena get pytorch-test --type appwrapperjob")
    assert re.search(r"pytorch-test-master-0 +Completed +\S+ +true +1 ", shown), shown
    assert "'RANK': '0'" in machine.sh("arena logs pytorch-test --type appwrapperjob")
    logs = machine.sh("arena logs volcano-test --all-instances")
    assert {f"'RANK': '{n}'" for n in range(4)} == set(re.findall(r"'RANK': '\d'", logs))
    assert logs.count("'MASTER_ADDR': 'volcano-test-worker-0.volcano-test'") == 4 == logs.count("'WORLD_SIZE': '4'")
    # A wrapped job is listed once, under its wrapper, and found without --type.
    everything = machine.sh("arena list")
    assert everything.count("pytorch-test") == 1 and everything.count("volcano-test") == 1
    assert "APPWRAPPERJOB" in machine.sh("arena get pytorch-test")
    machine.sh("arena delete pytorch-test --type appwrapperjob")
    machine.sh("arena delete volcano-test")
    machine.until(lambda: not machine.owned("pytorch-test") and not machine.owned("volcano-test"), "nothing to be left")


def test_tensorflow_with_the_old_spellings(machine, folder):
    (folder / "neural_style.py").write_text('import os, time\nprint("TF", os.environ["TF_CONFIG"], flush=True)\ntime.sleep(4)\n')
    said = machine.sh(TENSORFLOW, cwd=folder)
    assert "tfjob.kubeflow.org/style-transfer created" in said and "--workerImage is the old name of --worker-image" in said
    machine.sh("arena wait style-transfer --for running --timeout 20s")
    shown = machine.sh("arena get style-transfer")
    assert [len(re.findall(f"style-transfer-{role}-", shown)) for role in ("worker", "ps")] == [2, 1]
    assert machine.json("arena get style-transfer -o json")["requestGPUs"] == 4
    machine.until(lambda: '"ps":["style-transfer-ps-0' in machine.sh("arena logs style-transfer"), "the log")
    machine.sh("arena delete style-transfer")
    machine.until(lambda: not machine.owned("style-transfer"), "nothing to be left")


def test_profile(machine):
    """``PROFILE_RATE=500 arena list --pprof`` is taken as it is; what is written is Python's own profile."""
    said = machine.sh("PROFILE_RATE=500 arena list --pprof")
    assert "NAME" in said and "CPU profile: " in said
