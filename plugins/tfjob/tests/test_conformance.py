"""What every job type must do."""

from __future__ import annotations

from pathlib import Path

from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.samples import read_samples
from arena_tfjob import plugin

SAMPLES = read_samples(Path(__file__).parent / "data" / "samples.json")


class TestTFJob(JobTypeConformance):
    plugin = plugin
    samples = SAMPLES
    operator_labels = ("training.kubeflow.org/job-name", "training.kubeflow.org/operator-name")
    effects = {"worker_affinity_constraint": {"workers": 2, "worker_affinity_policy": "spread", "worker_affinity_constraint": "required"}}
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
