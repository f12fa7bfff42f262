"""I to L: pods, logs, exec, controllers. They run ``sh``."""

from __future__ import annotations

from typing import Any

from arena_core.kube.transport import Stream
from tests.contract.rows import PODS, Case, deployment, job, pod, row


def log(c: Case, name: str, **query: Any) -> str:
    """A pod's log."""
    answer = c.ask("GET", c.path(PODS, name, "log"), query=query)
    assert answer.ok, answer.body
    return answer.body.decode()


def state(found: Any, which: str = "terminated") -> Any:
    return found["status"]["containerStatuses"][0]["state"][which]


@row(90, "phases, conditions, container states", "pods")
def life(c: Case) -> None:
    c.make(PODS, pod(c, "good", "true"))
    c.make(PODS, pod(c, "bad", "exit 7"))
    c.make(PODS, pod(c, "killed", "sh -c 'kill -9 $$$$'; exit $?"))
    good, bad, killed = c.phase("good", "Succeeded"), c.phase("bad", "Failed"), c.phase("killed", "Failed")
    assert (state(good)["exitCode"], state(good)["reason"]) == (0, "Completed")
    assert (state(bad)["exitCode"], state(bad)["reason"]) == (7, "Error")
    assert state(killed)["exitCode"] == 137
    conditions = {x["type"]: x["status"] for x in good["status"]["conditions"]}
    assert (conditions["PodScheduled"], conditions["Initialized"], conditions["Ready"]) == ("True", "True", "False")
    for found in (good, bad):
        assert {"image", "imageID", "ready", "restartCount", "lastState"} <= set(found["status"]["containerStatuses"][0])


@row(91, "restarts", "pods")
def restarts(c: Case) -> None:
    spec = {"restartPolicy": "OnFailure", "volumes": [{"name": "v", "emptyDir": {}}]}
    mounts = {"volumeMounts": [{"name": "v", "mountPath": "/v"}]}
    c.make(PODS, pod(c, "p", "[ -e /v/x ] || { touch /v/x; exit 3; }", mounts, **spec))
    found = c.phase("p", "Succeeded")["status"]["containerStatuses"][0]
    assert found["restartCount"] == 1 and found["lastState"]["terminated"]["exitCode"] == 3


@row(92, "init containers in order", "pods")
def init(c: Case) -> None:
    first = {"name": "i", "image": c.image, "command": ["sh", "-c", "echo one > /v/f"], "volumeMounts": [{"name": "v", "mountPath": "/v"}]}
    volumes = [{"name": "v", "emptyDir": {}}]
    c.make(PODS, pod(c, "p", "cat /v/f", {"volumeMounts": [{"name": "v", "mountPath": "/v"}]}, initContainers=[first], volumes=volumes))
    c.phase("p", "Succeeded")
    assert log(c, "p") == "one\n"
    c.make(PODS, pod(c, "q", "echo never", initContainers=[{**first, "command": ["false"]}], volumes=volumes))
    assert "terminated" not in c.phase("q", "Failed")["status"]["containerStatuses"][0]["state"]


@row(93, "grace", "pods")
def grace(c: Case) -> None:
    c.make(PODS, pod(c, "p", "trap 'exit 0' TERM; while :; do sleep 0.1; done", terminationGracePeriodSeconds=20))
    c.phase("p", "Running")
    assert c.delete(PODS, "p")["metadata"]["deletionGracePeriodSeconds"] == 20
    c.until(lambda: c.gone(PODS, "p"), 15)
    c.make(PODS, pod(c, "q", "sleep 600", terminationGracePeriodSeconds=600))
    c.phase("q", "Running")
    c.delete(PODS, "q", gracePeriodSeconds=0)
    c.until(lambda: c.gone(PODS, "q"), 15)


@row(94, "deadlines", "pods")
def deadline(c: Case) -> None:
    c.make(PODS, pod(c, "p", "sleep 600", activeDeadlineSeconds=2))
    assert c.phase("p", "Failed")["status"]["reason"] == "DeadlineExceeded"


