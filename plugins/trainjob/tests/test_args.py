"""What each flag does, and what is refused at once. (That what is built fits the CRD is the kit's to prove.)"""

from __future__ import annotations

import pytest

from arena_core.args import parse
from arena_core.contract.errors import InvalidArguments
from arena_trainjob.args import NOT_HERE, TrainJobArgs
from arena_trainjob.manifests import build


def make(**more):
    return build(parse(TrainJobArgs, {"name": "x", **more}))


def patched(job):
    (entry,) = job["spec"]["runtimePatches"][0]["trainingRuntimeSpec"]["template"]["spec"]["replicatedJobs"]
    return entry["template"]["spec"]["template"]


def test_what_is_not_said_is_the_runtimes():
    job = make(workers=3, share_memory="")[0]
    assert job["spec"]["runtimeRef"] == {"apiGroup": "trainer.kubeflow.org", "kind": "ClusterTrainingRuntime", "name": "torch-distributed"}
    assert job["spec"]["trainer"] == {"numNodes": 3}
    assert patched(job)["spec"] == {"containers": [{"name": "node"}]}


def test_the_trainer_gets_command_image_environment_and_resources():
    spec = make(image="i:1", command="python t.py", env=["A=$(B)"], gpus=2, cpu="3", nproc_per_node=2)[0]["spec"]["trainer"]
    assert spec["command"] == ["sh", "-c", "python t.py"] and spec["image"] == "i:1" and spec["numProcPerNode"] == 2
    assert spec["env"] == [{"name": "A", "value": "$$(B)"}]
    assert spec["resourcesPerNode"]["limits"] == {"nvidia.com/gpu": "2", "cpu": "3"}


def test_volumes_and_placement_are_a_patch():
    template = patched(make(data=["claim:/data"], selectors={"zone": "a"}, labels={"team": "nlp"}, rdma=True)[0])
    container = template["spec"]["containers"][0]
    assert {m["mountPath"] for m in container["volumeMounts"]} == {"/data", "/dev/shm"}
    assert container["securityContext"] == {"capabilities": {"add": ["IPC_LOCK"]}} and "env" not in container
    assert template["spec"]["nodeSelector"] == {"zone": "a"} and template["metadata"]["labels"]["team"] == "nlp"


def test_initializers():
    spec = make(dataset_uri="hf://a/b", dataset_env=["T=x"], base_model_uri="s3://m", base_model_secret="keys")[0]["spec"]["initializer"]
    assert spec["dataset"] == {"storageUri": "hf://a/b", "env": [{"name": "T", "value": "x"}]}
    assert spec["model"] == {"storageUri": "s3://m", "secretRef": {"name": "keys"}}


WRONG = {"image_pull_policy": "Never", "working_dir": "/w", "priority": "p", "scheduler": "volcano"}


@pytest.mark.parametrize("field", NOT_HERE)
def test_what_has_no_place_is_refused_with_who_decides(field):
    with pytest.raises(InvalidArguments) as caught:
        make(**{field: WRONG.get(field, True)})
    assert [(p.field, p.hint) for p in caught.value.problems] == [(field, NOT_HERE[field])]


@pytest.mark.parametrize(
    ("flags", "field"),
    [
        ({"env": ["PET_NNODES=2"]}, "env"),
        ({"dataset_env": ["A=b"]}, "dataset_env"),
        ({"base_model_secret": "s"}, "base_model_secret"),
        ({"dataset_uri": "no-uri"}, "dataset_uri"),
        ({"workers": 0}, "workers"),
        ({"name": "9x"}, "name"),
        ({"runtime_jobs": ["A_b"]}, "runtime_jobs"),
    ],
)
def test_what_is_refused_at_once(flags, field):
    with pytest.raises(InvalidArguments) as caught:
        make(**flags)
    assert field in {p.field for p in caught.value.problems}
