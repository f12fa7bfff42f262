"""What every job type must do."""

from __future__ import annotations

from pathlib import Path

from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.samples import read_samples
from arena_mpijob import plugin

SAMPLES = read_samples(Path(__file__).parent / "data" / "samples.json")


class TestMPIJob(JobTypeConformance):
    plugin = plugin
    samples = SAMPLES
    operator_labels = ("training.kubeflow.org/job-name", "training.kubeflow.org/operator-name")
    keys = ("mpiReplicaSpecs", "Launcher", "Worker", "replicas", "completionTime", "training.kubeflow.org/job-role")
    minimal = {"name": "x", "image": "mpi:1", "command": "mpirun python train.py"}
    full = {
        "gpus": 2,
        "workers": 3,
        "cpu": "2",
        "memory": "4Gi",
        "launcher_cpu": "500m",
        "env": ["A=b"],
        "data": ["claim:/data"],
        "mounts_on_launcher": True,
        "gang": True,
        "scheduler": "volcano",
        "tensorboard": True,
        "slots_per_worker": 4,
        "mpi_implementation": "Intel",
        "launcher_creation_policy": "AtStartup",
        "kueue_queue": "q",
        "running_timeout": "1h",
        "retry": 2,
    }