@row(95, "a command that is not there", "pods")
def no_command(c: Case) -> None:
    c.make(PODS, pod(c, "p", "", {"command": ["/is/not/there"]}))
    found = state(c.phase("p", "Failed"))
    assert found["exitCode"] in (127, 128) and found["reason"] in ("StartError", "ContainerCannotRun")


@row(96, "what fits nowhere waits and says why", "pods")
def unschedulable(c: Case) -> None:
    c.make(PODS, pod(c, "p", "true", {"resources": {"limits": {"example.com/none": "1"}}}))

    def said() -> Any:
        return [
            x
            for x in c.get(PODS, "p")["status"].get("conditions", ())
            if x["type"] == "PodScheduled" and x.get("reason") == "Unschedulable"
        ]

    assert "Insufficient example.com/none" in c.until(said)[0]["message"]
    c.until(lambda: [e for e in c.ok("GET", c.path("events"))["items"] if e["reason"] == "FailedScheduling"])


@row(97, "the environment", "pods")
def environment(c: Case) -> None:
    c.ok(
        "POST", c.path("configmaps"), {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"k": "v", "other": "w"}}
    )
    env = [
        {"name": "A", "value": "1"}, {"name": "B", "value": "$(A)$$(A)$(C)"}, {"name": "C", "value": "later"},
        {"name": "N", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "K", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}},
        {"name": "O", "valueFrom": {"configMapKeyRef": {"name": "none", "key": "k", "optional": True}}},
    ]  # fmt: skip
    given = {"env": env, "envFrom": [{"prefix": "P_", "configMapRef": {"name": "c"}}]}
    c.make(PODS, pod(c, "p", 'echo "$B|$N|$K|$P_other|${O-unset}"', given))
    c.phase("p", "Succeeded")
    assert log(c, "p") == "1$(A)$(C)|p|v|w|unset\n"


@row(98, "volumes", "pods")
def volumes(c: Case) -> None:
    c.ok("POST", c.path("secrets"), {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"k": "secret"}})
    spec = {
        "volumes": [
            {"name": "s", "secret": {"secretName": "s", "items": [{"key": "k", "path": "sub/f", "mode": 256}]}},
            {"name": "e", "emptyDir": {}},
        ]
    }
    mounts = {"volumeMounts": [{"name": "s", "mountPath": "/s"}, {"name": "e", "mountPath": "/e", "subPath": "in"}]}
    c.make(PODS, pod(c, "p", "cat /s/sub/f; touch /e/x && ls /e; touch /s/y 2>/dev/null || echo read-only", mounts, **spec))
    c.phase("p", "Succeeded")
    assert log(c, "p") == "secretx\nread-only\n"


@row("99-100", "working directory, and what is told", "pods")
def told(c: Case) -> None:
    c.make(PODS, pod(c, "p", "pwd", {"workingDir": "/tmp"}))
    c.phase("p", "Succeeded")
    assert log(c, "p") == "/tmp\n"
    wanted = {"Scheduled", "Created", "Started"}
    c.until(lambda: wanted <= {e["reason"] for e in c.ok("GET", c.path("events"))["items"] if e["involvedObject"].get("name") == "p"})


@row("101, 103, 106", "the whole log, and parts of it", "pods")
def logs(c: Case) -> None:
    c.make(PODS, pod(c, "p", "echo one; echo two >&2; printf three"))
    c.phase("p", "Succeeded")
    assert sorted(log(c, "p").split("\n")) == ["one", "three", "two"]
    assert log(c, "p", tailLines=1) == "three" and log(c, "p", tailLines=0) == "" and log(c, "p", limitBytes=2) == log(c, "p")[:2]
    assert log(c, "p", timestamps="true").split("\n")[0][:2] == "20"
    assert c.ask("GET", c.path(PODS, "p", "log"), query={"previous": "true"}).status == 400


@row(102, "following ends with the container and loses nothing", "pods")
def follow(c: Case) -> None:
    c.make(PODS, pod(c, "p", "i=0; while [ $i -lt 5000 ]; do echo $i; i=$((i+1)); done; sleep 1; echo end"))
    c.phase("p", "Running", "Succeeded")
    stream = c.cluster.transport.stream(c.path(PODS, "p", "log"), {"follow": "true"}, timeout=60)
    assert isinstance(stream, Stream)
    found = [line.decode().strip() for line in stream.lines()]
    stream.close()
    assert found == [*map(str, range(5000)), "end"]


