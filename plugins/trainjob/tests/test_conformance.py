"""What every job type must do."""

from __future__ import annotations

from pathlib import Path

from arena_core.families.testing import COMMON
from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.samples import read_samples
from arena_trainjob import plugin
from arena_trainjob.args import NOT_HERE, TrainJobArgs

SAMPLES = read_samples(Path(__file__).parent / "data" / "samples.json")
FIELDS = TrainJobArgs.model_fields.keys() - NOT_HERE.keys()
#: What a TrainJob has no place for is left out.
FLAGS = {
    **{name: [{k: v for k, v in given.items() if k in FIELDS} for given in rows] for name, rows in COMMON.items()},
    "runtime": [{}, {"runtime": "mine", "runtime_kind": "TrainingRuntime"}, {"runtime_jobs": ["launcher", "node"], "workers": 3}],
    "trainer": [{}, {"gpus": 2, "cpu": "1.5", "devices": {"amd.com/gpu": "1"}, "rdma": True}, {"nproc_per_node": 4, "image": ""}],
    "initializers": [
        {},
        {"dataset_uri": "hf://a/b", "dataset_env": ["A=b"], "dataset_secret": "s"},
        {"base_model_uri": "s3://m", "base_model_secret": "s"},
    ],
    "gang": [{}, {"gang": True}],
}


class TestTrainJob(JobTypeConformance):
    plugin = plugin
    samples = SAMPLES
    matrix = FLAGS
    operator_labels = ("jobset.sigs.k8s.io/jobset-name",)
    minimal = {"name": "x", "image": "busybox", "command": "true"}
    full = {
        "gpus": 2,
        "workers": 3,
        "cpu": "2",
        "memory": "4Gi",
        "env": ["A=b"],
        "data": ["claim:/data"],
        "gang": True,
        "tensorboard": True,
        "nproc_per_node": 2,
        "kueue_queue": "q",
        "running_timeout": "1h",
        "dataset_uri": "hf://a/b",
        "dataset_env": ["TOKEN=x"],
        "base_model_uri": "hf://a/m",
    }
    effects = {
        "dataset_env": {"dataset_uri": "hf://a/b", "dataset_env": ["Z=z"]},
        "dataset_secret": {"dataset_uri": "hf://a/b", "dataset_secret": "zz"},
        "dataset_uri": {"dataset_uri": "hf://z/z"},
        "base_model_env": {"base_model_uri": "hf://a/b", "base_model_env": ["Z=z"]},
        "base_model_secret": {"base_model_uri": "hf://a/b", "base_model_secret": "zz"},
        "base_model_uri": {"base_model_uri": "hf://z/z"},
    }
    keys = ("jobsStatus", "runtimePatches", "replicatedJobs", "trainer", "numNodes", "active", "ready", "suspend", "trainingRuntimeSpec")
