"""A to C, E and F: discovery, creating, validation, changing, server-side apply."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

from tests.contract.rows import (
    APPLY,
    CONFIGMAPS,
    JSON_PATCH,
    MERGE,
    PODS,
    STRATEGIC,
    WIDGETS,
    Case,
    changed,
    configmap,
    deployment,
    job,
    pod,
    row,
    widget,
)


@row(1, "the version has what clients parse")
def version(c: Case) -> None:
    found = c.ok("GET", "/version")
    assert found["gitVersion"].startswith("v") and found["major"].isdigit() and found["minor"].rstrip("+").isdigit()


@row(2, "health")
def health(c: Case) -> None:
    for path in ("/healthz", "/readyz", "/livez"):
        assert c.ask("GET", path).body == b"ok"


@row(3, "the older discovery documents")
def legacy(c: Case) -> None:
    assert "v1" in c.ok("GET", "/api")["versions"]
    groups = {g["name"] for g in c.ok("GET", "/apis")["groups"]}
    assert {"apps", "batch", "apiextensions.k8s.io", c.group} <= groups


@row(5, "subresources stand in the resource list")
def resources(c: Case) -> None:
    found = {r["name"]: r for r in c.ok("GET", f"/apis/{c.group}/v1")["resources"]}
    assert {"widgets", "widgets/status", "widgets/scale"} <= set(found)
    assert found["widgets/scale"]["kind"] == "Scale" and found["widgets"]["namespaced"] is True
    assert {"pods/log", "pods/exec", "pods/status"} <= {r["name"] for r in c.ok("GET", "/api/v1")["resources"]}


@row(6, "what is not served is a 404")
def unknown(c: Case) -> None:
    assert c.ask("GET", "/apis/nothing.example.org/v1/things").status == 404
    assert c.no(404, "NotFound", "GET", "/apis/apps/v1/nothings")["message"] == "the server could not find the requested resource"


@row(7, "a CRD is discovered, and gone with its objects")
def crd_life(c: Case) -> None:
    from tests.contract.rows import crd

    group, base = f"gone{c.namespace}.example.com", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    c.ok("POST", base, crd(group))
    path = f"/apis/{group}/v1/namespaces/{c.namespace}/widgets"
    c.until(lambda: c.ask("GET", path).status == 200)
    c.ok("POST", path, {**widget(c, "w"), "apiVersion": f"{group}/v1"})
    assert any(g["name"] == group for g in c.ok("GET", "/apis")["groups"])
    c.ok("DELETE", f"{base}/widgets.{group}")
    c.until(lambda: c.ask("GET", path).status == 404 and c.ask("GET", f"{base}/widgets.{group}").status == 404)


@row(8, "openapi v3 knows the CRD and offers validation by the server")
def openapi(c: Case) -> None:
    c.until(lambda: f"apis/{c.group}/v1" in c.ok("GET", "/openapi/v3")["paths"])
    index = c.ok("GET", "/openapi/v3")["paths"]
    document = c.ok("GET", index[f"apis/{c.group}/v1"]["serverRelativeURL"].split("?")[0])
    kinds = [k for s in document["components"]["schemas"].values() for k in s.get("x-kubernetes-group-version-kind", ())]
    assert {"group": c.group, "version": "v1", "kind": "Widget"} in kinds
    patch = document["paths"][f"/apis/{c.group}/v1/namespaces/{{namespace}}/widgets/{{name}}"]["patch"]
    assert "fieldValidation" in {p["name"] for p in patch["parameters"]}


@row(10, "what the server fills in")
def filled(c: Case) -> None:
    own = c.make(WIDGETS, {**widget(c, "w"), "metadata": {"name": "w", "uid": "mine", "generation": 9}})["metadata"]
    assert own["namespace"] == c.namespace and own["generation"] == 1 and own["uid"] != "mine" and own["resourceVersion"].isdigit()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", own["creationTimestamp"])
    assert "generation" not in c.make(CONFIGMAPS, configmap("c"))["metadata"]


@row(11, "a second one of the name is a conflict")
def duplicate(c: Case) -> None:
    c.make(WIDGETS, widget(c, "w"))
    status = c.no(409, "AlreadyExists", "POST", c.path(WIDGETS), widget(c, "w"))
    assert status["message"] == f'widgets.{c.group} "w" already exists'
    assert status["details"] == {"name": "w", "group": c.group, "kind": "widgets"}


@row(12, "a generated name")
def generated(c: Case) -> None:
    made = {**configmap(""), "metadata": {"generateName": "pre-"}}
    assert re.fullmatch(r"pre-[bcdfghjklmnpqrstvwxz2456789]{5}", c.make(CONFIGMAPS, made)["metadata"]["name"])


@row(13, "no name at all is refused")
def nameless(c: Case) -> None:
    assert "name or generateName is required" in c.no(422, "Invalid", "POST", c.path(CONFIGMAPS), configmap(""))["message"]


@row(14, "a bad name is refused by field")
def bad_name(c: Case) -> None:
    status = c.no(422, "Invalid", "POST", c.path(CONFIGMAPS), configmap("No_Good"))
    assert status["details"]["causes"][0]["field"] == "metadata.name"


@row(15, "another namespace in the body is refused")
def other_namespace(c: Case) -> None:
    obj = configmap("c")
    obj["metadata"]["namespace"] = "other"
    assert "does not match the namespace" in c.no(400, "BadRequest", "POST", c.path(CONFIGMAPS), obj)["message"]


@row(16, "a namespace that is not there")
def no_namespace(c: Case) -> None:
    path = c.path(CONFIGMAPS, namespace="is-not-there")
    assert c.no(404, "NotFound", "POST", path, configmap("c"))["message"] == 'namespaces "is-not-there" not found'
    assert c.ok("GET", path)["items"] == []


@row(18, "a revision in a new object is refused")
def revision_given(c: Case) -> None:
    obj = configmap("c")
    obj["metadata"]["resourceVersion"] = "7"
    assert c.ask("POST", c.path(CONFIGMAPS), obj).status == 500


@row(19, "the status of a new object is dropped")
def status_dropped(c: Case) -> None:
    assert "status" not in c.make(WIDGETS, {**widget(c, "w"), "status": {"phase": "x"}})
    assert c.make(PODS, {**pod(c, "p", "true", schedulerName="nobody"), "status": {"phase": "Running"}})["status"]["phase"] == "Pending"


@row(20, "a dry run stores nothing")
def dry_run(c: Case) -> None:
    made = c.ok("POST", c.path(CONFIGMAPS), configmap("c"), {"dryRun": "All"})
    assert made["metadata"]["uid"] and c.gone(CONFIGMAPS, "c")
    c.no(422, "Invalid", "POST", c.path(CONFIGMAPS), configmap("c"), {"dryRun": "Some"})


@row(21, "another kind or version than the path's")
def wrong_kind(c: Case) -> None:
    c.no(400, "BadRequest", "POST", c.path(CONFIGMAPS), {**configmap("c"), "kind": "Secret"})
    c.no(400, "BadRequest", "POST", c.path(WIDGETS), {**widget(c, "w"), "apiVersion": f"{c.group}/v2"})
    c.no(422, "Invalid", "POST", c.path(WIDGETS), {**widget(c, "w"), "kind": "Gadget"})


@row(22, "bodies that are none")
def bodies(c: Case) -> None:
    c.no(400, "BadRequest", "POST", c.path(WIDGETS), "text")
    c.no(415, "UnsupportedMediaType", "POST", c.path(WIDGETS), widget(c, "w"), kind="application/xml")
    assert c.ask("POST", c.path(WIDGETS), widget(c, "y"), kind="application/yaml").status == 201, "JSON is YAML"


@row(23, "labels and annotations have a syntax")
def labels(c: Case) -> None:
    for bad in ({"a": "no spaces"}, {"-a": "b"}, {"a/b/c": "d"}, {"a": "x" * 64}):
        c.no(422, "Invalid", "POST", c.path(CONFIGMAPS), configmap("c", labels=bad))


@row(24, "every violation of the schema, all in one answer")
def schema(c: Case) -> None:
    status = c.no(422, "Invalid", "POST", c.path(WIDGETS), widget(c, "w", size=0, mode="z", word="TOO LONG WORD", list=list("abcd")))
    assert {"spec.size", "spec.mode", "spec.word", "spec.list"} <= {x["field"] for x in status["details"]["causes"]}
    status = c.no(422, "Invalid", "POST", c.path(WIDGETS), {**widget(c, "w"), "spec": {}})
    assert status["details"]["causes"][0] == {"reason": "FieldValueRequired", "message": "Required value", "field": "spec.size"}
    status = c.no(422, "Invalid", "POST", c.path(WIDGETS), widget(c, "w", size="x"))
    assert status["details"]["causes"][0]["reason"] == "FieldValueTypeInvalid"


@row(25, "defaults on writing and after a null")
def defaults(c: Case) -> None:
    assert c.make(WIDGETS, widget(c, "w", mode="b"))["spec"]["mode"] == "b"
    assert c.patch(WIDGETS, "w", {"spec": {"mode": None}})["spec"]["mode"] == "a"
    assert c.make(WIDGETS, widget(c, "v"))["spec"]["mode"] == "a"


@row(26, "unknown fields: pruned, warned of, refused")
def unknown_fields(c: Case) -> None:
    answer = c.ask("POST", c.path(WIDGETS), widget(c, "w", zz=1))
    assert "zz" not in answer.json()["spec"]
    warning = next(v for k, v in answer.headers.items() if k.lower() == "warning")
    assert 'unknown field \\"spec.zz\\"' in warning
    status = c.no(400, "BadRequest", "POST", c.path(WIDGETS), widget(c, "v", zz=1), {"fieldValidation": "Strict"})
    assert 'strict decoding error: unknown field "spec.zz"' in status["message"]
    assert not any(
        k.lower() == "warning" for k in c.ask("POST", c.path(WIDGETS), widget(c, "u", zz=1), {"fieldValidation": "Ignore"}).headers
    )


@row("27-29", "free maps, int-or-string, nullable")
def loose(c: Case) -> None:
    assert c.make(WIDGETS, widget(c, "a", free={"x": {"y": [1]}}))["spec"]["free"] == {"x": {"y": [1]}}
    assert c.make(WIDGETS, widget(c, "b", either=1))["spec"]["either"] == 1
    assert c.make(WIDGETS, widget(c, "d", either="1%", maybe=None))["spec"] == {"size": 1, "mode": "a", "either": "1%", "maybe": None}
    c.no(422, "Invalid", "POST", c.path(WIDGETS), widget(c, "e", either=[]))


@row("32-33", "pods and jobs that cannot be")
def impossible(c: Case) -> None:
    twice = pod(c, "p", "true")
    twice["spec"]["containers"] *= 2
    for bad in (twice, changed(pod(c, "p", "true"), containers=[]), changed(pod(c, "p", "true"), restartPolicy="Sometimes")):
        c.no(422, "Invalid", "POST", c.path(PODS), bad)
    bad = job(c, "j", "true")
    bad["spec"]["template"]["spec"]["restartPolicy"] = "Always"
    c.no(422, "Invalid", "POST", c.path("jobs"), bad)


@row(34, "what cannot be changed")
def immutable(c: Case) -> None:
    c.make("jobs", job(c, "j", "true", suspend=True))
    other = {"spec": {"template": {"spec": {"restartPolicy": "OnFailure"}}}}
    c.no(422, "Invalid", "PATCH", c.path("jobs", "j"), other, kind=MERGE)
    c.make("deployments", deployment(c, "d", 0))
    c.no(422, "Invalid", "PATCH", c.path("deployments", "d"), {"spec": {"selector": {"matchLabels": {"b": "c"}}}}, kind=MERGE)
    c.make(CONFIGMAPS, configmap("c"))
    c.no(422, "Invalid", "PATCH", c.path(CONFIGMAPS, "c"), {"metadata": {"uid": "other"}}, kind=MERGE)
    other = configmap("c")
    other["metadata"]["uid"] = "00000000-0000-4000-8000-000000000000"
    c.no(409, "Conflict", "PUT", c.path(CONFIGMAPS, "c"), other)


@row("34-cel", "a rule of the CRD")
def rules(c: Case) -> None:
    c.make(WIDGETS, widget(c, "w", sealed="x"))
    status = c.no(422, "Invalid", "PATCH", c.path(WIDGETS, "w"), {"spec": {"sealed": "y"}}, kind=MERGE)
    assert status["details"]["causes"][0]["field"] == "spec.sealed" and "is sealed" in status["message"]


@row(35, "two entries with one key")
def keys_twice(c: Case) -> None:
    status = c.no(422, "Invalid", "POST", c.path(WIDGETS), widget(c, "w", ports=[{"name": "a"}, {"name": "a"}]))
    assert status["details"]["causes"][0]["reason"] == "FieldValueDuplicate"


@row("46-47", "stale and absent revisions")
def stale(c: Case) -> None:
    old = c.make(WIDGETS, widget(c, "w"))
    c.patch(WIDGETS, "w", {"spec": {"size": 2}})
    status = c.no(409, "Conflict", "PUT", c.path(WIDGETS, "w"), changed(old, size=3))
    assert "the object has been modified; please apply your changes to the latest version" in status["message"]
    del old["metadata"]["resourceVersion"]
    c.no(422, "Invalid", "PUT", c.path(WIDGETS, "w"), old)
    c.make(CONFIGMAPS, configmap("c"))
    assert c.ok("PUT", c.path(CONFIGMAPS, "c"), configmap("c", a="b"))["data"] == {"a": "b"}


@row("48-49", "revision and generation")
def generations(c: Case) -> None:
    made = c.make(WIDGETS, widget(c, "w"))["metadata"]
    same = c.patch(WIDGETS, "w", {"spec": {"size": 1}})["metadata"]
    assert (same["resourceVersion"], same["generation"]) == (made["resourceVersion"], 1)
    labelled = c.patch(WIDGETS, "w", {"metadata": {"labels": {"a": "b"}}})["metadata"]
    assert labelled["generation"] == 1 and labelled["resourceVersion"] != made["resourceVersion"]
    assert c.patch(WIDGETS, "w", {"spec": {"size": 2}})["metadata"]["generation"] == 2


@row(50, "status apart from the rest")
def status_apart(c: Case) -> None:
    c.make(WIDGETS, widget(c, "w"))
    assert "status" not in c.patch(WIDGETS, "w", {"status": {"phase": "x"}})
    found = c.patch(WIDGETS, "w", {"status": {"phase": "x"}, "spec": {"size": 9}}, sub="status")
    assert (found["status"], found["spec"]["size"], found["metadata"]["generation"]) == ({"phase": "x"}, 1, 1)


@row("52-53", "merge and JSON patches")
def patches(c: Case) -> None:
    c.make(CONFIGMAPS, configmap("c", a="1", b="2"))
    assert c.patch(CONFIGMAPS, "c", {"data": {"a": None, "x": "3"}})["data"] == {"b": "2", "x": "3"}
    steps = [
        {"op": "test", "path": "/data/b", "value": "2"},
        {"op": "move", "from": "/data/b", "path": "/data/m"},
        {"op": "remove", "path": "/data/x"},
    ]
    assert c.patch(CONFIGMAPS, "c", steps, JSON_PATCH)["data"] == {"m": "2"}
    bad = [{"op": "test", "path": "/data/m", "value": "no"}]
    assert c.ask("PATCH", c.path(CONFIGMAPS, "c"), bad, kind=JSON_PATCH).status == 422


@row(54, "strategic merge by the type's keys")
def strategic(c: Case) -> None:
    c.make("deployments", deployment(c, "d", 0))
    env = {"spec": {"template": {"spec": {"containers": [{"name": "c", "env": [{"name": "A", "value": "1"}]}]}}}}
    found = c.patch("deployments", "d", env, STRATEGIC)["spec"]["template"]["spec"]["containers"]
    assert len(found) == 1 and found[0]["command"] and found[0]["env"] == [{"name": "A", "value": "1"}]
    gone = {"spec": {"template": {"spec": {"containers": [{"name": "c", "env": [{"name": "A", "$patch": "delete"}]}]}}}}
    assert not c.patch("deployments", "d", gone, STRATEGIC)["spec"]["template"]["spec"]["containers"][0].get("env")
    c.make(WIDGETS, widget(c, "w"))
    assert c.ask("PATCH", c.path(WIDGETS, "w"), {}, kind=STRATEGIC).status == 415


@row("55-56", "patches that find nothing, or another revision")
def patch_conditions(c: Case) -> None:
    c.no(404, "NotFound", "PATCH", c.path(CONFIGMAPS, "none"), {}, kind=MERGE)
    c.make(CONFIGMAPS, configmap("c"))
    c.no(409, "Conflict", "PATCH", c.path(CONFIGMAPS, "c"), {"metadata": {"resourceVersion": "1"}, "data": {"a": "b"}}, kind=MERGE)


@row(57, "racing writers")
def races(c: Case) -> None:
    made = c.make(WIDGETS, widget(c, "w"))
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda n: c.ask("PUT", c.path(WIDGETS, "w"), changed(made, size=n + 2)).status, range(8)))
    assert sorted(codes) == [200] + [409] * 7
    c.make(CONFIGMAPS, configmap("c"))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: c.patch(CONFIGMAPS, "c", {"data": {f"k{n}": "v"}}), range(20)))
    assert len(c.get(CONFIGMAPS, "c")["data"]) == 20


@row(58, "the scale subresource")
def scale(c: Case) -> None:
    c.make(WIDGETS, widget(c, "w", replicas=1))
    found = c.get(WIDGETS, "w", "scale")
    assert (found["apiVersion"], found["kind"], found["spec"]["replicas"]) == ("autoscaling/v1", "Scale", 1)
    c.patch(WIDGETS, "w", {"spec": {"replicas": 3}}, sub="scale")
    assert c.get(WIDGETS, "w")["spec"]["replicas"] == 3


def apply(c: Case, manager: str, obj: object, force: bool = False) -> object:
    return c.ok("PATCH", c.path(CONFIGMAPS, "c"), obj, {"fieldManager": manager, **({"force": "true"} if force else {})}, APPLY)


@row("59-61", "server-side apply: owners, conflicts, force")
def ssa(c: Case) -> None:
    c.no(422, "Invalid", "PATCH", c.path(CONFIGMAPS, "c"), configmap("c"), kind=APPLY)
    apply(c, "one", configmap("c", a="1", b="2"))
    assert apply(c, "one", configmap("c", a="1"))["data"] == {"a": "1"}  # type: ignore[index]
    apply(c, "two", configmap("c", a="1"))
    status = c.no(409, "Conflict", "PATCH", c.path(CONFIGMAPS, "c"), configmap("c", a="9"), {"fieldManager": "two"}, APPLY)
    assert status["details"]["causes"][0]["reason"] == "FieldManagerConflict"
    assert apply(c, "two", configmap("c", a="9"), force=True)["data"] == {"a": "9"}  # type: ignore[index]


@row("62-64", "server-side apply: lists by key, managed fields")
def ssa_lists(c: Case) -> None:
    for manager, name in (("one", "a"), ("two", "b")):
        path = c.path(WIDGETS, "w")
        found = c.ok("PATCH", path, widget(c, "w", ports=[{"name": name, "port": 1}]), {"fieldManager": manager}, APPLY)
    assert [p["name"] for p in found["spec"]["ports"]] == ["a", "b"]
    managers = {(m["manager"], m["operation"]) for m in found["metadata"]["managedFields"]}
    assert {("one", "Apply"), ("two", "Apply")} <= managers
    given = widget(c, "w")
    given["metadata"]["managedFields"] = found["metadata"]["managedFields"]
    assert c.ask("PATCH", path, given, {"fieldManager": "x"}, APPLY).status == 400
