from __future__ import annotations

from pathlib import Path

from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.samples import read_samples
from arena_volcano import plugin

SAMPLES = read_samples(Path(__file__).parent / "data" / "samples.json")


class TestVolcanoJob(JobTypeConformance):
    plugin = plugin
    samples = SAMPLES
    keys = (
        "tasks",
        "replicas",
        "template",
        "minAvailable",
        "state",
        "minSuccess",
        "queue",
        "volcano.sh/task-index",
        "volcano.sh/task-spec",
        "volcano.sh/job-name",
    )
    operator_labels = ("volcano.sh/job-name", "volcano.sh/job-namespace")
    minimal = {"name": "x", "image": "img:1", "command": ("python train.py",)}
    full = {
        "image": "",
        "tasks": ["master=1,image=a:1", "worker=4,image=b:1,gpus=2,cpu=1,memory=2Gi,port=80,min-available=2,max-retry=5,depends-on=master"],
        "task_commands": ["worker=python w.py"],
        "plugins": ["svc", "ssh", "env", "pytorch=--master=master --worker=worker --port=1234"],
        "policies": ["PodFailed,PodEvicted=RestartJob", "worker/3=RestartTask", "PodPending=TerminateJob:10m"],
        "queue": "team",
        "priority": "high",
        "min_available": 5,
        "max_retry": 4,
        "min_success": 1,
        "ttl_after_finished": "1h",
        "network_topology_mode": "hard",
        "highest_tier_allowed": 2,
        "env": {"A": "b"},
        "labels": {"team": "x"},
        "gpus": 1,
    }
