"""C6: claims are bound, to the folder that a PersistentVolume names or to one made for them; what cannot be bound says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from arena_local.controllers.storage import fits, rank
from arena_local.testing import LocalCluster, make_pod


def claim(ns: str, name: str, size: str = "1Gi", **spec: Any) -> dict[str, Any]:
    body = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}} | spec
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": ns}, "spec": body}


def volume(name: str, path: Path | str, size: str = "2Gi", **spec: Any) -> dict[str, Any]:
    body = {"capacity": {"storage": size}, "accessModes": ["ReadWriteOnce", "ReadWriteMany"], "hostPath": {"path": str(path)}} | spec
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": body}


def user(ns: str, name: str, command: str, claimed: str) -> dict[str, Any]:
    volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": claimed}}]
    return make_pod(ns, name, command, volumes=volumes, container={"volumeMounts": [{"name": "v", "mountPath": "/arena-data"}]})


def phase(cluster: LocalCluster, ns: str, name: str) -> Any:
    return cluster.request("GET", f"/api/v1/namespaces/{ns}/persistentvolumeclaims/{name}")[1]["status"].get("phase")


def test_a_volume_of_this_machine_is_really_used(local_cluster: LocalCluster, tmp_path: Path) -> None:
    ns = local_cluster.namespace("pv")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "f").write_text("from the volume\n")
    name = f"pv-{ns}"
    local_cluster.create(volume(name, tmp_path / "data", storageClassName="manual"))
    local_cluster.create(claim(ns, "c", storageClassName="manual"))
    local_cluster.create(user(ns, "p", "cat /arena-data/f; echo back > /arena-data/g", "c"))
    local_cluster.wait_phase(ns, "p", "Succeeded", timeout=40)
    assert local_cluster.logs(ns, "p") == "from the volume\n"
    assert (tmp_path / "data" / "g").read_text() == "back\n"
    found = local_cluster.request("GET", f"/api/v1/persistentvolumes/{name}")[1]
    assert (found["status"]["phase"], found["spec"]["claimRef"]["name"]) == ("Bound", "c")
    local_cluster.request("DELETE", f"/api/v1/namespaces/{ns}/persistentvolumeclaims/c")
    path = f"/api/v1/persistentvolumes/{name}"
    local_cluster.until(lambda: local_cluster.request("GET", path)[1]["status"]["phase"] == "Released", 20)
    assert (tmp_path / "data" / "f").exists()
    local_cluster.request("DELETE", path)


def test_a_claim_without_a_class_gets_a_folder_that_goes_with_it(local_cluster: LocalCluster) -> None:
    ns = local_cluster.namespace("claim")
    local_cluster.create(claim(ns, "c"))
    local_cluster.until(lambda: phase(local_cluster, ns, "c") == "Bound", 20)
    found = local_cluster.request("GET", f"/api/v1/namespaces/{ns}/persistentvolumeclaims/c")[1]
    assert (found["spec"]["storageClassName"], found["status"]["capacity"]) == ("local", {"storage": "1Gi"})
    local_cluster.create(user(ns, "one", "echo kept > /arena-data/f", "c"))
    local_cluster.wait_phase(ns, "one", "Succeeded", timeout=40)
    folder = Path(local_cluster.request("GET", f"/api/v1/persistentvolumes/{found['spec']['volumeName']}")[1]["spec"]["hostPath"]["path"])
    assert (folder / "f").read_text() == "kept\n"
    local_cluster.request("DELETE", f"/api/v1/namespaces/{ns}/pods/one")
    local_cluster.request("DELETE", f"/api/v1/namespaces/{ns}/persistentvolumeclaims/c")
    local_cluster.until(lambda: not folder.exists(), 20)


@pytest.mark.parametrize(
    ("spec", "told"), [({"storageClassName": "nosuch"}, '"nosuch" not found'), ({"storageClassName": ""}, "no storage class is set")]
)
def test_what_cannot_be_bound_says_why_and_the_pod_waits(local_cluster: LocalCluster, spec: dict[str, Any], told: str) -> None:
    ns = local_cluster.namespace("unbound")
    local_cluster.create(claim(ns, "c", **spec))
    local_cluster.create(user(ns, "p", "true", "c"))
    events = f"/api/v1/namespaces/{ns}/events?fieldSelector=involvedObject.name=c"
    local_cluster.until(lambda: any(told in e["message"] for e in local_cluster.request("GET", events)[1]["items"]), 20)

    def said() -> Any:
        conditions = local_cluster.pod(ns, "p")["status"].get("conditions") or ()
        return next((c["message"] for c in conditions if c["type"] == "PodScheduled" and c["status"] == "False"), None)

    assert "unbound immediate PersistentVolumeClaims" in local_cluster.until(said, 20)
    assert phase(local_cluster, ns, "c") == "Pending"


@pytest.mark.parametrize("name", ["Not a name", "UPPER", "a/b"])
def test_a_class_must_be_a_name(local_cluster: LocalCluster, name: str) -> None:
    code, answer = local_cluster.request(
        "POST", "/api/v1/namespaces/default/persistentvolumeclaims", claim("default", "c", storageClassName=name)
    )
    assert code == 422
    assert "spec.storageClassName: Invalid value" in answer["message"]


def test_which_volumes_fit() -> None:
    asked = claim("ns", "c", "2Gi", storageClassName="a")
    asked["metadata"]["uid"] = "u"
    free: dict[str, Any] = {"status": {"phase": "Available"}}
    good = volume("good", "/x", "3Gi", storageClassName="a") | free
    assert fits(asked, good)
    assert fits(asked, volume("mine", "/x", "3Gi", storageClassName="a", claimRef={"namespace": "ns", "name": "c"}) | free)
    for bad in (
        volume("small", "/x", "1Gi", storageClassName="a"),
        volume("class", "/x", "3Gi", storageClassName="b"),
        volume("no-class", "/x", "3Gi"),
        volume("modes", "/x", "3Gi", storageClassName="a", accessModes=["ReadOnlyMany"]),
        volume("other", "/x", "3Gi", storageClassName="a", claimRef={"namespace": "ns", "name": "d"}),
        volume("block", "/x", "3Gi", storageClassName="a", volumeMode="Block"),
    ):
        assert not fits(asked, bad | free), bad["metadata"]["name"]
    assert not fits(asked, good | {"status": {"phase": "Released"}})
    big = volume("big", "/x", "9Gi", storageClassName="a") | free
    assert sorted([big, good], key=lambda v: rank(asked, v))[0] is good
