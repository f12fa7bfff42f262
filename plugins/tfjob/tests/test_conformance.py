"""What every job type must do."""

from __future__ import annotations

from pathlib import Path

from arena_core.families.testing import COMMON, KEYS
from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.samples import read_samples
from arena_tfjob import plugin

SAMPLES = read_samples(Path(__file__).parent / "data" / "samples.json")
FLAGS = {
    **COMMON,
    "roles": [
        {},
        {"ps": 2, "workers": 3, "chief": True, "evaluator": True, "role_sequence": "w,p,c,e"},
        {"ps": 1, "ps_image": "p", "worker_image": "w", "worker_port": 1, "ps_port": 2, "ps_selectors": {"a": "b"}},
        {"workers": 2, "success_policy": "AllWorkers"},
    ],
    "affinity": [
        {},
        {"worker_affinity_policy": "spread", "worker_affinity_constraint": "required", "ps_affinity_policy": "binpack"},
        {"worker_affinity_policy": "binpack", "ps_affinity_policy": "binpack", "ps_affinity_constraint": "required"},
    ],
    "resources": [
        {},
        {"gpus": 2, "ps_gpus": 1, "worker_cpu": "1.5", "worker_memory_limit": "4Gi", "devices": {"amd.com/gpu": "1"}, "rdma": True},
    ],
    "gang": [{}, {"gang": True, "starting_timeout": 60, "scheduler": ""}],
}


class TestTFJob(JobTypeConformance):
    plugin = plugin
    samples = SAMPLES
    matrix = FLAGS
    keys = (*KEYS, "tfReplicaSpecs", "PS", "Chief")
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
