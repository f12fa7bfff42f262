"""The webhooks against what the real ones answered, request by request."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from volcano_shared import SHARED, needs_shared, recording
from volcano_simulated import task, vcjob

from arena_local.sdk.bundle import ApiError, Obj
from arena_local.server.server import ApiServer
from arena_local.testing import api_server
from arena_volcano.local import BUNDLE
from arena_volcano.localcluster.admission import jobs

_LISTS = re.compile(r"(valid (?:events|actions) are \[|supported values: )([^\]\n]*)")


def server() -> ApiServer:
    api = api_server((BUNDLE,))
    for name in ("root", "default"):
        queue = api.get("queues.scheduling.volcano.sh", "", name)
        api.update_status({**queue, "status": {"state": "Open"}}, manager="t")
    api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "rec"}}, manager="t")
    return api


def normal(message: str) -> str:
    """Without the order of lists that Go keeps in maps, and without double spaces (tier 3: copied typos)."""
    message = re.sub(" +", " ", message)
    head, bracket, errors = message.partition(" is invalid: [")
    if bracket:
        return head + bracket + ", ".join(sorted(part.removeprefix("spec.") for part in errors.removesuffix("]").split(", spec.")))
    return _LISTS.sub(lambda m: m[1] + " ".join(sorted(re.split(r"[ ,]+", m[2].strip()))), message)


def steps(name: str) -> list[Any]:
    if not (SHARED / "recordings").is_dir():
        return []
    found = [s for s in recording(name)["steps"] if s["do"] == "create" and s.get("kind") in ("VolcanoJob", "Queue")]
    return [pytest.param(s, id=f"{name}: {s.get('label')}") for s in found]


@needs_shared
@pytest.mark.parametrize("step", [*steps("vc-invalid"), *steps("vc-queue-invalid")])
def test_answers_as_recorded(step: dict[str, Any]) -> None:
    api, body = server(), copy.deepcopy(step["body"])
    if "namespace" in body["metadata"]:
        body["metadata"]["namespace"] = "rec"
    expected = step["answer"]
    if expected["code"] == 201:
        api.create(body, manager="t")
        return
    with pytest.raises(ApiError) as caught:
        api.create(body, manager="t")
    assert (caught.value.code, normal(caught.value.message)) == (expected["code"], normal(expected["body"]["message"]))
    assert caught.value.reason == expected["body"].get("reason", "")


@needs_shared
def test_defaults_as_recorded() -> None:
    api = server()
    for name in ("vc-defaults-only", "vc-gang-success", "vc-plugin-mpi", "vc-partition-minpartitions", "vc-network-topology"):
        rec = recording(name)
        for step in (s for s in rec["steps"] if s["do"] == "create"):
            body = copy.deepcopy(step["body"])
            body["metadata"]["namespace"] = "rec"
            ours = api.create(body, manager="t")
            stored = next(e["object"] for e in rec["timeline"] if e["type"] == "ADDED" and e["name"] == body["metadata"]["name"])
            assert _plain(ours["spec"]) == _plain(stored["spec"]), name
            api.delete("jobs.batch.volcano.sh", "rec", body["metadata"]["name"])


def _plain(spec: Any) -> Any:
    return {k: v for k, v in spec.items() if v != ""}


def refused(call: Any) -> str:
    with pytest.raises(ApiError) as caught:
        call()
    return caught.value.message


def test_only_counts_may_change() -> None:
    api = server()
    job = api.create(vcjob(task("a", 2), plugins={"svc": []}), manager="t")
    scaled = copy.deepcopy(job)
    scaled["spec"]["tasks"][0]["replicas"] = 3
    job = api.update(scaled, manager="t")
    other = copy.deepcopy(job)
    other["spec"]["queue"] = "other"
    assert "may not change fields" in refused(lambda: api.update(other, manager="t"))
    more = copy.deepcopy(job)
    more["spec"]["tasks"].append(task("b"))
    assert "may not add or remove tasks" in refused(lambda: api.update(more, manager="t"))
    most = copy.deepcopy(job)
    most["spec"]["minAvailable"] = 9
    assert "must not be greater than total replicas" in refused(lambda: api.update(most, manager="t"))


def test_the_first_queues_stay() -> None:
    api = server()
    for name in ("root", "default"):
        assert "can not be deleted" in refused(lambda name=name: api.delete("queues.scheduling.volcano.sh", "", name))


def test_a_queue_with_children_takes_no_job() -> None:
    api = server()
    for name, parent in (("team", "root"), ("part", "team")):
        spec = {"parent": parent}
        api.create({"apiVersion": "scheduling.volcano.sh/v1beta1", "kind": "Queue", "metadata": {"name": name}, "spec": spec}, manager="t")
    assert "leaf queue" in refused(lambda: api.create(vcjob(task(), queue="team"), manager="t"))
    assert "child queues: part" in refused(lambda: api.delete("queues.scheduling.volcano.sh", "", "team"))


def test_a_pod_group_needs_an_open_queue() -> None:
    group = {"apiVersion": "scheduling.volcano.sh/v1beta1", "kind": "PodGroup", "metadata": {"name": "g", "namespace": "default"}}
    assert "not found" in refused(lambda: server().create({**group, "spec": {"queue": "nope", "minMember": 1}}, manager="t"))


def test_a_namespace_names_the_queue_of_its_pod_groups() -> None:
    api = server()
    api.create({"apiVersion": "scheduling.volcano.sh/v1beta1", "kind": "Queue", "metadata": {"name": "q"}, "spec": {}}, manager="t")
    notes = {"scheduling.volcano.sh/queue-name": "q"}
    api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team", "annotations": notes}}, manager="t")
    head = {"name": "g", "namespace": "team"}
    group = {"apiVersion": "scheduling.volcano.sh/v1beta1", "kind": "PodGroup", "metadata": head, "spec": {"minMember": 1}}
    assert api.create(group, manager="t")["spec"]["queue"] == "q"


@pytest.mark.parametrize(
    ("path", "weights", "text"),
    [
        ("root/a/b", "1/2", "volcano.sh/hierarchy must have the same length with volcano.sh/hierarchy-weights"),
        ("root/a", "1/x", '"1/x": x in the 1/x is invalid number: strconv.ParseFloat: parsing "x": invalid syntax'),
        ("root/a", "1/-2", '"1/-2": -2 in the 1/-2 must be larger than 0'),
        ("root/sci", "1/2", "root/sci is not allowed to be in the sub path of root/sci/dev of queue dev"),
    ],
)
def test_a_queue_that_does_not_fit_into_the_tree_is_refused(path: str, weights: str, text: str) -> None:
    api = server()
    stored = api.create(tree_queue("dev", "sci/dev", "2/3"), manager="t")["metadata"]["annotations"]
    assert stored == {"volcano.sh/hierarchy": "root/sci/dev", "volcano.sh/hierarchy-weights": "1/2/3"}
    assert text in refused(lambda: api.create(tree_queue("q", path, weights), manager="t"))


def tree_queue(name: str, path: str, weights: str) -> Obj:
    notes = {"volcano.sh/hierarchy": path, "volcano.sh/hierarchy-weights": weights}
    return {"apiVersion": "scheduling.volcano.sh/v1beta1", "kind": "Queue", "metadata": {"name": name, "annotations": notes}, "spec": {}}


def test_pods_with_senseless_budgets_are_refused() -> None:
    head = {"name": "p", "namespace": "default", "annotations": {"volcano.sh/jdb-min-available": "150%"}}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": head,
        "spec": {"schedulerName": "volcano", "containers": [{"name": "c", "image": "i"}]},
    }
    assert "valid percentage" in refused(lambda: server().create(pod, manager="t"))


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (
            {"guarantee": {"resource": {"cpu": "1"}}},
            'requestBody.spec.deserved.cpu: Invalid value: "<nil>": deserved[cpu] must be >= guarantee[cpu]=1',
        ),
        ({"deserved": {"cpu": "4"}, "capability": {"cpu": "2"}}, "deserved[cpu]=4 must be <= capability[cpu]=2"),
        ({"parent": "q"}, "queue q cannot use itself as parent"),
    ],
)
def test_queues_that_contradict_themselves(spec: dict[str, Any], text: str) -> None:
    queue = {"apiVersion": "scheduling.volcano.sh/v1beta1", "kind": "Queue", "metadata": {"name": "q"}, "spec": spec}
    assert text in refused(lambda: server().create(queue, manager="t"))


def test_a_task_without_a_command_is_warned_of() -> None:
    job = vcjob(task("fine"), {**task("lost"), "template": {"spec": {"containers": [{"name": "main", "image": "nginx"}]}}})
    assert [text.partition(":")[0] for text in jobs.tell_job(server(), job, None, "CREATE")] == ["spec.tasks[lost]"]
