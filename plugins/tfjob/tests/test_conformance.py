"""What every job type must do."""

from __future__ import annotations

from arena_core.testing.conformance import JobTypeConformance
from arena_tfjob import plugin


class TestTFJob(JobTypeConformance):
    plugin = plugin
    minimal = {"name": "x", "image": "tensorflow:2", "command": "python train.py"}
    full = {
        "ps": 1,
        "workers": 2,
        "chief": True,
        "evaluator": True,
        "worker_cpu": "2",
        "ps_selectors": {"zone": "a"},
        "role_sequence": "w,p",
        "success_policy": "AllWorkers",
        "tensorboard": True,
        "kueue_queue": "q",
    }
