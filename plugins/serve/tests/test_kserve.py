"""A server of KServe as a job type: the kit, what is made of its flags, and how its object is read and changed."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from arena_core.args import parse
from arena_core.contract.errors import InvalidArguments, UsageError
from arena_core.contract.types import JobView, Phase, Revision
from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.samples import Sample
from arena_serve.kserve import plugin, reading
from arena_serve.kserve.args import KServeArgs
from arena_serve.kserve.update import KServeUpdateArgs
from plugins.serve.tests.test_conformance import READY, ROLLOUT, STARTS, TIME, pod


def condition(kind: str, value: str, **more: str) -> dict[str, str]:
    return {"type": kind, "status": value, "lastTransitionTime": TIME, **more}


def model(transition: str, target: str = "Pending", copies: int = 0, **failure: Any) -> dict[str, Any]:
    states = {"activeModelState": "Pending", "targetModelState": target}
    return {
        "transitionStatus": transition,
        "states": states,
        "copies": {"failedCopies": 0, "totalCopies": copies},
        "lastFailureInfo": failure,
    }


STARTING = [condition("PredictorReady", "False", reason="MinimumReplicasUnavailable"), condition("Ready", "False")]
SAMPLES = (
    Sample(Phase.PENDING, {"metadata": {"generation": 1}}),
    Sample(Phase.PENDING, {"status": {"conditions": STARTING, "modelStatus": model("InProgress")}}, (pod(0, "Pending", STARTS),)),
    Sample(
        Phase.READY,
        {"metadata": {"generation": 1}, "status": {"observedGeneration": 1, "conditions": [condition("Ready", "True")]}},
        (pod(0, "Running", READY),),
    ),
    Sample(
        Phase.RUNNING,
        {"metadata": {"generation": 2}, "status": {"observedGeneration": 1, "conditions": [condition("Ready", "True")]}},
        (pod(0, "Running", READY),),
    ),
    Sample(
        Phase.RUNNING,
        {
            "status": {
                "conditions": [condition("IngressReady", "False"), condition("Ready", "False")],
                "modelStatus": model("UpToDate", copies=1),
            }
        },
        (pod(0, "Running", READY),),
    ),
    Sample(
        Phase.FAILED,
        {
            "status": {
                "conditions": STARTING,
                "modelStatus": model("BlockedByFailedLoad", "FailedToLoad", reason="ModelLoadFailed", exitCode=1),
            }
        },
        (pod(0, "Pending", STARTS),),
    ),
    Sample(Phase.SUSPENDED, {"metadata": {"annotations": {"serving.kserve.io/stop": "true"}}}),
)


class TestKServe(JobTypeConformance):
    plugin = plugin
    samples = SAMPLES
    minimal = {"name": "x", "image": "busybox", "command": "serve"}
    full = {
        "version": "v1",
        "model_format": "sklearn:1",
        "runtime": "r",
        "storage_uri": "s3://b/m",
        "runtime_version": "2",
        "protocol_version": "v2",
        "port": 8001,
        "min_replicas": 0,
        "max_replicas": 4,
        "scale_metric": "concurrency",
        "scale_target": 5,
        "container_concurrency": 10,
        "timeout_seconds": 60,
        "canary_traffic_percent": 10,
        "security_context": ["runAsUser=1000"],
        "affinity_policy": "spread",
        "affinity_constraint": "required",
        "enable_prometheus": True,
        "gpus": 1,
        "cpu": "2",
        "data": ["m:/m"],
        "env": ["A=b"],
        "enable_istio": True,
        "readiness_probe_action": "httpGet",
        "readiness_probe_action_options": ["path: /", "port: 8001"],
    }
    effects = {
        **{key: value for key, value in ROLLOUT.items() if "replicas" not in key and "scale" not in key},
        "affinity_constraint": {"affinity_policy": "spread", "affinity_constraint": "required"},
        "metrics_port": {"enable_prometheus": True, "metrics_port": 9000},
        "scale_target": {"scale_metric": "rps", "scale_target": 3},
    }
    operator_labels = ("serving.kserve.io/inferenceservice",)
    keys = ("conditions", "modelStatus", "copies", "totalCopies", "states", "predictor", "model", "containers", "minReplicas", "url")


def built(**more: Any) -> list[Any]:
    return list(plugin.arena_build_manifests(parse(KServeArgs, {"name": "x", **more})))


def test_a_model_stands_in_place_of_the_container() -> None:
    (job,) = built(model_format="sklearn:1", storage_uri="pvc://m/iris", gpus=1, env=["A=b"])
    predictor = job["spec"]["predictor"]
    assert "containers" not in predictor and "image" not in predictor["model"] and "name" not in predictor["model"]
    assert predictor["model"]["modelFormat"] == {"name": "sklearn", "version": "1"}
    assert predictor["model"]["resources"]["limits"] == {"nvidia.com/gpu": "1"} and predictor["minReplicas"] == 1
    assert job["metadata"]["labels"]["servingType"] == "kserve" and "servingVersion" not in job["metadata"]["labels"]


def test_an_image_of_ones_own_gets_what_was_typed() -> None:
    predictor = built(image="i", command="serve $(A); echo $$", port=8080)[0]["spec"]["predictor"]
    (container,) = predictor["containers"]
    assert container["name"] == "kserve-container" and container["command"] == ["sh", "-c", "serve $$(A); echo $$$"]
    assert container["ports"] == [{"containerPort": 8080, "protocol": "TCP"}]


def test_nobody_asking_means_no_instance() -> None:
    """Arena does not write 0, so that KServe's default of 1 holds."""
    assert built(image="i", min_replicas=0)[0]["spec"]["predictor"]["minReplicas"] == 0