@row("104-105", "which container, and not yet", "pods")
def log_refusals(c: Case) -> None:
    two = pod(c, "p", "sleep 600")
    two["spec"]["containers"].append({**two["spec"]["containers"][0], "name": "d"})
    c.make(PODS, two)
    status = c.no(400, "BadRequest", "GET", c.path(PODS, "p", "log"))
    assert "a container name must be specified" in status["message"]
    c.no(404, "NotFound", "GET", c.path(PODS, "none", "log"))


@row(108, "exec: streams, exit code", "pods")
def execute(c: Case) -> None:
    c.make(PODS, pod(c, "p", "sleep 600"))
    c.phase("p", "Running")
    session = c.cluster.exec(c.namespace, "p", ["sh", "-c", "echo out; echo err >&2; exit 7"])
    channels: dict[int, bytes] = {}
    while (piece := session.read()) is not None:
        channels[piece[0]] = channels.get(piece[0], b"") + piece[1]
    session.close()
    assert (channels[1], channels[2], session.exit_code) == (b"out\n", b"err\n", 7)


@row(110, "jobs: completions, indexes, failure, suspension", "pods")
def jobs(c: Case) -> None:
    c.make("jobs", job(c, "good", 'echo "$JOB_COMPLETION_INDEX"', completions=2, parallelism=2, completionMode="Indexed"))
    c.make("jobs", job(c, "bad", "exit 1"))
    c.make("jobs", job(c, "idle", "true", suspend=True))

    def over(name: str) -> Any:
        return {x["type"]: x for x in c.get("jobs", name).get("status", {}).get("conditions", ()) if x["status"] == "True"}

    c.until(lambda: "Complete" in over("good"), 90)
    assert c.get("jobs", "good")["status"]["completedIndexes"] == "0,1"
    c.until(lambda: "Failed" in over("bad"), 90)
    assert over("bad")["Failed"]["reason"] == "BackoffLimitExceeded"
    c.until(lambda: "Suspended" in over("idle"))
    c.patch("jobs", "idle", {"spec": {"suspend": False}})
    c.until(lambda: "Complete" in over("idle"), 90)


@row(111, "deployments: pods, scale, rollout", "pods")
def deployments(c: Case) -> None:
    c.make("deployments", deployment(c, "d", 2))
    c.until(lambda: c.get("deployments", "d").get("status", {}).get("readyReplicas") == 2, 90)
    c.patch("deployments", "d", {"spec": {"replicas": 1}}, sub="scale")
    c.until(lambda: c.get("deployments", "d")["status"].get("replicas") == 1, 90)
    c.patch("deployments", "d", {"spec": {"template": {"metadata": {"annotations": {"a": "b"}}}}})
    found = c.until(lambda: len(c.names("replicasets")) == 2 and c.get("deployments", "d"), 60)
    assert found["metadata"]["annotations"]["deployment.kubernetes.io/revision"] in ("1", "2")
    c.delete("deployments", "d")
    c.until(lambda: not c.names("replicasets"), 60)


@row(112, "services and their addresses", "pods")
def services(c: Case) -> None:
    c.make("deployments", deployment(c, "d", 1))
    spec = {"selector": {"app": "d"}, "ports": [{"port": 80, "targetPort": 8080}]}
    made = c.ok("POST", c.path("services"), {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": spec})
    assert made["spec"]["clusterIP"] not in ("", "None")

    def ready() -> Any:
        slices = c.ok("GET", c.path("endpointslices"), query={"labelSelector": "kubernetes.io/service-name=s"})["items"]
        return [e for s in slices for e in s.get("endpoints") or () if e.get("conditions", {}).get("ready")]

    c.until(ready, 90)


@row("112-h", "a headless service has no address")
def headless(c: Case) -> None:
    spec = {"clusterIP": "None", "selector": {"a": "b"}, "ports": [{"port": 80}]}
    made = c.ok("POST", c.path("services"), {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "h"}, "spec": spec})
    assert made["spec"]["clusterIP"] == "None"
