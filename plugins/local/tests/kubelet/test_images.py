"""Images are written down only; a pod that insists on one of this machine is told that there is none."""

from __future__ import annotations

from typing import Any

from arena_local.testing import LocalCluster, make_pod


def waiting(cluster: LocalCluster, namespace: str, name: str) -> Any:
    statuses = cluster.pod(namespace, name)["status"].get("containerStatuses") or [{}]
    return statuses[0].get("state", {}).get("waiting", {}).get("reason")


def test_never_pull_means_that_the_image_must_be_there(local_cluster: LocalCluster) -> None:
    namespace = local_cluster.namespace("image")
    local_cluster.create(make_pod(namespace, "p", "true", container={"image": "x:1", "imagePullPolicy": "Never"}))
    local_cluster.until(lambda: waiting(local_cluster, namespace, "p") == "ErrImageNeverPull")
    _, events = local_cluster.request("GET", f"/api/v1/namespaces/{namespace}/events")
    assert 'Container image "x:1" is not present with pull policy of Never' in [e["message"] for e in events["items"]]
    code, answer = local_cluster.request("GET", f"/api/v1/namespaces/{namespace}/pods/p/log")
    assert (code, answer["message"]) == (400, 'container "c" in pod "p" is waiting to start: ErrImageNeverPull')


def test_what_was_submitted_from_this_machine_needs_no_image(local_cluster: LocalCluster) -> None:
    namespace = local_cluster.namespace("image")
    pod = make_pod(namespace, "p", "echo ran", container={"imagePullPolicy": "Never"})
    pod["metadata"]["annotations"] = {"arena.local/cwd": "/"}
    local_cluster.create(pod)
    local_cluster.wait_phase(namespace, "p", "Succeeded")
    assert local_cluster.logs(namespace, "p") == "ran\n"


def test_an_entry_point_of_an_image_is_not_guessed(local_cluster: LocalCluster) -> None:
    namespace = local_cluster.namespace("image")
    pod = make_pod(namespace, "p", "")
    del pod["spec"]["containers"][0]["command"]
    local_cluster.create(pod)
    status = local_cluster.wait_phase(namespace, "p", "Failed")["status"]["containerStatuses"][0]
    assert "set command" in status["state"]["terminated"]["message"]
