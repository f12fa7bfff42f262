"""Horovod and DeepSpeed on MPIJobs: what every job type must do, and what is theirs alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from arena_core.args import parse
from arena_core.contract.errors import InvalidArguments
from arena_core.contract.types import Build
from arena_core.families.testing import COMMON
from arena_core.registry import Registry
from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.samples import read_samples
from arena_mpijob import plugin as mpi
from arena_mpijob.args import MPIJobArgs
from arena_mpijob.deepspeed import plugin as deepspeed
from arena_mpijob.deepspeed.args import DeepSpeedMPIArgs
from arena_mpijob.horovod import plugin as horovod
from arena_mpijob.horovod.args import HorovodJobArgs
from arena_mpijob.status import RESOURCE
from arena_mpijob.trainingoperator import V1

SAMPLES = read_samples(Path(__file__).parent / "data" / "samples.json")
LABELS = ("training.kubeflow.org/job-name", "training.kubeflow.org/operator-name")
MPI = {"gpus": 2, "workers": 3, "cpu": "2", "launcher_cpu": "500m", "env": ["A=b"], "data": ["claim:/data"], "tensorboard": True}


class TestHorovodJob(JobTypeConformance):
    plugin = horovod
    samples = SAMPLES
    matrix = {**COMMON, "mpi": [{}, {"slots_per_worker": 4, "run_launcher_as_worker": True}]}
    operator_labels = LABELS
    minimal = {"name": "x", "image": "horovod:1", "command": "horovodrun -np 2 python train.py"}
    full = MPI


class TestDeepSpeedOnMPIJob(JobTypeConformance):
    plugin = deepspeed
    samples = SAMPLES
    matrix = {
        **COMMON,
        "roles": [{}, {"launcher_selectors": {"a": "b"}, "launcher_annotations": {"n": "1"}, "worker_annotations": {"n": "2"}}],
        "ends": [{}, {"job_restart_policy": "OnFailure", "job_backoff_limit": 2}],
    }
    operator_labels = LABELS
    minimal = {"name": "x", "image": "ds:1", "command": "deepspeed train.py"}
    full = MPI
    effects = {"job_backoff_limit": {"job_restart_policy": "OnFailure", "job_backoff_limit": 3}}


def build(plugin, model, resource=RESOURCE, **more):
    return plugin.arena_build_manifests(parse(model, {"name": "x", "image": "i", "command": "c", **more}), None, Build(resource))


def main(job, role):
    return job["spec"]["mpiReplicaSpecs"][role]["template"]["spec"]["containers"][0]


def test_deepspeed_finds_the_hostfile_where_it_looks():
    job = build(deepspeed, DeepSpeedMPIArgs, workers=2, gpus=8, ssh_secret="old")[0]
    launcher = main(job, "Launcher")
    mounted = next(m for m in launcher["volumeMounts"] if m["mountPath"] == "/job")
    volumes = job["spec"]["mpiReplicaSpecs"]["Launcher"]["template"]["spec"]["volumes"]
    assert next(v for v in volumes if v["name"] == mounted["name"])["configMap"]["name"] == "x-config"
    for role in ("Launcher", "Worker"):
        assert {"name": "NCCL_ASYNC_ERROR_HANDLING", "value": "1"} in main(job, role)["env"]
    assert job["spec"]["slotsPerWorker"] == 8
    mine = build(deepspeed, DeepSpeedMPIArgs, env=["NCCL_ASYNC_ERROR_HANDLING=0"])[0]
    assert {"name": "NCCL_ASYNC_ERROR_HANDLING", "value": "0"} in main(mine, "Worker")["env"]


def test_an_mpijob_is_known_by_its_label():
    registry = Registry(environ={})
    horovodjob, ds = build(horovod, HorovodJobArgs)[0], build(deepspeed, DeepSpeedMPIArgs)[0]
    plain = build(mpi, MPIJobArgs)[0]
    assert [registry.for_object(job).job_type.name for job in (horovodjob, ds, plain)] == ["horovodjob", "deepspeed-mpijob", "mpijob"]


def test_a_launcher_that_works_has_no_place_of_its_own():
    with pytest.raises(InvalidArguments) as caught:
        build(deepspeed, DeepSpeedMPIArgs, run_launcher_as_worker=True, launcher_selectors={"a": "b"})
    assert [p.field for p in caught.value.problems] == ["launcher_selectors"]


def test_of_the_training_operators_mpijob_horovod_is_one_and_deepspeed_is_not():
    job = build(horovod, HorovodJobArgs, V1)[0]
    assert job["apiVersion"] == "kubeflow.org/v1" and job["metadata"]["labels"]["app"] == "horovodjob"
    with pytest.raises(InvalidArguments, match="no ssh"):
        build(deepspeed, DeepSpeedMPIArgs, V1)
