"""MPIJobs on the local cluster, with real processes: mpirun over several pods, the end, failures, queues, wrappers."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest

from arena_core.contract.errors import InvalidArguments, JobFailed
from arena_core.contract.types import Phase

RANKS = "echo rank $OMPI_COMM_WORLD_RANK of $OMPI_COMM_WORLD_SIZE on $(hostname)"
MPI_ENV = ["OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1"]
SLOW = 60


def args(name, command, **more):
    return {"name": name, "image": "mpi", "command": command, **more}


def log(arena, name, **more):
    return "".join(line.data.decode() for line in arena.logs(name, **more))


def until(check, seconds=30.0):
    end = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < end, "nothing came of it"
        time.sleep(0.05)
    return found


def pods(cluster, arena):
    items = cluster.request("GET", f"/api/v1/namespaces/{arena.namespace}/pods")[1]["items"]
    return {p["metadata"]["name"]: p for p in items if not p["metadata"].get("deletionTimestamp")}


def test_mpirun_starts_processes_in_both_workers(arena, queue_cluster, mpirun):
    arena.submit("mpijob", args("ranks", f"mpirun -n 4 --bind-to none sh -c '{RANKS}' | sort", workers=2, slots_per_worker=2, env=MPI_ENV))
    job = arena.wait("ranks", timeout=SLOW)
    assert job.status.phase is Phase.SUCCEEDED and job.status.replicas == 3
    lines = log(arena, "ranks").splitlines()
    assert lines == [f"rank {n} of 4 on ranks-worker-{n // 2}" for n in range(4)]
    until(lambda: not [name for name in pods(queue_cluster, arena) if "worker" in name])  # cleanPodPolicy All
    arena.delete("ranks")
    until(lambda: not pods(queue_cluster, arena))


def test_a_working_launcher_has_a_rank_and_a_failing_process_fails_the_job(arena, mpirun):
    # A rank that fails ends the others at once: it waits until the first one's line is there.
    fail = "test $OMPI_COMM_WORLD_RANK = 0 || { until grep -q ^rank.0 out; do sleep 0.1; done; exit 7; }"
    command = f"mpirun -n 2 --bind-to none sh -c '{RANKS}; {fail}' >out; code=$?; sort out; exit $code"
    arena.submit("mpijob", args("both", command, run_launcher_as_worker=True, env=MPI_ENV, working_dir="/tmp"))
    with pytest.raises(JobFailed) as caught:
        arena.wait("both", timeout=SLOW)
    assert "exited with 7" in caught.value.message
    assert {"rank 0 of 2 on both-launcher", "rank 1 of 2 on both-worker-0"} <= set(log(arena, "both").splitlines())


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes are looked for in /proc")
def test_no_process_outlives_a_launcher_that_is_killed(arena, queue_cluster, mpirun):
    marker = f"300.{time.time_ns()}"

    def running():
        lines = (p.read_bytes() for p in Path("/proc").glob("[0-9]*/cmdline") if p.parent.is_dir())
        with contextlib.suppress(OSError):  # one has just ended
            return [line for line in lines if line == f"sleep\0{marker}\0".encode()]
        return [b"unknown"]

    more = {"clean_task_policy": "None", "workers": 2, "running_timeout": "1h", "env": MPI_ENV}
    arena.submit("mpijob", args("killed", f"mpirun -n 2 --bind-to none sleep {marker}; true", **more))
    until(lambda: len(running()) == 2)
    queue_cluster.advance(3600)
    with pytest.raises(JobFailed):
        arena.wait("killed", timeout=SLOW)
    until(lambda: not running())
    assert len([i for i in arena.get("killed").status.instances if i.phase == "Running"]) == 2, "the workers were to stay"
    arena.delete("killed")


def test_ssh_leads_into_a_worker_and_keeps_its_exit_code(arena):
    command = (
        'ssh -n -o BatchMode=yes $HOST "hostname; echo bad >&2; exit 5"; echo "code $?"; ssh nowhere.ssh-launcher true; echo "code $?"'
    )
    hosts = 'HOST=$(head -1 /etc/mpi/hostfile | cut -d " " -f 1); export HOST; sh /etc/mpi/discover_hosts.sh; '
    arena.submit("mpijob", args("ssh", hosts + command))
    arena.wait("ssh", timeout=SLOW)
    lines = log(arena, "ssh").splitlines()
    assert lines[0] == f"ssh-worker-0.ssh.{arena.namespace}.svc"
    assert {"ssh-worker-0", "bad", "code 5", "code 255"} <= set(lines)


def test_without_mpirun_the_launcher_says_what_is_missing(arena, queue_cluster):
    body = {
        "apiVersion": "kubeflow.org/v2beta1",
        "kind": "MPIJob",
        "metadata": {"name": "bare", "namespace": arena.namespace},
        "spec": {"runPolicy": {"backoffLimit": 0}, "mpiReplicaSpecs": {}},
    }
    container = {"name": "mpi", "image": "i", "command": ["/bin/sh", "-c", "mpirun -n 2 hostname"]}
    template = {"metadata": {"annotations": {"arena.local/path": "/nowhere"}}, "spec": {"containers": [container]}}
    body["spec"]["mpiReplicaSpecs"] = {"Launcher": {"restartPolicy": "Never", "template": template}}
    worker = {"spec": {"containers": [{"name": "mpi", "image": "i"}]}}
    body["spec"]["mpiReplicaSpecs"]["Worker"] = {"replicas": 1, "template": worker}
    queue_cluster.create(body)
    with pytest.raises(JobFailed) as caught:
        arena.wait("bare", timeout=SLOW)
    assert "exited with 127" in caught.value.message
    assert "mpirun is not installed on this machine" in log(arena, "bare") and "openmpi-bin" in log(arena, "bare")


def test_a_queue_holds_it_and_counts_the_workers(arena, queue_cluster):
    queue = {
        "apiVersion": "kueue.x-k8s.io/v1beta2",
        "kind": "LocalQueue",
        "metadata": {"name": "q", "namespace": arena.namespace},
        "spec": {"clusterQueue": "local"},
    }
    names = [q["metadata"]["name"] for q in queue_cluster.request("GET", "/apis/kueue.x-k8s.io/v1beta2/clusterqueues")[1]["items"]]
    queue["spec"]["clusterQueue"] = names[0]
    queue_cluster.create(queue)
    arena.submit("mpijob", args("big", "sleep 60", workers=3, gpus=1, kueue_queue="q"))
    arena.submit("mpijob", args("fits", "sleep 0.2", workers=2, gpus=1, kueue_queue="q"))
    assert arena.wait("fits", timeout=SLOW).status.phase is Phase.SUCCEEDED
    launcher = queue_cluster.request("GET", f"/apis/batch/v1/namespaces/{arena.namespace}/jobs/fits-launcher")[1]
    assert launcher["spec"]["template"]["metadata"]["labels"]["kueue.x-k8s.io/podset"] == "launcher"
    big = until(lambda: (found := arena.get("big")).status.phase is Phase.QUEUING and found)
    causes = until(lambda: list(arena.explain(big)))
    assert "never fits" in causes[0].message and "3 nvidia.com/gpu" in causes[0].message
    assert not [name for name in pods(queue_cluster, arena) if name.startswith("big-")]


def test_a_launcher_that_is_resumed_goes_where_a_queue_says(arena, queue_cluster):
    arena.submit("mpijob", args("moves", "sleep 60", workers=1))
    path = f"/apis/kubeflow.org/v2beta1/namespaces/{arena.namespace}/mpijobs/moves"

    def said(**spec):
        assert queue_cluster.request("PATCH", path, {"spec": spec}, "application/merge-patch+json")[0] == 200

    def launcher():
        return queue_cluster.request("GET", f"/apis/batch/v1/namespaces/{arena.namespace}/jobs/moves-launcher")[1]

    until(lambda: arena.get("moves").status.phase is Phase.RUNNING)
    said(runPolicy={"suspend": True})
    until(lambda: launcher()["spec"]["suspend"])
    template = {"metadata": {"labels": {"queue": "q"}}, "spec": {"nodeSelector": {"kubernetes.io/os": "linux"}}}
    said(runPolicy={"suspend": False}, mpiReplicaSpecs={"Launcher": {"template": template}})
    resumed = until(lambda: not (found := launcher())["spec"]["suspend"] and found)["spec"]["template"]
    assert resumed["spec"]["nodeSelector"] == {"kubernetes.io/os": "linux"} and resumed["metadata"]["labels"]["queue"] == "q"
    until(lambda: arena.get("moves").status.phase is Phase.RUNNING)


def test_inside_an_appwrapper_the_launchers_end_is_the_jobs(arena, queue_cluster):
    submitted = arena.submit("appwrapperjob", args("wrap", "sleep 0.5", inner_type="mpijob", workers=2, retry_limit=0))
    wrapper = next(m for m in submitted.manifests if m["kind"] == "AppWrapper")
    (component,) = wrapper["spec"]["components"]
    assert component["podSets"] == [{"path": "template.spec.mpiReplicaSpecs.Launcher.template", "replicas": 1}]
    assert component["template"]["spec"]["runPolicy"]["cleanPodPolicy"] == "All"
    job = arena.wait("wrap", timeout=SLOW)
    assert job.status.phase is Phase.SUCCEEDED and [i.role for i in job.status.instances] == ["launcher"]
    path = f"/apis/kubeflow.org/v2beta1/namespaces/{arena.namespace}/mpijobs/wrap"
    # The AppWrapper sees the launcher's pod a moment before the operator sees the launcher's Job.
    until(lambda: queue_cluster.request("GET", path)[1]["status"].get("replicaStatuses", {}).get("Launcher") == {"succeeded": 1})
    until(lambda: not [name for name in pods(queue_cluster, arena) if "worker" in name])


def test_an_appwrapper_of_somebody_elses_that_never_ends_says_how_the_job_has_ended(arena, queue_cluster):
    def role(command):
        container = {"name": "mpi", "image": "i", "command": ["sh", "-c", command]}
        return {"replicas": 1, "restartPolicy": "Never", "template": {"spec": {"containers": [container]}}}

    def wrapper(name, command):
        specs = {"Launcher": role(command), "Worker": role("sleep 600")}
        spec = {"runPolicy": {"cleanPodPolicy": "None", "backoffLimit": 0}, "mpiReplicaSpecs": specs}
        job = {"apiVersion": "kubeflow.org/v2beta1", "kind": "MPIJob", "metadata": {"name": name}, "spec": spec}
        sets = [{"path": f"template.spec.mpiReplicaSpecs.{r}.template", "replicas": 1} for r in specs]
        metadata = {"name": name, "namespace": arena.namespace}
        spec = {"components": [{"podSets": sets, "template": job}]}
        return {"apiVersion": "workload.codeflare.dev/v1beta2", "kind": "AppWrapper", "metadata": metadata, "spec": spec}

    queue_cluster.create(wrapper("goes-on", "sleep 1"))
    waited = arena.wait("goes-on", timeout=SLOW)
    assert (waited.status.phase, waited.status.exact) == (Phase.SUCCEEDED, "Running")
    for found in (arena.get("goes-on"), *arena.list().jobs, *arena.list(job_type="appwrapperjob").jobs):
        assert (found.name, found.status.phase) == ("goes-on", Phase.SUCCEEDED)
        assert found.status.message.startswith("mpijob goes-on has succeeded; its AppWrapper is still Running")


def test_what_has_the_names_is_told_before_anything_is_sent(arena, queue_cluster):
    taken = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine-config", "namespace": arena.namespace}}
    queue_cluster.create(taken)
    with pytest.raises(InvalidArguments) as caught:
        arena.submit("mpijob", args("mine", "true"))
    assert "ConfigMap mine-config exists already" in caught.value.problems[0].message


def test_workers_that_find_no_place_are_the_reason(arena):
    arena.submit("mpijob", args("vast", "true", gpus=9))
    seen = until(lambda: (found := arena.get("vast")).status.reason == "NeverFits" and found)
    assert seen.status.phase is Phase.PENDING and seen.status.message.startswith("vast-worker-0 can never be scheduled: it asks for 9")
    assert next(iter(arena.explain(seen))).message == seen.status.message


def test_a_job_that_the_operator_refuses_says_why(arena, queue_cluster):
    template = {"spec": {"containers": [{"name": "mpi", "image": "i", "command": ["true"]}]}}
    specs = {"Launcher": {"replicas": 2, "template": template}}
    body = {"apiVersion": "kubeflow.org/v2beta1", "kind": "MPIJob", "metadata": {"name": "two", "namespace": arena.namespace}}
    queue_cluster.create({**body, "spec": {"mpiReplicaSpecs": specs}})
    words = until(lambda: [m for c in arena.explain(arena.get("two")) if "must be 1" in (m := c.message)])
    assert "spec.mpiReplicaSpecs[Launcher].replicas" in words[0]
    path = f"/apis/kubeflow.org/v2beta1/namespaces/{arena.namespace}/mpijobs/two"
    repair = {"spec": {"mpiReplicaSpecs": {"Launcher": {"replicas": 1}}}}
    queue_cluster.request("PATCH", path, repair, "application/merge-patch+json")
    assert arena.wait("two", timeout=SLOW).status.phase is Phase.SUCCEEDED
