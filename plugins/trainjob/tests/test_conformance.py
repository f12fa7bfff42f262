"""What every job type must do."""

from __future__ import annotations

from pathlib import Path

from arena_core.families.testing import USUAL, common
from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.samples import read_samples
from arena_trainjob import plugin
from arena_trainjob.args import NOT_HERE, TrainJobArgs

SAMPLES = read_samples(Path(__file__).parent / "data" / "samples.json")
#: What a TrainJob has no place for is left out.
FLAGS = {
    **common(TrainJobArgs.model_fields.keys() - NOT_HERE.keys()),
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
        **USUAL,
        "workers": 3,
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
