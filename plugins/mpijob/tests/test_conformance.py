"""What every job type must do."""

from __future__ import annotations

from pathlib import Path

from arena_core.families.testing import COMMON, USUAL
from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.samples import read_samples
from arena_mpijob import plugin

SAMPLES = read_samples(Path(__file__).parent / "data" / "samples.json")
FLAGS = {
    **COMMON,
    "workers": [{}, {"workers": 3, "slots_per_worker": 4}, {"run_launcher_as_worker": True}],
    "mpi": [{}, {"mpi_implementation": "MPICH", "ssh_auth_mount_path": "/home/mpiuser/.ssh"}, {"worker_command": "sshd -De"}],
    "launcher": [
        {},
        {"mounts_on_launcher": True, "launcher_cpu": "1", "launcher_memory": "1Gi"},
        {"launcher_creation_policy": "AtStartup"},
    ],
    "resources": [
        {},
        {"gpus": 2, "cpu": "1.5", "memory": "4Gi", "devices": {"amd.com/gpu": "1"}, "rdma": True},
        {"gpus": 1, "gpu_topology": True},
    ],
    "gang": [{}, {"gang": True}, {"gang": True, "scheduler": "volcano"}],
}


class TestMPIJob(JobTypeConformance):
    plugin = plugin
    samples = SAMPLES
    matrix = FLAGS
    operator_labels = ("training.kubeflow.org/job-name", "training.kubeflow.org/operator-name")
    keys = ("mpiReplicaSpecs", "Launcher", "Worker", "replicas", "completionTime", "training.kubeflow.org/job-role")
    minimal = {"name": "x", "image": "mpi:1", "command": "mpirun python train.py"}
    full = {
        **USUAL,
        "workers": 3,
        "launcher_cpu": "500m",
        "mounts_on_launcher": True,
        "scheduler": "volcano",
        "slots_per_worker": 4,
        "mpi_implementation": "Intel",
        "launcher_creation_policy": "AtStartup",
        "kueue_queue": "q",
        "running_timeout": "1h",
        "retry": 2,
    }
