"""Life cycles on the simulated cluster: phases, what is made and removed, and what is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from volcano_simulated import GROUPS, JOBS, Cluster, create, never, run, task, vcjob

from arena_core.k8s import owners
from arena_local.sdk.bundle import Obj
from arena_volcano.localcluster.jobs.requests import Delayed, Memory, Request, observe


def fails_first(name: str, code: int = 1) -> Callable[[Obj], int | None]:
    """Return a plan in which the named pod fails once and then succeeds; the others run for as long as it has not."""
    seen: set[str] = set()

    def plan(pod: Obj) -> int | None:
        if pod["metadata"]["name"] != name:
            return 0 if len(seen) > 1 else None
        seen.add(pod["metadata"]["uid"])
        return code if len(seen) == 1 else 0

    return plan


def command(cluster: Cluster, action: str, kind: str = "Job", name: str = "j") -> None:
    uid = cluster.api.get(JOBS if kind == "Job" else "queues.scheduling.volcano.sh", "default" if kind == "Job" else "", name)["metadata"][
        "uid"
    ]
    version = "batch.volcano.sh/v1alpha1" if kind == "Job" else "scheduling.volcano.sh/v1beta1"
    head = {"name": f"{action.lower()}", "namespace": "default"}
    target = {"apiVersion": version, "kind": kind, "name": name, "uid": uid, "controller": True}
    body = {"apiVersion": "bus.volcano.sh/v1alpha1", "kind": "Command", "metadata": head, "action": action, "target": target}
    cluster.api.create(body, manager="t")


@pytest.mark.parametrize(
    ("policy", "phases", "retries"),
    [
        ("RestartJob", ["Pending", "Running", "Restarting", "Pending", "Running", "Completed"], 1),
        ("AbortJob", ["Pending", "Running", "Aborting", "Aborted"], 0),
        ("TerminateJob", ["Pending", "Running", "Terminating", "Terminated"], 0),
        ("CompleteJob", ["Pending", "Running", "Completing", "Completed"], 0),
    ],
)
def test_what_a_failed_pod_leads_to(policy: str, phases: list[str], retries: int) -> None:
    async def test(cluster: Cluster) -> None:
        create(cluster, task("a"), task("b"), policies=[{"event": "PodFailed", "action": policy}])
        await cluster.until(lambda: cluster.phase() == phases[-1])
        assert cluster.phases[1:] == phases
        assert cluster.job()["status"].get("retryCount", 0) == retries  # type: ignore[index]
        assert ("Normal", "ExecuteAction", f"Start to execute action {policy} ") in cluster.events("Job")

    run(test, fails_first("j-a-0"))


@pytest.mark.parametrize(("action", "again"), [("RestartPod", {"j-a-0"}), ("RestartTask", {"j-a-0", "j-a-1"})])
def test_only_a_part_is_made_again(action: str, again: set[str]) -> None:
    async def test(cluster: Cluster) -> None:
        create(cluster, task("a", 2, policies=[{"event": "PodFailed", "action": action}]), task("b"))
        await cluster.until(lambda: cluster.phase() == "Completed")
        last = {p["metadata"]["name"]: p["metadata"]["uid"] for p in cluster.api.list("pods")}
        assert {name for name, uid in cluster.first.items() if uid != last[name]} == again

    run(test, fails_first("j-a-0"))


def test_max_retry_allows_one_restart_less() -> None:
    async def test(cluster: Cluster) -> None:
        create(cluster, task("a"), policies=[{"event": "PodFailed", "action": "RestartJob"}], maxRetry=2)
        await cluster.until(lambda: cluster.phase() == "Failed")
        assert cluster.phases[1:] == ["Pending", "Running", "Restarting", "Pending", "Running", "Restarting", "Failed"]
        assert cluster.api.find("pods", "default", "j-a-0")  # what the last try left behind is kept

    run(test, lambda pod: 1)


def test_an_exit_code_decides() -> None:
    async def test(cluster: Cluster) -> None:
        create(cluster, task("a"), task("b"), policies=[{"exitCode": 3, "action": "AbortJob"}])
        await cluster.until(lambda: cluster.phase() == "Aborted")

    run(test, lambda pod: 3 if pod["metadata"]["name"] == "j-a-0" else None)


def test_an_exit_code_without_policy_fails_the_job_at_the_end() -> None:
    async def test(cluster: Cluster) -> None:
        create(cluster, task("a"), task("b"), policies=[{"exitCode": 3, "action": "AbortJob"}])
        await cluster.until(lambda: cluster.phase() == "Failed")

    run(test, lambda pod: 4 if pod["metadata"]["name"] == "j-a-0" else 0)


def test_a_completed_task_completes_the_job() -> None:
    async def test(cluster: Cluster) -> None:
        create(cluster, task("m", policies=[{"event": "TaskCompleted", "action": "CompleteJob"}]), task("w", 2))
        await cluster.until(lambda: cluster.phase() == "Completed")
        assert cluster.phases[1:] == ["Pending", "Running", "Completing", "Completed"]
        await cluster.until(lambda: [p["metadata"]["name"] for p in cluster.api.list("pods")] == ["j-m-0"])

    run(test, lambda pod: 0 if pod["metadata"]["name"] == "j-m-0" else None)


def test_min_success_is_enough() -> None:
    async def test(cluster: Cluster) -> None:
        create(cluster, task("a", 2), minSuccess=1)
        await cluster.until(lambda: cluster.phase() == "Completed")

    run(test, lambda pod: 0 if pod["metadata"]["name"] == "j-a-0" else None)


def test_abort_and_resume() -> None:
    async def test(cluster: Cluster) -> None:
        create(cluster, task("a"), plugins={"svc": []})
        await cluster.until(lambda: cluster.phase() == "Running")
        command(cluster, "AbortJob")
        await cluster.until(lambda: cluster.phase() == "Aborted")
        assert not cluster.api.list(GROUPS) and not cluster.api.list("commands.bus.volcano.sh")
        assert cluster.api.find("configmaps", "default", "j-svc") is None
        command(cluster, "ResumeJob")
        await cluster.until(lambda: cluster.phase() == "Running")
        assert cluster.phases[1:] == ["Pending", "Running", "Aborting", "Aborted", "Restarting", "Pending", "Running"]
        assert cluster.api.find("configmaps", "default", "j-svc")

    run(test, never)


def test_a_pending_policy_waits_its_time() -> None:
    async def test(cluster: Cluster) -> None:
        create(
            cluster,
            task("a", pod={"nodeSelector": {"no": "such"}}),
            policies=[{"event": "PodPending", "action": "TerminateJob", "timeout": "300ms"}],
        )
        await cluster.until(lambda: cluster.phase() == "Terminated")
        assert ("Normal", "ExecuteAction", "Execute action TerminateJob after 300ms") in cluster.events("Job")

    run(test)


def test_an_action_that_waits_falls_away_when_another_pod_runs_in_the_place() -> None:
    async def test(cluster: Cluster) -> None:
        create(cluster, task("a"), task("b"), policies=[{"event": "PodEvicted", "action": "RestartJob", "timeout": "600ms"}])
        await cluster.until(lambda: cluster.phase() == "Running")
        cluster.api.delete("pods", "default", "j-a-0")
        await cluster.until(lambda: len(cluster.made["j-a-0"]) == 2 and cluster.phase() == "Running")
        assert ("Normal", "ExecuteAction", "Execute action RestartJob after 600ms") in cluster.events("Job")
        await cluster.api.clock.advance(0.8)
        assert "Restarting" not in cluster.phases

    run(test, never)


def test_an_action_makes_those_needless_that_wait() -> None:
    memory = Memory()
    requests = [
        Request("PodFailed", "a", "j-a-0", "u0"),
        Request("PodFailed", "a", "j-a-1", "u1"),
        Request("PodFailed", "b", "j-b-0", "u2"),
    ]
    left = []
    for action in ("RestartPod", "RestartTask", "RestartJob"):
        memory.delayed = {(r.event, r.pod_uid): Delayed(1.0, "RestartJob", r) for r in requests}
        memory.forget_delayed(action, requests[0])
        left.append([delayed.request.pod for delayed in memory.delayed.values()])
    assert left == [["j-a-1", "j-b-0"], ["j-b-0"], []]


def test_pods_of_one_owner_share_a_group_that_takes_over_its_annotations() -> None:
    async def test(cluster: Cluster) -> None:
        notes = {"scheduling.volcano.sh/group-min-member": "2", "volcano.sh/preemptable": "true", "other": "x"}
        labels, container = {"a": "b"}, {"name": "c", "image": "i", "command": ["true"], "resources": {"requests": {"cpu": "100m"}}}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
        head = {"name": "r", "namespace": "default", "annotations": notes}
        spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
        owner = cluster.api.create({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": head, "spec": spec}, manager="t")
        for number in range(2):
            meta = {"name": f"p{number}", "namespace": "default", "ownerReferences": [owners.reference(owner)]}
            pod = {"schedulerName": "volcano", "containers": [container]}
            cluster.api.create({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": pod}, manager="t")
        await cluster.until(lambda: all(pod["spec"].get("nodeName") for pod in cluster.api.list("pods")))
        (group,) = cluster.api.list(GROUPS)
        assert group["spec"]["minMember"] == 2
        assert group["spec"]["minResources"]["cpu"] == "200m"
        assert group["metadata"]["annotations"] == {"volcano.sh/preemptable": "true"}

    run(test, never)


def test_a_ray_job_without_a_head_gets_no_pods() -> None:
    async def test(cluster: Cluster) -> None:
        create(cluster, task("worker"), plugins={"ray": []})
        await cluster.until(lambda: cluster.api.list(GROUPS) and cluster.api.list(GROUPS)[0].get("status", {}).get("phase") == "Inqueue")
        await cluster.api.clock.advance(0.3)
        assert not cluster.made
        assert cluster.phase() == "Pending"

    run(test)


def test_a_deleted_pod_comes_back() -> None:
    async def test(cluster: Cluster) -> None:
        create(cluster, task("a", 2))
        await cluster.until(lambda: cluster.phase() == "Running")
        old = cluster.api.get("pods", "default", "j-a-1")["metadata"]["uid"]
        cluster.api.delete("pods", "default", "j-a-1")
        await cluster.until(lambda: (p := cluster.api.find("pods", "default", "j-a-1")) and p["metadata"]["uid"] != old)
        await cluster.until(lambda: cluster.phase() == "Running")

    run(test, never)


def test_scaling() -> None:
    async def test(cluster: Cluster) -> None:
        create(cluster, task("a", minAvailable=1), plugins={"svc": []}, minAvailable=1)
        await cluster.until(lambda: cluster.phase() == "Running")
        for count in (3, 2):
            change = [{"op": "replace", "path": "/spec/tasks/0/replicas", "value": count}]
            job = cluster.api.get(JOBS, "default", "j")
            job = {**job, "spec": {**job["spec"], "tasks": [{**job["spec"]["tasks"][0], "replicas": change[0]["value"]}]}}
            cluster.api.update(job, manager="t")
            await cluster.until(lambda count=count: len(cluster.api.list("pods")) == count)
            assert cluster.api.get("configmaps", "default", "j-svc")["data"]["VC_A_NUM"] == str(count)

    run(test, never)


def test_a_task_waits_for_another() -> None:
    async def test(cluster: Cluster) -> None:
        create(cluster, task("a"), task("b", dependsOn={"name": ["a"]}), minAvailable=1)
        await cluster.until(lambda: cluster.api.find("pods", "default", "j-b-0"))
        assert cluster.api.get("pods", "default", "j-a-0")["status"]["phase"] == "Running"

    run(test, never)


def test_time_to_live() -> None:
    async def test(cluster: Cluster) -> None:
        create(cluster, task("a"), ttlSecondsAfterFinished=1)
        await cluster.until(lambda: "Completed" in cluster.phases)
        await cluster.until(lambda: cluster.job() is None)
        await cluster.until(lambda: not cluster.api.list("pods"))

    run(test)


def test_a_finished_job_is_left_alone() -> None:
    async def test(cluster: Cluster) -> None:
        create(cluster, task("a"), plugins={"svc": [], "env": []})
        await cluster.until(lambda: cluster.phase() == "Completed")
        await cluster.until(lambda: not cluster.api.list(GROUPS))
        await cluster.api.clock.advance(0.1)
        version = cluster.job()["metadata"]["resourceVersion"]  # type: ignore[index]
        await cluster.api.clock.advance(0.3)
        assert cluster.job()["metadata"]["resourceVersion"] == version  # type: ignore[index]
        status = cluster.job()["status"]  # type: ignore[index]
        assert set(status) == {"state", "conditions", "minAvailable", "version", "runningDuration"}
        assert cluster.api.find("services", "default", "j") is None

    run(test)


def test_a_missing_claim_keeps_the_job_pending() -> None:
    async def test(cluster: Cluster) -> None:
        create(cluster, task("a"), volumes=[{"mountPath": "/d", "volumeClaimName": "gone"}])
        await cluster.until(lambda: any(reason == "PVCError" for _, reason, _ in cluster.events("Job")))
        assert cluster.phase() == "Pending"
        assert not cluster.api.list("pods")

    run(test)


def test_ssh_keys_are_made_in_the_background() -> None:
    async def test(cluster: Cluster) -> None:
        create(cluster, task("a", 2), plugins={"ssh": []})
        secret = await cluster.until(lambda: cluster.api.find("secrets", "default", "j-ssh"), 25)
        assert set(secret["data"]) == {"id_rsa", "id_rsa.pub", "authorized_keys", "config"}
        await cluster.until(lambda: cluster.phase() == "Completed")

    run(test)


def test_queue_commands() -> None:
    async def test(cluster: Cluster) -> None:
        queue = {"apiVersion": "scheduling.volcano.sh/v1beta1", "kind": "Queue", "metadata": {"name": "q"}, "spec": {}}
        cluster.api.create(queue, manager="t")

        def state() -> str:
            return (cluster.api.get("queues.scheduling.volcano.sh", "", "q").get("status") or {}).get("state", "")

        await cluster.until(lambda: state() == "Open")
        create(cluster, task("a"), queue="q")
        await cluster.until(lambda: cluster.phase() == "Running")
        command(cluster, "CloseQueue", "Queue", "q")
        await cluster.until(lambda: state() == "Closing")
        cluster.api.delete(JOBS, "default", "j")
        await cluster.until(lambda: state() == "Closed")
        command(cluster, "OpenQueue", "Queue", "q")
        await cluster.until(lambda: state() == "Open")
        note = cluster.api.get("queues.scheduling.volcano.sh", "", "q")["metadata"]["annotations"]
        assert note["volcano.sh/closed-by-parent"] == "false"

    run(test, never)


def test_a_task_that_is_restarted_does_not_restart_itself_again() -> None:
    """The pod that is ended with its neighbour fails by that; it must not count as one more failure."""
    seen: set[str] = set()

    def plan(pod: Obj) -> int | None:
        seen.add(pod["metadata"]["uid"])
        return 1 if pod["metadata"]["name"] == "j-a-0" and len(seen) <= 2 else None

    async def test(cluster: Cluster) -> None:
        create(cluster, task("a", 2, policies=[{"event": "PodFailed", "action": "RestartTask"}]))
        await cluster.until(lambda: cluster.phases[-3:] == ["Restarting", "Pending", "Running"])
        await cluster.api.clock.advance(0.3)
        assert cluster.phase() == "Running"
        assert {name: len(uids) for name, uids in cluster.made.items()} == {"j-a-0": 2, "j-a-1": 2}

    run(test, plan)


def seen(phase: str, **meta: Any) -> Obj:
    notes = {"volcano.sh/task-spec": "a", "volcano.sh/job-version": "0"}
    return {"metadata": {"name": "j-a-0", "uid": "u", "annotations": notes, **meta}, "spec": {}, "status": {"phase": phase}}


def test_what_counts_as_an_event() -> None:
    job, memory = vcjob(task("a")), Memory()

    def events(*pods: Obj) -> list[str]:
        return [request.event for request in observe(memory, job, pods, None)]

    assert events(seen("Pending")) == ["PodPending"]
    assert events(seen("Running")) == []
    assert events(seen("Failed", deletionTimestamp="now")) == []  # it is being ended, it has not failed
    assert events() == ["PodEvicted"]
    assert events(seen("Failed")) == ["PodRunning", "PodFailed"]  # it ran between two looks
    assert events(seen("Failed")) == []
