"""RayJobs on the local cluster, with real processes: every submission mode, the end, failures, suspension, queues, wrappers."""

from __future__ import annotations

import time

import pytest

from arena_core.contract.errors import InvalidArguments, JobFailed, NotFound
from arena_core.contract.types import Phase
from arena_rayjob.raynode.jobs import MISSING

SLOW = 90


def args(name, command="", **more):
    found = {"name": name, "image": "ray", "workers": 0, **more}
    return {**found, "command": command} if command else found


def log(arena, name, **more):
    return "".join(line.data.decode() for line in arena.logs(name, **more))


def until(check, seconds=60.0):
    end = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < end, "nothing came of it"
        time.sleep(0.1)
    return found


def read(cluster, arena, path, group="apis/ray.io/v1"):
    code, body = cluster.request("GET", f"/{group}/namespaces/{arena.namespace}/{path}")
    return body if code == 200 else None


def pods(cluster, arena):
    return [p["metadata"]["name"] for p in read(cluster, arena, "pods", "api/v1")["items"] if not p["metadata"].get("deletionTimestamp")]


def change(cluster, arena, name, **spec):
    path = f"/apis/ray.io/v1/namespaces/{arena.namespace}/rayjobs/{name}"
    assert cluster.request("PATCH", path, {"spec": spec}, "application/merge-patch+json")[0] == 200


def test_a_command_runs_and_its_cluster_goes(arena, queue_cluster, no_ray):
    command = 'echo \'two  blanks\' "$((1+1))" $RAY_NODE_TYPE_NAME; test -n "$RAY_JOB_SUBMISSION_ID"'
    arena.submit("rayjob", args("runs", command, workers=1, ttl_after_finished=0))
    job = arena.wait("runs", timeout=SLOW)
    assert job.status.phase is Phase.SUCCEEDED and job.status.replicas == 3
    found = until(lambda: [i for i in arena.get("runs").status.instances if i.role == "submitter" and i.phase == "Succeeded"])
    assert found[0].chief
    lines = log(arena, "runs").splitlines()
    assert "two  blanks 2 headgroup" in lines and any(MISSING in line for line in lines)
    until(lambda: read(queue_cluster, arena, "rayclusters")["items"] == [] and len(pods(queue_cluster, arena)) == 1)
    assert "two  blanks 2 headgroup" in log(arena, "runs")  # the submitter stays, and so does the log
    arena.delete("runs")
    until(lambda: not pods(queue_cluster, arena))


def test_a_failure_in_http_mode_tells_its_log_where_no_pod_has_it(arena, queue_cluster, no_ray):
    flags = {"submission_mode": "HTTPMode", "shutdown_after_finished": False, "retry": 1}
    arena.submit("rayjob", args("fails", "echo before the end; exit 3", **flags))
    with pytest.raises(JobFailed) as caught:
        arena.wait("fails", timeout=SLOW)
    assert "exit code 3" in caught.value.message
    job = arena.get("fails")
    assert (job.status.exact, job.status.reason) == ("Failed", "AppFailed") and job.manifest["status"]["failed"] == 2
    assert "before the end" in [cause.lines[-1] for cause in arena.explain(job) if cause.lines]
    assert "before the end" in log(arena, "fails").splitlines()
    assert MISSING in log(arena, "fails", instance="head-0")
    assert len(read(queue_cluster, arena, "rayclusters")["items"]) == 1  # the second; the first went with the retry


def test_a_sidecar_submits_in_the_head(arena, no_ray):
    arena.submit("rayjob", args("side", "echo from the head", submission_mode="SidecarMode", shutdown_after_finished=False))
    assert arena.wait("side", timeout=SLOW).status.phase is Phase.SUCCEEDED
    assert "from the head" in log(arena, "side").splitlines()


def test_suspended_and_resumed_it_gets_a_new_cluster(arena, queue_cluster, no_ray):
    arena.submit("rayjob", args("moves", "sleep 100", suspend=True))
    until(lambda: arena.get("moves").status.exact == "Suspended")
    assert not pods(queue_cluster, arena) and arena.get("moves").status.phase is Phase.SUSPENDED
    change(queue_cluster, arena, "moves", suspend=False)
    until(lambda: arena.get("moves").status.phase is Phase.RUNNING, SLOW)
    first = arena.get("moves").manifest["status"]["rayClusterName"]
    change(queue_cluster, arena, "moves", suspend=True)
    until(lambda: arena.get("moves").status.exact == "Suspended")
    until(lambda: not pods(queue_cluster, arena))
    change(queue_cluster, arena, "moves", suspend=False)
    assert until(lambda: arena.get("moves").manifest["status"].get("rayClusterName")) != first
    arena.delete("moves")
    until(lambda: not pods(queue_cluster, arena))


