"""`arena check`: what is there, what is missing and what that costs, and what cannot be known."""

from __future__ import annotations

import json

import pytest

NODES = "/api/v1/nodes"
DEPLOYMENTS = "/apis/apps/v1/deployments"
RULES = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"


def group(name, version, *plurals):
    return {"metadata": {"name": name}, "versions": [{"version": version, "resources": [{"resource": one} for one in plurals]}]}


def deployment(name, image, ready):
    spec = {"template": {"spec": {"containers": [{"name": "manager", "image": image}]}}}
    return {"metadata": {"name": name, "namespace": "ops"}, "spec": spec, "status": {"readyReplicas": ready} if ready else {}}


@pytest.fixture
def cluster(api):
    """A cluster with the Training Operator's kinds, whose operator is down, and a node without accelerators."""
    served = [group("kubeflow.org", "v1", "pytorchjobs", "tfjobs"), group("batch", "v1", "jobs")]
    api.pages["/apis"] = lambda query: (200, {"kind": "APIGroupDiscoveryList", "items": served})
    api.pages["/version"] = lambda query: (200, {"gitVersion": "v1.31.2"})
    allowed = [{"verbs": ["get", "list", "watch"], "apiGroups": ["*"], "resources": ["*"]}]
    api.pages[RULES] = lambda query: (201, {"status": {"resourceRules": allowed, "incomplete": False}})
    api.put(DEPLOYMENTS, deployment("trainer", "docker.io/kubeflow/training-operator:v1", 0))
    node = {"metadata": {"name": "n"}, "status": {"conditions": [{"type": "Ready", "status": "True"}], "allocatable": {"cpu": "8"}}}
    api.put(NODES, node)
    return api


def found(done):
    return {(row["area"], row["what"]): row for row in json.loads(done.out)}


def test_what_is_missing_is_told_with_its_price(arena, cluster):
    done = arena("check", "-o", "json")
    assert done.code == 0
    rows = found(done)
    assert rows["job types", "pytorchjob"]["state"] == "ok" and rows["job types", "job"]["state"] == "ok"
    missing = rows["job types", "rayjob"]
    assert missing["state"] == "missing" and "rayjobs.ray.io is not served" in missing["detail"] and "kuberay" in missing["hint"].lower()
    down = rows["operators", "training-operator"]
    assert down["state"] == "missing" and "ops/trainer has no ready pod: nothing happens to jobs of pytorchjob, tfjob" in down["detail"]
    assert rows["rights", "submit"]["state"] == "missing" and "create pytorchjobs.kubeflow.org" in rows["rights", "submit"]["detail"]
    assert "rayjobs" not in rows["rights", "submit"]["detail"], "nobody needs rights to what is not there"
    assert rows["rights", "list, get, wait"]["state"] == rows["rights", "logs"]["state"] == "ok"
    assert rows["nodes", "accelerators"]["state"] == "missing"
    table = arena("check")
    assert "hint: rayjob: " in table.err and table.out.splitlines()[0].split() == ["AREA", "WHAT", "STATE", "DETAIL"]


def test_what_may_not_be_read_is_unknown(arena, cluster):
    cluster.forbidden |= {DEPLOYMENTS, NODES, RULES, "/apis/kueue.x-k8s.io", "/apis/scheduling.volcano.sh"}
    cluster.pages["/apis"] = lambda query: (
        403,
        {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 403, "reason": "Forbidden", "message": "no"},
    )
    rows = found(arena("check", "-o", "json"))
    assert {row["state"] for row in rows.values()} == {"ok", "unknown"}
    assert [row["area"] for row in rows.values() if row["state"] == "ok"] == ["cluster"]
    assert "forbidden" in rows["nodes", "nodes"]["detail"]


def test_with_a_type_the_exit_code_tells(arena, cluster):
    cluster.collections[DEPLOYMENTS].clear()
    cluster.put(DEPLOYMENTS, deployment("trainer", "training-operator:v1", 1))
    allowed = [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]
    cluster.pages[RULES] = lambda query: (201, {"status": {"resourceRules": allowed, "incomplete": False}})
    node = {"status": {"conditions": [{"type": "Ready", "status": "True"}], "allocatable": {"nvidia.com/gpu": "8", "cpu": "8"}}}
    cluster.put(NODES, {"metadata": {"name": "n"}, **node})
    cluster.put("/apis/kueue.x-k8s.io/v1beta2/namespaces/default/localqueues")
    assert arena("check", "-T", "rayjob").code == 1
    rows = found(arena("check", "-T", "pytorchjob", "-o", "json"))
    assert rows["operators", "training-operator"]["state"] == "ok"
    assert rows["nodes", "nvidia.com/gpu"]["detail"] == "8 in all"
    assert arena("check", "-T", "nosuch").code == 2


def test_the_local_cluster_lacks_nothing_but_accelerators(arena, local_cluster, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(local_cluster.kubeconfig))
    rows = found(arena("check", "-o", "json", "-n", "default"))
    assert {key for key, row in rows.items() if row["state"] != "ok"} <= {
        ("nodes", "accelerators"),
        # What no process stands for here: refused at submit, with the reason.
        ("job types", "seldon-serving"),
        ("job types", "deepspeedjob"),
    }
    assert rows["operators", "kuberay"]["detail"] == "part of the local cluster"


def test_no_cluster_is_one_line(arena, home):
    (home / "broken").write_text("apiVersion: v1\nkind: Config\nclusters: []\n")
    done = arena("check", "--config", str(home / "broken"))
    assert done.code != 0 and done.err.startswith("error:") and done.out == ""
