"""D, G and H: lists and selectors, deletion and garbage, watches."""

from __future__ import annotations

import json
import threading
from typing import Any

from arena_core.kube.transport import Stream
from tests.contract.rows import CONFIGMAPS, MERGE, PODS, WIDGETS, Case, configmap, job, pod, row, widget


@row(36, "what is not there")
def missing(c: Case) -> None:
    status = c.no(404, "NotFound", "GET", c.path(WIDGETS, "none"))
    assert status["message"] == f'widgets.{c.group} "none" not found'
    assert status["details"] == {"name": "none", "group": c.group, "kind": "widgets"}


@row("37-38", "lists, of a namespace and of all")
def lists(c: Case) -> None:
    c.make(WIDGETS, widget(c, "w"))
    found = c.ok("GET", c.path(WIDGETS))
    assert (found["kind"], found["apiVersion"]) == ("WidgetList", f"{c.group}/v1") and found["metadata"]["resourceVersion"]
    everywhere = c.ok("GET", c.path(WIDGETS, namespace=""))["items"]
    assert (c.namespace, "w") in {(o["metadata"]["namespace"], o["metadata"]["name"]) for o in everywhere}


@row(39, "label selectors")
def selectors(c: Case) -> None:
    for name, labels in (("a", {"x": "1"}), ("b", {"x": "2", "y": ""}), ("n", {})):
        c.make(CONFIGMAPS, configmap(name, labels))
    wanted = {
        "x=1": "a", "x==1": "a", "x!=1,!none": "bn", "x in (1,2)": "ab", "x notin (1)": "bn", "x": "ab", "!x": "n", "x,y": "b", "x=1,y": "",
    }  # fmt: skip
    for selector, names in wanted.items():
        assert "".join(c.names(CONFIGMAPS, labelSelector=selector)) == names, selector
    c.no(400, "BadRequest", "GET", c.path(CONFIGMAPS), query={"labelSelector": "x in ("})


@row(40, "field selectors")
def fields(c: Case) -> None:
    c.make(PODS, pod(c, "p", "true", schedulerName="nobody"))
    c.make(PODS, pod(c, "q", "true", schedulerName="nobody", restartPolicy="OnFailure"))
    for selector, names in (
        ("metadata.name=p", ["p"]),
        ("metadata.name!=p", ["q"]),
        ("status.phase=Pending", ["p", "q"]),
        ("spec.restartPolicy=Never", ["p"]),
    ):
        assert c.names(PODS, fieldSelector=selector) == names, selector
    status = c.no(400, "BadRequest", "GET", c.path(PODS), query={"fieldSelector": "spec.nonsense=x"})
    assert "field label not supported" in status["message"]


