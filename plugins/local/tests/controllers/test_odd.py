"""Objects that the schema lets through and nobody would write: no controller may fail at them otherwise than by an answer of the API."""

from __future__ import annotations

import contextlib

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arena_appwrapper.local import BUNDLE as APPWRAPPER
from arena_local.controllers.builtin import builtin_controllers
from arena_local.sdk.bundle import ApiError
from arena_local.testing import api_server
from arena_pytorchjob.local import BUNDLE as PYTORCH
from arena_tfjob.local import BUNDLE as TENSORFLOW

KINDS = {
    "PyTorchJob": ("pytorchReplicaSpecs", "pytorch", ("Master", "Worker")),
    "TFJob": ("tfReplicaSpecs", "tensorflow", ("Chief", "PS", "Worker", "Zed")),
}
COUNT = st.sampled_from([None, 0, 1, 2, -1])
PREFIX = "workload.codeflare.dev.appwrapper/"


def some(**fields):
    return st.fixed_dictionaries({}, optional=fields)


def containers(name):
    ports = st.sampled_from([None, [], [{"containerPort": 1}], [{"containerPort": 1}, {"containerPort": 2}]])
    amounts = st.sampled_from([None, {}, {"limits": None}, {"limits": {"cpu": 1, "nvidia.com/gpu": "2"}}])
    env = st.sampled_from([None, [], [{"name": "TF_CONFIG", "value": "x"}]])
    return st.fixed_dictionaries(
        {"name": st.just(name), "image": st.just("i")}, optional={"ports": ports, "resources": amounts, "env": env}
    )


def templates(name):
    affinity = st.sampled_from([None, {}, {"nodeAffinity": None}])
    fields = {"affinity": affinity, "nodeSelector": st.sampled_from([None, {}]), "initContainers": st.sampled_from([None, []])}
    spec = st.fixed_dictionaries({"containers": st.lists(containers(name), min_size=1, max_size=1)}, optional=fields)
    return st.fixed_dictionaries({"spec": spec}, optional={"metadata": st.sampled_from([None, {}, {"labels": None}])})


@st.composite
def jobs(draw):
    kind = draw(st.sampled_from(sorted(KINDS)))
    field, name, types = KINDS[kind]
    role = st.fixed_dictionaries(
        {"template": templates(name)},
        optional={"replicas": COUNT, "restartPolicy": st.sampled_from(["ExitCode", "Never", "OnFailure", "X"])},
    )
    policy = some(
        suspend=st.booleans(),
        cleanPodPolicy=st.sampled_from([None, "All", "x"]),
        ttlSecondsAfterFinished=COUNT,
        activeDeadlineSeconds=COUNT,
        backoffLimit=COUNT,
    )
    more = {
        "runPolicy": policy,
        "nprocPerNode": st.sampled_from(["2", "²"]),
        "elasticPolicy": some(rdzvConf=st.just([{}]), minReplicas=COUNT),
    }
    if kind == "TFJob":
        more = {"runPolicy": policy, "enableDynamicWorker": st.booleans()}
    roles = draw(st.dictionaries(st.sampled_from(types), role, min_size=1))
    if "Master" in roles:
        roles["Master"]["replicas"] = 1  # any other number is refused
    spec = {**draw(st.fixed_dictionaries({}, optional=more)), field: roles}
    return {"apiVersion": "kubeflow.org/v1", "kind": kind, "metadata": {"name": "inner"}, "spec": spec}


@st.composite
def objects(draw):
    obj = draw(jobs())
    notes = {PREFIX + key: st.sampled_from(["0s", "x", "-1s", "999999999h", "1"]) for key in ("retryLimit", "failureGracePeriodDuration")}
    if draw(st.booleans()):
        component = draw(st.fixed_dictionaries({"template": st.just(obj)}, optional={"podSetInfos": st.just([{}])}))
        obj = {"apiVersion": "workload.codeflare.dev/v1beta2", "kind": "AppWrapper", "metadata": {}, "spec": {"components": [component]}}
    labels = draw(st.sampled_from([None, {}, {"kueue.x-k8s.io/queue-name": "lq"}]))
    annotations = draw(st.fixed_dictionaries({}, optional=notes))
    return {**obj, "metadata": {"name": "j", "namespace": "default", "labels": labels, "annotations": annotations}}


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(objects(), st.sampled_from([{}, {"stopPolicy": "HoldAndDrain"}, {"cohortName": "co"}]), st.sampled_from([0, 1, 137]))
def test_no_controller_fails_at_an_odd_object(obj, queue, code):
    api = api_server((PYTORCH, TENSORFLOW, APPWRAPPER), queues=True)
    group = "kueue.x-k8s.io/v1beta2"
    flavors = [{"name": "fl", "resources": [{"name": "cpu", "nominalQuota": "2"}]}]
    spec = {"namespaceSelector": {}, "resourceGroups": [{"coveredResources": ["cpu"], "flavors": flavors}], **queue}
    api.create({"apiVersion": group, "kind": "ResourceFlavor", "metadata": {"name": "fl"}, "spec": {}}, manager="t")
    api.create({"apiVersion": group, "kind": "ClusterQueue", "metadata": {"name": "cq"}, "spec": spec}, manager="t")
    place = {"name": "lq", "namespace": "default"}
    api.create({"apiVersion": group, "kind": "LocalQueue", "metadata": place, "spec": {"clusterQueue": "cq"}}, manager="t")
    with contextlib.suppress(ApiError):
        api.create(obj, manager="t")
    controllers = [*builtin_controllers(api), *(make(api) for bundle in api.bundles for make in bundle.controllers)]
    for _ in range(6):
        api.clock.leap(2)
        for controller in controllers:
            for found in list(api.list(controller.resource)):
                with contextlib.suppress(ApiError):
                    controller.reconcile(found["metadata"].get("namespace", ""), found["metadata"]["name"])
        for pod in list(api.list("pods", "default")):
            ended = {"name": pod["spec"]["containers"][0]["name"], "state": {"terminated": {"exitCode": code}}}
            status = {"phase": "Failed" if code else "Succeeded", "containerStatuses": [ended]}
            api.update_status({**pod, "status": status}, manager="kubelet")
