"""What every job type must do."""

from __future__ import annotations

from pathlib import Path

from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.samples import read_samples
from arena_rayjob import plugin

SAMPLES = read_samples(Path(__file__).parent / "data" / "samples.json")


class TestRayJob(JobTypeConformance):
    plugin = plugin
    samples = SAMPLES
    effects = {"shell": {"shell": "bash", "command": "echo $HOME"}}
    keys = ("rayClusterSpec", "headGroupSpec", "workerGroupSpecs", "replicas", "jobDeploymentStatus", "jobStatus", "ray.io/node-type")
    minimal = {"name": "x", "image": "rayproject/ray:2.52.0", "command": "python train.py"}
    full = {
        "gpus": 2,
        "workers": 3,
        "worker_cpu": "2",
        "worker_memory": "4Gi",
        "head_cpu": "500m",
        "head_gpu": 1,
        "env": ["A=b"],
        "data": ["claim:/data"],
        "gang": True,
        "scheduler": "volcano",
        "tensorboard": True,
        "submission_mode": "SidecarMode",
        "worker_max_replicas": 5,
        "enable_autoscaling": True,
        "running_timeout": "1h",
        "retry": 2,
    }