@row(41, "pages of one snapshot")
def pages(c: Case) -> None:
    for n in range(7):
        c.make(CONFIGMAPS, configmap(f"c{n}", {"page": "1"}))
    first = c.ok("GET", c.path(CONFIGMAPS), query={"limit": 3, "labelSelector": "page"})
    c.make(CONFIGMAPS, configmap("c3b", {"page": "1"}))
    c.delete(CONFIGMAPS, "c6")
    names = [o["metadata"]["name"] for o in first["items"]]
    token = first["metadata"]["continue"]
    while token:
        page = c.ok("GET", c.path(CONFIGMAPS), query={"limit": 3, "labelSelector": "page", "continue": token})
        assert page["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
        names += [o["metadata"]["name"] for o in page["items"]]
        token = page["metadata"].get("continue")
    assert names == [f"c{n}" for n in range(7)]
    assert c.ok("GET", c.path(CONFIGMAPS), query={"limit": 3})["metadata"]["remainingItemCount"] >= 4
    assert c.ask("GET", c.path(CONFIGMAPS), query={"limit": 3, "continue": "nonsense"}).status == 400


@row(42, "reading at a revision")
def revisions(c: Case) -> None:
    made = c.make(CONFIGMAPS, configmap("c"))["metadata"]["resourceVersion"]
    assert c.names(CONFIGMAPS, resourceVersion="0") == ["c"]
    c.make(CONFIGMAPS, configmap("d"))
    assert c.names(CONFIGMAPS, resourceVersion=made, resourceVersionMatch="NotOlderThan") == ["c", "d"]
    assert c.names(CONFIGMAPS, resourceVersion=made, resourceVersionMatch="Exact", limit=10) == ["c"]


@row("41-s", "a list that a selector narrows counts nothing that remains")
def no_count(c: Case) -> None:
    for n in range(3):
        c.make(CONFIGMAPS, configmap(f"c{n}", {"l": "1"}))
    assert "remainingItemCount" not in c.ok("GET", c.path(CONFIGMAPS), query={"limit": 1, "labelSelector": "l"})["metadata"]


@row(45, "truth as Go spells it")
def truth(c: Case) -> None:
    for word in ("1", "t", "T", "TRUE", "true", "True"):
        stream = c.watch(CONFIGMAPS, watch=word, timeoutSeconds=1)
        assert stream.response.status == 200
        stream.close()


@row("66-67", "what deleting answers")
def deleting(c: Case) -> None:
    c.make(CONFIGMAPS, configmap("c"))
    status = c.delete(CONFIGMAPS, "c")
    assert (status["kind"], status["status"], status["details"]["name"]) == ("Status", "Success", "c")
    c.no(404, "NotFound", "DELETE", c.path(CONFIGMAPS, "c"))


@row(68, "only if it is that one")
def preconditions(c: Case) -> None:
    made = c.make(CONFIGMAPS, configmap("c"))["metadata"]
    for bad in ({"uid": "00000000-0000-4000-8000-000000000000"}, {"resourceVersion": "1"}):
        body = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": bad}
        c.no(409, "Conflict", "DELETE", c.path(CONFIGMAPS, "c"), body)
    c.delete(CONFIGMAPS, "c", preconditions={"uid": made["uid"], "resourceVersion": made["resourceVersion"]})
    assert c.gone(CONFIGMAPS, "c")


@row(69, "finalizers hold an object")
def finalizers(c: Case) -> None:
    obj = configmap("c")
    obj["metadata"]["finalizers"] = ["example.com/hold"]
    c.make(CONFIGMAPS, obj)
    c.delete(CONFIGMAPS, "c")
    assert c.get(CONFIGMAPS, "c")["metadata"]["deletionTimestamp"]
    c.no(
        422, "Invalid", "PATCH", c.path(CONFIGMAPS, "c"), {"metadata": {"finalizers": ["example.com/hold", "example.com/more"]}}, kind=MERGE
    )
    c.patch(CONFIGMAPS, "c", {"metadata": {"finalizers": None}})
    assert c.gone(CONFIGMAPS, "c")


def owned(c: Case, name: str, *owners: Any, blocks: bool = False) -> Any:
    obj = configmap(name)
    obj["metadata"]["ownerReferences"] = [
        {"apiVersion": "v1", "kind": "ConfigMap", "name": o["metadata"]["name"], "uid": o["metadata"]["uid"], "blockOwnerDeletion": blocks}
        for o in owners
    ]
    return c.make(CONFIGMAPS, obj)


@row(70, "background: the owner first, then what it owned")
def background(c: Case) -> None:
    owned(c, "child", c.make(CONFIGMAPS, configmap("owner")))
    c.delete(CONFIGMAPS, "owner", propagationPolicy="Background")
    assert c.gone(CONFIGMAPS, "owner")
    c.until(lambda: c.gone(CONFIGMAPS, "child"))


@row(71, "foreground: the owner last")
def foreground(c: Case) -> None:
    child = owned(c, "child", c.make(CONFIGMAPS, configmap("owner")), blocks=True)
    c.patch(CONFIGMAPS, "child", {"metadata": {"finalizers": ["example.com/hold"]}})
    c.delete(CONFIGMAPS, "owner", propagationPolicy="Foreground")
    assert c.get(CONFIGMAPS, "owner")["metadata"]["finalizers"] == ["foregroundDeletion"]
    c.until(lambda: c.get(CONFIGMAPS, "child")["metadata"].get("deletionTimestamp"))
    assert not c.gone(CONFIGMAPS, "owner") and child
    c.patch(CONFIGMAPS, "child", {"metadata": {"finalizers": None}})
    c.until(lambda: c.gone(CONFIGMAPS, "owner"))


@row(72, "orphans stay")
def orphans(c: Case) -> None:
    owned(c, "child", c.make(CONFIGMAPS, configmap("owner")))
    c.delete(CONFIGMAPS, "owner", propagationPolicy="Orphan")
    c.until(lambda: c.gone(CONFIGMAPS, "owner"))
    c.until(lambda: not c.get(CONFIGMAPS, "child")["metadata"].get("ownerReferences"))


@row(73, "two owners, and one that never was")
def owners(c: Case) -> None:
    one, two = (c.make(CONFIGMAPS, configmap(n)) for n in ("one", "two"))
    owned(c, "child", one, two)
    c.delete(CONFIGMAPS, "one")
    ghost = {"metadata": {"name": "ghost", "uid": "00000000-0000-4000-8000-000000000000"}}
    owned(c, "haunted", ghost)
    c.until(lambda: c.gone(CONFIGMAPS, "haunted"))
    assert not c.gone(CONFIGMAPS, "child")
    c.delete(CONFIGMAPS, "two")
    c.until(lambda: c.gone(CONFIGMAPS, "child"))


@row(74, "many at once")
def collection(c: Case) -> None:
    for n in range(4):
        c.make(CONFIGMAPS, configmap(f"c{n}", {"even": str(n % 2 == 0)}))
    c.ok("DELETE", c.path(CONFIGMAPS), query={"labelSelector": "even=True"})
    assert c.names(CONFIGMAPS) == ["c1", "c3"]


@row("17, 75", "a namespace that ends")
def namespace(c: Case) -> None:
    name = f"{c.namespace}-b"
    c.ok("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    path = c.path(CONFIGMAPS, namespace=name)
    obj = configmap("c")
    obj["metadata"]["finalizers"] = ["example.com/hold"]
    c.until(lambda: c.ask("POST", path, obj).status in (201, 409))
    c.ok("DELETE", f"/api/v1/namespaces/{name}")
    assert c.ok("GET", f"/api/v1/namespaces/{name}")["status"]["phase"] == "Terminating"
    status = c.no(403, "Forbidden", "POST", path, configmap("d"))
    assert status["details"]["causes"][0]["reason"] == "NamespaceTerminating"
    c.ok("PATCH", f"{path}/c", {"metadata": {"finalizers": None}}, kind=MERGE)
    c.until(lambda: c.ask("GET", f"/api/v1/namespaces/{name}").status == 404)
    assert c.ask("DELETE", "/api/v1/namespaces/default").status == 403


@row(76, "the same name, another object")
def reborn(c: Case) -> None:
    first = c.make(CONFIGMAPS, configmap("c"))["metadata"]["uid"]
    c.delete(CONFIGMAPS, "c")
    assert c.make(CONFIGMAPS, configmap("c"))["metadata"]["uid"] != first
    body = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": first}}
    c.no(409, "Conflict", "DELETE", c.path(CONFIGMAPS, "c"), body)


@row(77, "finished jobs go by themselves", "pods")
def ttl(c: Case) -> None:
    c.make("jobs", job(c, "j", "true", ttlSecondsAfterFinished=1))
    c.until(lambda: c.gone("jobs", "j"), 90)


def events(stream: Stream, count: int) -> list[tuple[str, str]]:
    """So many events as (type, name)."""
    found = []
    for line in stream.lines():
        event = json.loads(line)
        name = event["object"]["metadata"].get("name", "")
        if name not in ("kube-root-ca.crt", "openshift-service-ca.crt"):
            found.append((event["type"], name))
        if len(found) == count:
            break
    stream.close()
    return found


@row("78, 80", "a watch from nowhere: what is there, then what happens")
def from_nowhere(c: Case) -> None:
    c.make(CONFIGMAPS, configmap("a"))
    stream = c.watch(CONFIGMAPS)
    c.make(CONFIGMAPS, configmap("b"))
    c.patch(CONFIGMAPS, "a", {"data": {"x": "1"}})
    c.delete(CONFIGMAPS, "b")
    assert events(stream, 4) == [("ADDED", "a"), ("ADDED", "b"), ("MODIFIED", "a"), ("DELETED", "b")]


@row(79, "a watch from a list: nothing missed, nothing twice")
def from_list(c: Case) -> None:
    revision = c.ok("GET", c.path(CONFIGMAPS))["metadata"]["resourceVersion"]
    writers = [threading.Thread(target=lambda w=w: [c.make(CONFIGMAPS, configmap(f"w{w}-{n}")) for n in range(25)]) for w in range(4)]
    stream = c.watch(CONFIGMAPS, resourceVersion=revision)
    for writer in writers:
        writer.start()
    found = events(stream, 100)
    for writer in writers:
        writer.join()
    assert sorted(n for _, n in found) == sorted(f"w{w}-{n}" for w in range(4) for n in range(25))


@row(81, "entering and leaving a selection")
def transitions(c: Case) -> None:
    stream = c.watch(CONFIGMAPS, labelSelector="in=yes")
    c.make(CONFIGMAPS, configmap("c"))
    c.patch(CONFIGMAPS, "c", {"metadata": {"labels": {"in": "yes"}}})
    c.patch(CONFIGMAPS, "c", {"data": {"a": "b"}})
    c.patch(CONFIGMAPS, "c", {"metadata": {"labels": {"in": "no"}}})
    assert events(stream, 3) == [("ADDED", "c"), ("MODIFIED", "c"), ("DELETED", "c")]


@row(82, "a revision that is too old")
def too_old(c: Case) -> None:
    stream = c.cluster.transport.stream(c.path(CONFIGMAPS), {"watch": "1", "resourceVersion": "1", "timeoutSeconds": 5}, timeout=20)
    if not isinstance(stream, Stream):
        assert stream.status == 410
        return
    first = next(iter(stream.lines()), b"{}")
    stream.close()
    event = json.loads(first)
    # A cluster that has seen little may still know its whole past.
    assert event == {} or event["type"] in ("ADDED", "MODIFIED", "DELETED") or event["object"]["code"] == 410


@row("83, 87", "a quiet watch begins at once and ends in time")
def quiet(c: Case) -> None:
    stream = c.watch(CONFIGMAPS, timeoutSeconds=1, labelSelector="nothing")
    assert stream.response.status == 200
    assert list(stream.lines()) == []


@row("84-85", "the first objects, and the bookmark behind them")
def initial(c: Case) -> None:
    c.make(CONFIGMAPS, configmap("a"))
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true", "labelSelector": "!none"}
    stream = c.watch(CONFIGMAPS, **query)
    found = []
    for line in stream.lines():
        event = json.loads(line)
        found.append(event["type"])
        if event["type"] == "BOOKMARK":
            assert event["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"] == "true"
            break
    stream.close()
    assert set(found[:-1]) == {"ADDED"}


@row(86, "a watch of one object")
def single(c: Case) -> None:
    stream = c.watch(CONFIGMAPS, fieldSelector="metadata.name=b")
    for name in "ab":
        c.make(CONFIGMAPS, configmap(name))
    c.delete(CONFIGMAPS, "b")
    assert events(stream, 2) == [("ADDED", "b"), ("DELETED", "b")]
