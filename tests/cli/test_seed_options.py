"""The options of the AppWrapper fork that users have in their notes: default and meaning, line by line, and the lines are all of them."""

from __future__ import annotations

import json
import re

import pytest

NOTE = "workload.codeflare.dev.appwrapper"
PYTORCH, VOLCANO = ("--workers", "2"), ("--inner-type", "volcano", "--replicas", "4")
INNER = "spec.components[0].template"
TASK = f"{INNER}.spec.tasks[0]"
#: Option → (the type inside, a value, where it is found, the default there: None where the field is absent, what is found).
OPTIONS = {
    "--inner-type": [((), "volcano", f"{INNER}.kind", "PyTorchJob", "Job")],
    "--kueue-queue": [(PYTORCH, "q", "metadata.labels[kueue.x-k8s.io/queue-name]", None, "q")],
    "--retry-limit": [(PYTORCH, "7", f"metadata.annotations[{NOTE}/retryLimit]", "3", "7")],
    "--admission-grace-period": [(PYTORCH, "2m", f"metadata.annotations[{NOTE}/admissionGracePeriodDuration]", "1m", "2m")],
    "--warmup-grace-period": [(PYTORCH, "6m", f"metadata.annotations[{NOTE}/warmupGracePeriodDuration]", "5m", "6m")],
    "--failure-grace-period": [(PYTORCH, "3m", f"metadata.annotations[{NOTE}/failureGracePeriodDuration]", "1m", "3m")],
    "--retry-pause-period": [(PYTORCH, "45s", f"metadata.annotations[{NOTE}/retryPausePeriodDuration]", "90s", "45s")],
    "--success-ttl": [(PYTORCH, "1h", f"metadata.annotations[{NOTE}/successTTLDuration]", None, "1h")],
    "--replicas": [(VOLCANO[:2], "4", f"{TASK}.replicas", 1, 4)],
    "--min-available": [(VOLCANO, "2", f"{INNER}.spec.minAvailable", 4, 2)],
    "--scheduler-name": [(VOLCANO, "my-volcano", f"{INNER}.spec.schedulerName", "volcano", "my-volcano")],
    "--task-name": [(VOLCANO, "node", f"{TASK}.name", "worker", "node")],
    "--master-port": [(VOLCANO, "29500", f"{TASK}.template.spec.containers[0].env[MASTER_PORT].value", "23456", "29500")],
    "--network-topology-mode": [((*VOLCANO, "--highest-tier-allowed", "1"), "hard", f"{INNER}.spec.networkTopology.mode", None, "hard")],
    "--highest-tier-allowed": [
        ((*VOLCANO, "--network-topology-mode", "hard"), "2", f"{INNER}.spec.networkTopology.highestTierAllowed", None, 2)
    ],
    "--total-partitions": [((*VOLCANO, "--partition-size", "2"), "2", f"{TASK}.partitionPolicy.totalPartitions", None, 2)],
    "--partition-size": [((*VOLCANO, "--total-partitions", "2"), "2", f"{TASK}.partitionPolicy.partitionSize", None, 2)],
}


def found(obj, path):
    """Return what is at a path: a key in brackets may hold dots, an element of a list is named by its number or its name."""
    for key, bracket in re.findall(r"([^.\[\]]+)|\[([^\]]+)\]", path):
        if isinstance(obj, list):
            obj = obj[int(bracket)] if bracket.isdigit() else next((one for one in obj if one["name"] == bracket), None)
        else:
            obj = (obj or {}).get(key or bracket)
    return obj


@pytest.mark.parametrize("option", OPTIONS)
def test_the_option_and_its_default(arena, option):
    for inside, value, place, default, wanted in OPTIONS[option]:

        def built(*words):
            base = ("submit", "appwrapperjob", "--name", "x", "--image", "i", "--dry-run", "client", "-o", "json")
            done = arena(*base, *words, "python train.py")
            return done, json.loads(done.out) if done.code == 0 else {}

        done, obj = built(*inside, option, value)
        assert done.code == 0, done.err
        assert found(obj, place) == wanted, place
        # A tier without its mode, or a partition's size without their number, is refused: the default is that of neither.
        done, obj = built(*(VOLCANO if {"topology", "tier", "partition", "partitions"} & set("-".join(inside).split("-")) else inside))
        assert done.code == 0 and found(obj, place) == default, place


def test_these_are_all_of_them(shared):
    text = (shared / "spec/seed-commands.md").read_text(encoding="utf-8")
    options = {word for row in re.findall(r"^\| (`--.*?) \|", text, re.M) for word in re.findall(r"`(--[a-z-]+)`", row)}
    assert options == {*OPTIONS}
