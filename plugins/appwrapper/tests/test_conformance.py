"""What every job type promises, for the AppWrapper around two of ours."""

from __future__ import annotations

from pathlib import Path

from arena_appwrapper import plugin
from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.samples import read_samples

MORE = {
    "retry_limit": 0,
    "success_ttl": "1h",
    "terminal_exit_codes": "3,10",
    "kueue_queue": "q",
    "gpus": 1,
    "env": {"A": "b"},
    "labels": {"team": "x"},
    "annotations": {"note": "y: z"},
}
#: What the status of an AppWrapper looks at.
KEYS = ("annotations", "replicas", "template", "components", "podSets", "path", "componentStatus", "suspend", "tasks", "containers")

SAMPLES = read_samples(Path(__file__).parent / "data" / "samples.json")


class TestAroundPyTorch(JobTypeConformance):
    plugin = plugin
    samples = SAMPLES
    keys = KEYS
    effects = {"inner_type": {"inner_type": "job"}}
    minimal = {"name": "x", "image": "img:1", "command": ("python train.py",)}
    full = {**MORE, "workers": 3, "clean_task_policy": "All", "nproc_per_node": "8"}


class TestAroundVolcano(JobTypeConformance):
    plugin = plugin
    samples = SAMPLES
    keys = KEYS
    effects = {"plugins": {"plugins": ["svc"]}, "policies": {"policies": ["PodFailed=RestartJob"]}}
    minimal = {"name": "x", "image": "img:1", "command": ("python train.py",), "inner_type": "volcano"}
    full = {**MORE, "replicas": 4, "total_partitions": 2, "partition_size": 2, "network_topology_mode": "hard", "highest_tier_allowed": 2}
