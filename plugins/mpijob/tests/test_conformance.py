"""What every job type must do."""

from __future__ import annotations

from arena_core.testing.conformance import JobTypeConformance
from arena_mpijob import plugin


class TestMPIJob(JobTypeConformance):
    plugin = plugin
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
