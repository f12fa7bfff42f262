"""The Training Operator's MPIJob (v1), where a cluster has that one: what the table of house-2 asks for (issue 10)."""

from __future__ import annotations

import copy

import jsonschema
import pytest
import yaml

from arena_core.args import parse
from arena_core.contract.errors import InvalidArguments
from arena_core.contract.types import Build, Phase
from arena_core.records import replace
from arena_core.testing.comparing import strict_schema
from arena_core.testing.seen import seen
from arena_mpijob import plugin
from arena_mpijob.args import MPIJobArgs
from arena_mpijob.trainingoperator import V1

MINIMAL = {"name": "x", "image": "i", "command": "mpirun t"}


def made(**more):
    return plugin.arena_build_manifests(parse(MPIJobArgs, {**MINIMAL, **more}), None, Build(V1))[0]


@pytest.fixture(scope="module")
def crd(shared):
    """The operator's own schema, strictly read; read once, since it is long."""
    text = (shared / "crds/training-operator/kubeflow.org_mpijobs.yaml").read_text()
    return jsonschema.Draft202012Validator(strict_schema(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)), "v1"))


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"workers": 3, "gpus": 2, "retry": 2},
        {"clean_task_policy": "All", "running_timeout": 60, "ttl_after_finished": 5, "data": ["c:/d"]},
    ],
)
def test_what_is_built_fits_the_operators_crd(crd, more):
    job = made(**more)
    assert job["apiVersion"] == "kubeflow.org/v1"
    crd.validate(job)
    retry = more.get("retry", 0)
    assert (job["spec"]["runPolicy"]["backoffLimit"], job["spec"]["mpiReplicaSpecs"]["Launcher"]["restartPolicy"]) == (
        (retry + 1, "OnFailure") if retry else (0, "Never")
    )


@pytest.mark.parametrize(
    "field",
    [
        {"mpi_implementation": "Intel"},
        {"ssh_auth_mount_path": "/home/u/.ssh"},
        {"run_launcher_as_worker": True},
        {"launcher_creation_policy": "AtStartup"},
    ],
)
def test_what_it_does_not_know_is_refused_and_not_dropped(field):
    with pytest.raises(InvalidArguments, match="Training Operator's MPIJob") as caught:
        made(**field)
    assert [p.field for p in caught.value.problems] == list(field)


def test_its_pods_are_found_and_the_launcher_leads():
    job = made(workers=2)
    assert plugin.arena_job_type().selectors(job) == [
        "training.kubeflow.org/job-name=x,training.kubeflow.org/operator-name=mpijob-controller"
    ]
    assert not [find for find in plugin.arena_related(seen(job), None) if find.resource.kind == "Job"]

    def pod(name, role):
        labels = {"training.kubeflow.org/job-name": "x", "training.kubeflow.org/replica-type": role}
        return {"metadata": {"name": name, "labels": labels}, "spec": {"containers": [{"name": "mpi"}]}, "status": {"phase": "Running"}}

    running = copy.deepcopy(job) | {"status": {"conditions": [{"type": "Running", "status": "True"}]}}
    found = plugin.arena_job_status(seen(running, [pod("x-worker-1", "worker"), pod("x-launcher", "launcher")]), None)
    assert found.phase is Phase.RUNNING and found.chief is not None and found.chief.name == "x-launcher"
    assert [i.short_name for i in found.instances] == ["launcher-0", "worker-1"]


def test_the_first_version_is_the_mpi_operators():
    resource = plugin.arena_job_type().resource
    assert (resource.version, resource.older) == ("v2beta1", ("v1",)) and replace(resource, version="v1", older=()) == V1
