"""What every job type must do."""

from __future__ import annotations

from pathlib import Path

from arena_core.families.testing import COMMON
from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.samples import read_samples
from arena_rayjob import plugin

SAMPLES = read_samples(Path(__file__).parent / "data" / "samples.json")
FLAGS = {
    **COMMON,
    "workers": [{}, {"workers": 3, "worker_image": "w", "worker_num_of_hosts": 2}, {"workers": 0}],
    "head": [{}, {"head_gpu": 1, "head_cpu": "2", "head_memory": "4Gi", "head_image": "h", "head_service_type": "NodePort"}],
    "mode": [{}, {"submission_mode": "HTTPMode"}, {"submission_mode": "SidecarMode"}],
    "end": [{}, {"shutdown_after_finished": False}, {"start_timeout": "10m", "suspend": True, "ttl_after_finished": "1m"}],
    "resources": [{}, {"gpus": 2, "worker_cpu": "1.5", "devices": {"amd.com/gpu": "1"}, "rdma": True}],
    "autoscaling": [{}, {"enable_autoscaling": True, "worker_min_replicas": 0, "worker_max_replicas": 9, "autoscaler_image": "a"}],
    "gang": [{}, {"gang": True}, {"gang": True, "scheduler": "volcano"}],
}
del FLAGS["policy"]


class TestRayJob(JobTypeConformance):
    plugin = plugin
    samples = SAMPLES
    matrix = FLAGS
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
