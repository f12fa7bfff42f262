"""What every job type must do."""

from __future__ import annotations

from pathlib import Path

from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.samples import read_samples
from arena_pytorchjob import plugin

SAMPLES = read_samples(Path(__file__).parent / "data" / "samples.json")


class TestPyTorchJob(JobTypeConformance):
    plugin = plugin
    samples = SAMPLES
    operator_labels = ("training.kubeflow.org/job-name", "training.kubeflow.org/operator-name")
    minimal = {"name": "x", "image": "pytorch:2", "command": "python train.py"}
    full = {
        "gpus": 2,
        "workers": 3,
        "cpu": "2",
        "memory": "4Gi",
        "env": ["A=b"],
        "data": ["claim:/data"],
        "gang": True,
        "scheduler": "volcano",
        "tensorboard": True,
        "nproc_per_node": "auto",
        "kueue_queue": "q",
        "running_timeout": "1h",
        "retry": 2,
    }
