"""What every job type must do."""

from __future__ import annotations

from arena_core.testing.conformance import JobTypeConformance
from arena_pytorchjob import plugin


class TestPyTorchJob(JobTypeConformance):
    plugin = plugin
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