def test_what_kuberay_would_spoil_is_refused_and_what_it_refuses_is_told(arena, queue_cluster):
    with pytest.raises(InvalidArguments, match="never runs"):
        arena.submit("rayjob", args("spoilt", "true", suspend=True, shutdown_after_finished=False))
    template = {"spec": {"containers": [{"name": "r", "image": "i"}]}}
    spec = {"entrypoint": "true", "suspend": True, "rayClusterSpec": {"headGroupSpec": {"template": template}}}
    meta = {"name": "spoilt", "namespace": arena.namespace}
    queue_cluster.create({"apiVersion": "ray.io/v1", "kind": "RayJob", "metadata": meta, "spec": spec})
    job = until(lambda: (found := arena.get("spoilt")).status.phase is Phase.FAILED and found)
    assert job.status.exact == "ValidationFailed"
    assert "not allowed to be suspended" in next(iter(arena.explain(job))).message


def test_a_queue_counts_head_workers_and_submitter(arena, queue_cluster, no_ray):
    names = [q["metadata"]["name"] for q in queue_cluster.request("GET", "/apis/kueue.x-k8s.io/v1beta2/clusterqueues")[1]["items"]]
    meta = {"name": "q", "namespace": arena.namespace}
    queue_cluster.create(
        {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "LocalQueue", "metadata": meta, "spec": {"clusterQueue": names[0]}}
    )
    arena.submit("rayjob", args("big", "true", workers=3, gpus=1, kueue_queue="q"))
    arena.submit("rayjob", args("fits", "echo in", workers=1, gpus=2, kueue_queue="q"))
    until(lambda: arena.get("big").status.phase is Phase.QUEUING)
    # Before the queue has looked at it, nobody knows that it never fits.
    causes = until(lambda: (found := list(arena.explain(arena.get("big")))) and "never fits" in found[0].message and found)
    assert "3 nvidia.com/gpu" in causes[0].message
    assert arena.wait("fits", timeout=SLOW).status.phase is Phase.SUCCEEDED
    workloads = read(queue_cluster, arena, "workloads", "apis/kueue.x-k8s.io/v1beta2")["items"]
    found = {w["metadata"]["name"].rsplit("-", 1)[0]: w for w in workloads}
    assert [(s["name"], s["count"]) for s in found["rayjob-fits"]["spec"]["podSets"]] == [
        ("head", 1),
        ("default-group", 1),
        ("submitter", 1),
    ]
    until(lambda: any(c["type"] == "Finished" for c in arena_workload(queue_cluster, arena, found["rayjob-fits"])["status"]["conditions"]))
    assert not [name for name in pods(queue_cluster, arena) if name.startswith("big-")]


def arena_workload(cluster, arena, workload):
    return read(cluster, arena, f"workloads/{workload['metadata']['name']}", "apis/kueue.x-k8s.io/v1beta2")


def test_inside_an_appwrapper_the_job_ends_and_the_wrapper_does_not(arena, queue_cluster, no_ray):
    submitted = arena.submit("appwrapperjob", args("wrap", "echo wrapped", inner_type="rayjob", workers=1, retry_limit=0))
    wrapper = next(m for m in submitted.manifests if m["kind"] == "AppWrapper")
    (component,) = wrapper["spec"]["components"]
    paths = ["template.spec.rayClusterSpec.headGroupSpec.template", "template.spec.rayClusterSpec.workerGroupSpecs[0].template"]
    assert [p["path"] for p in component["podSets"]] == paths
    assert "shutdownAfterJobFinishes" not in component["template"]["spec"]
    inner = until(
        lambda: (found := read(queue_cluster, arena, "rayjobs/wrap")) and (found.get("status") or {}).get("endTime") and found, SLOW
    )
    assert inner["status"]["jobStatus"] == "SUCCEEDED"
    assert read(queue_cluster, arena, "appwrappers/wrap", "apis/workload.codeflare.dev/v1beta2")["status"]["phase"] == "Running"
    job = until(lambda: (found := arena.get("wrap")).status.phase is Phase.SUCCEEDED and found)
    assert job.status.reason == "JobSucceeded" and job.status.exact == "Running"
    with pytest.raises(NotFound, match="which an AppWrapper does not see") as failure:
        log(arena, "wrap")
    assert "`arena logs wrap -T rayjob`" in failure.value.hint and "wrapped" in log(arena, "wrap", job_type="rayjob").splitlines()
    assert not list(arena.logs("wrap", follow=True)), "it is over with the job inside, not with the wrapper's pods"
    assert MISSING in log(arena, "wrap", instance="head-0")


@pytest.mark.slow
def test_the_real_ray(arena, queue_cluster, ray):
    """Runs where ``ray`` is on PATH: a driver on a cluster of two nodes, each of which says where it is."""
    program = "import ray; ray.init(); print('nodes', len(ray.nodes())); print(ray.get(ray.remote(lambda: 6 * 7).remote()))"
    arena.submit("rayjob", args("real", f'python -c "{program}"', workers=1))
    job = arena.wait("real", timeout=300)
    assert job.status.phase is Phase.SUCCEEDED
    text = log(arena, "real")
    assert "nodes 2" in text and "42" in text.splitlines() and MISSING not in text