def test_a_metric_of_ones_own_is_scaled_by_an_autoscaler() -> None:
    job, scaler = built(image="i", max_replicas=3, scale_metric="queue", scale_target=7)
    assert job["metadata"]["annotations"] == {"serving.kserve.io/autoscalerClass": "external"}
    assert "scaleMetric" not in job["spec"]["predictor"] and scaler["spec"]["scaleTargetRef"]["name"] == "x-predictor"
    service, monitor = built(image="i", enable_prometheus=True)[1:]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "model_format"),
        ({"model_format": ":1"}, "model_format"),
        ({"image": "i", "storage_uri": "s3://a"}, "storage_uri"),
        ({"model_format": "a", "storage_uri": "/a"}, "storage_uri"),
        ({"image": "i", "scale_target": 3}, "scale_target"),
        ({"image": "i", "scale_metric": "queue"}, "scale_metric"),
        ({"image": "i", "min_replicas": 3, "max_replicas": 2}, "max_replicas"),
        ({"image": "i", "canary_traffic_percent": 101}, "canary_traffic_percent"),
        ({"image": "i", "security_context": ["privileged=1"]}, "security_context"),
        ({"image": "i", "affinity_constraint": "required"}, "affinity_constraint"),
        ({"image": "i", "name": "a" * 49}, "name"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArguments) as caught:
        parse(KServeArgs, {"name": "x", **given})
    assert {problem.field for problem in caught.value.problems} == {field}


def test_an_update_reaches_the_model_and_the_scaling() -> None:
    (job,) = built(model_format="sklearn", storage_uri="s3://a", data=["m:/m"])
    before = copy.deepcopy(job)
    given = {"storage_uri": "s3://b", "env": ["A=1"], "canary_traffic_percent": 10, "min_replicas": 0, "data": ["n:/n"], "labels": ["t=u"]}
    new = dict(plugin.arena_update(job, parse(KServeUpdateArgs, given)))
    predictor = new["spec"]["predictor"]
    assert job == before and "containers" not in predictor
    assert (predictor["model"]["storageUri"], predictor["canaryTrafficPercent"], predictor["minReplicas"]) == ("s3://b", 10, 0)
    assert [volume["name"] for volume in predictor["volumes"]] == ["m", "n"] and new["metadata"]["labels"]["t"] == "u"
    with pytest.raises(UsageError, match="no model of a known format"):
        plugin.arena_update(built(image="i")[0], parse(KServeUpdateArgs, {"storage_uri": "s3://b"}))


def test_revisions_and_their_parts_of_the_requests_are_read() -> None:
    canary = {
        "latestCreatedRevision": "iris-predictor-00003",
        "latestReadyRevision": "iris-predictor-00002",
        "previousRolledoutRevision": "iris-predictor-00001",
        "traffic": [
            {"latestRevision": True, "percent": 10, "revisionName": "iris-predictor-00002"},
            {"latestRevision": False, "percent": 90, "revisionName": "iris-predictor-00001", "tag": "prev"},
        ],
    }
    found = reading.status({"status": {"components": {"predictor": canary}}}, ()).revisions
    assert [(one.name[-1], one.percent, one.ready) for one in found] == [("3", 0, False), ("2", 10, True), ("1", 90, True)]
    whole = {"latestCreatedRevision": "a-1", "latestReadyRevision": "a-1", "traffic": [{"latestRevision": True, "percent": 100}]}
    assert reading.revisions({"status": {"components": {"predictor": whole}}}) == (Revision("a-1", 100),)
    assert reading.revisions({"status": {"components": {"predictor": {"traffic": "x"}}}}) == () == reading.revisions({})


def test_why_a_model_is_not_served_is_told_with_the_exit_code() -> None:
    failure = {"reason": "ModelLoadFailed", "message": "no such bucket", "exitCode": 3}
    job = {"status": {"conditions": STARTING, "modelStatus": model("InProgress", "FailedToLoad", **failure)}}
    assert [cause.message for cause in plugin.arena_explain(JobView(job))] == ["no such bucket (exit code 3)"]
