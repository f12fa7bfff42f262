"""A server of Seldon as a job type: the kit, its objects against Seldon's CRD, and what the local cluster says of it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from arena_core.args import parse
from arena_core.client import ArenaClient
from arena_core.contract.errors import InvalidArguments, KindNotInstalled, UsageError
from arena_core.contract.types import JobView, Phase
from arena_core.testing.comparing import strict_schema
from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.samples import Sample
from arena_serve.seldon import plugin
from arena_serve.seldon.args import SeldonArgs
from arena_serve.seldon.update import SeldonUpdateArgs
from plugins.serve.tests.test_conformance import READY, ROLLOUT, STARTS, TIME, pod

CRD = Path(__file__).parents[4] / "shared/crds/seldon/machinelearning.seldon.io_seldondeployments.yaml"
DONE = [{"type": "DeploymentsReady", "status": "True", "lastTransitionTime": TIME}]
SAMPLES = (
    Sample(Phase.PENDING, {}),
    Sample(Phase.PENDING, {"status": {"state": "Creating"}}, (pod(0, "Pending", STARTS),)),
    Sample(
        Phase.RUNNING,
        {"status": {"state": "Creating", "deploymentStatus": {"x-default-0-inference": {"replicas": 2, "availableReplicas": 1}}}},
        (pod(0, "Running", READY),),
    ),
    Sample(Phase.READY, {"status": {"state": "Available", "conditions": DONE}}, (pod(0, "Running", READY),)),
    Sample(Phase.FAILED, {"status": {"state": "Failed", "description": "no longer progressing", "conditions": DONE}}),
)
MODEL = {"name": "x", "model_uri": "gs://b/m"}


class TestSeldon(JobTypeConformance):
    plugin = plugin
    samples = SAMPLES
    minimal = {"name": "x", "image": "busybox", "command": "serve"}
    runs_locally = False
    full = {"version": "v1", "replicas": 2, "gpus": 1, "cpu": "2", "memory": "1Gi", "data": ["m:/m"], "env": ["A=b"], "enable_istio": True}
    effects = {
        **{key: value for key, value in ROLLOUT.items() if "replicas" not in key and "scale" not in key},
        "implementation": {"model_uri": "gs://b/m", "implementation": "SKLEARN_SERVER"},
    }
    operator_labels = ("seldon-deployment-id",)
    keys = ("predictors", "componentSpecs", "replicas", "state", "description", "deploymentStatus", "graph")


def built(**more: Any) -> dict[str, Any]:
    return dict(plugin.arena_build_manifests(parse(SeldonArgs, more))[0])


@pytest.fixture(scope="module")
def crd() -> Any:
    """Seldon's own schema, strictly read; read once, since it is long."""
    jsonschema = pytest.importorskip("jsonschema")
    if not CRD.exists():
        pytest.skip("../shared is not there: Seldon's CRD is not compared with")
    read = yaml.load(CRD.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return jsonschema.Draft202012Validator(strict_schema(read, "v1"))


@pytest.mark.parametrize("raw", [MODEL, {**MODEL, **TestSeldon.full}, {**TestSeldon.minimal, **TestSeldon.full}])
def test_the_crd_takes_it_strictly(crd: Any, raw: dict[str, Any]) -> None:
    wrong = [f"{list(error.absolute_path)}: {error.message[:200]}" for error in crd.iter_errors(built(**raw))]
    assert not wrong


def test_a_model_is_served_by_seldons_own_server() -> None:
    job = built(**MODEL, gpus=1, labels=["t=u"])
    (predictor,) = job["spec"]["predictors"]
    assert predictor["graph"] == {"name": "inference", "implementation": "TENSORFLOW_SERVER", "modelUri": "gs://b/m"}
    (container,) = predictor["componentSpecs"][0]["spec"]["containers"]
    assert "image" not in container and container["resources"]["limits"] == {"nvidia.com/gpu": "1"}
    assert {"servingType": "seldon-serving", "servingName": "x", "t": "u"}.items() <= job["metadata"]["labels"].items()
    (endpoint,) = plugin.arena_endpoints(JobView(job))
    assert (endpoint.service, endpoint.port) == ("x-default", 8000)


def test_an_update() -> None:
    job = built(**MODEL)
    before = copy.deepcopy(job)
    new = plugin.arena_update(job, parse(SeldonUpdateArgs, {"model_uri": "gs://n", "replicas": 3, "memory": "2Gi"}))
    (predictor,) = new["spec"]["predictors"]
    assert job == before and (predictor["graph"]["modelUri"], predictor["replicas"]) == ("gs://n", 3)
    assert predictor["componentSpecs"][0]["spec"]["containers"][0]["resources"]["limits"] == {"memory": "2Gi"}
    with pytest.raises(UsageError, match="an image of its own"):
        plugin.arena_update(built(name="x", image="i"), parse(SeldonUpdateArgs, {"model_uri": "gs://n"}))


@pytest.mark.parametrize(
    ("given", "field"), [({}, "model_uri"), ({"model_uri": "a", "command": "b"}, "image"), ({"model_uri": "a", "replicas": 0}, "replicas")]
)
def test_what_cannot_be_is_refused(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArguments) as caught:
        parse(SeldonArgs, {"name": "x", **given})
    assert {problem.field for problem in caught.value.problems} == {field}


def test_the_local_cluster_says_at_submit_that_it_does_not_run_it(arena: ArenaClient) -> None:
    with pytest.raises(KindNotInstalled, match="Seldon Core 1, which the local cluster does not run"):
        arena.submit("seldon-serving", MODEL)
