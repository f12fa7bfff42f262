"""What every job type must do."""

from __future__ import annotations

from pathlib import Path

from arena_core.families.testing import COMMON, KEYS, USUAL
from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.samples import read_samples
from arena_pytorchjob import plugin

SAMPLES = read_samples(Path(__file__).parent / "data" / "samples.json")
FLAGS = {
    **COMMON,
    "workers": [{}, {"workers": 3}, {"nproc_per_node": "auto"}],
    "resources": [{}, {"gpus": 2, "cpu": "1.5", "memory": "4Gi", "devices": {"amd.com/gpu": "1"}, "rdma": True}],
    "gang": [{}, {"gang": True}, {"gang": True, "scheduler": "volcano"}],
}


class TestPyTorchJob(JobTypeConformance):
    plugin = plugin
    samples = SAMPLES
    matrix = FLAGS
    keys = (*KEYS, "pytorchReplicaSpecs", "Master")
    operator_labels = ("training.kubeflow.org/job-name", "training.kubeflow.org/operator-name")
    minimal = {"name": "x", "image": "pytorch:2", "command": "python train.py"}
    full = {
        **USUAL,
        "workers": 3,
        "scheduler": "volcano",
        "nproc_per_node": "auto",
        "kueue_queue": "q",
        "running_timeout": "1h",
        "retry": 2,
    }
