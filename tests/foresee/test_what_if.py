"""`arena submit --what-if` and `arena what-if` against a cluster: they read, and write nothing."""

from __future__ import annotations

import json

import pytest

from arena_core.cli.foreseen import sentence
from arena_core.contract.foresight import Forecast, Outlook
from arena_core.usecases.whatif import lasting
from arena_core.usecases.whatif.ask import Foreseen
from arena_local.context import Options
from arena_local.foresee import foresee
from arena_local.testing import LocalCluster
from tests.cli.conftest import arena, home  # noqa: F401 - fixtures

JOB = ("submit", "pytorchjob", "--image", "x", "--kueue-queue", "default-queue")


@pytest.fixture(scope="module")
def cluster():
    options = Options(resources={"nvidia.com/gpu": "8"}, quota={"nvidia.com/gpu": "8"}, simulate=True)
    with LocalCluster.start(options) as running:
        yield running


@pytest.fixture
def local(arena, cluster, monkeypatch):  # noqa: F811
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    return arena


def asked(local, *words):
    done = local(*JOB, *words, "--what-if", "-o", "json", "true")
    assert done.code == 0, done.err
    return json.loads(done.out)


@pytest.fixture
def running(cluster, local):
    """One job that holds 4 of 8 GPUs for an hour, and one that waits for 8."""
    code, _ = cluster.request("GET", "/apis/kubeflow.org/v1/namespaces/default/pytorchjobs/holds")
    if code != 200:
        for name, gpus in (("holds", "2"), ("waits", "4")):
            note = ("--annotation", "arena.local/simulate=3600")
            assert local(*JOB, "--name", name, "--workers", "2", "--gpus", gpus, "--running-timeout", "1h", *note, "true").code == 0
    cluster.until(lambda: "RUNNING" in local("get", "holds").out, what="holds runs")


def test_all_verdicts_of_a_queue(local, running):
    now = asked(local, "--name", "small", "--gpus", "1")
    assert now["verdict"] == "now" and now["seconds"] == 0
    waits = asked(local, "--name", "large", "--gpus", "3", "--workers", "2")
    assert (waits["verdict"], waits["before"]) == ("waits", ["default/waits"])
    assert 3600 < waits["seconds"] < 7300
    assert waits["fewer"] == {"argument": "workers", "value": 1, "asked": 2, "gpusLess": 3}
    never = asked(local, "--name", "huge", "--gpus", "9")
    assert never["verdict"] == "never" and "maximum capacity (8)" in never["reasons"][0]
    live = json.loads(local("what-if", "waits", "-o", "json").out)
    assert live["verdict"] == "waits" and live["before"] == [] and 0 < live["seconds"] < 3700
    assert json.loads(local("what-if", "holds", "-o", "json").out)["verdict"] == "now"


def test_it_only_reads(local, cluster, running, monkeypatch):
    """Lists, gets and reviews of access alone, and nothing is different afterwards."""
    from arena_core.kube.transport import Transport

    seen: list[tuple[str, str]] = []
    request = Transport.request

    def noted(self, method, path, *rest, **more):
        seen.append((method, path))
        return request(self, method, path, *rest, **more)

    monkeypatch.setattr(Transport, "request", noted)
    before = cluster.request("GET", "/apis/kubeflow.org/v1/pytorchjobs")[1]["items"]
    assert asked(local, "--name", "small", "--gpus", "1")["verdict"] == "now"
    assert local("what-if", "waits").code == 0
    writes = [(method, path) for method, path in seen if method != "GET"]
    assert len(seen) > 10 and all(method == "POST" and path.endswith("reviews") for method, path in writes), writes
    assert [job["metadata"]["uid"] for job in cluster.request("GET", "/apis/kubeflow.org/v1/pytorchjobs")[1]["items"]] == [
        job["metadata"]["uid"] for job in before
    ]


def test_what_creates_does_not_go_with_it(local):
    for flag in ("--wait", "--follow", "--dry-run=client"):
        done = local(*JOB, "--name", "x", "--what-if", flag, "true")
        assert done.code == 2 and flag.partition("=")[0] in done.err


@pytest.mark.parametrize(
    ("forecast", "text"),
    [
        (Forecast("now", 0.0), "job j would start now"),
        (Forecast("preempts", 0.0, preempts=("d/a",)), "job j would start now in the place of d/a"),
        (Forecast("waits", 7200.0, before=("d/a", "d/b")), "job j would wait behind 2 jobs, about 120m (a guess)"),
        (
            Forecast("waits", before=("d/a",), endless=1),
            "job j would wait behind 1 job; for how long is not known: a job runs that has no time limit",
        ),
        (Forecast("never"), "job j would never start: it does not fit even when nothing else runs"),
    ],
)
def test_the_sentence(forecast, text):
    assert sentence(Foreseen("j", "job", "d", forecast)) == text


def test_how_long_jobs_last_is_guessed_from_their_like():
    def job(uid, name, **spec):
        return {"metadata": {"name": name, "uid": uid}, "spec": spec}

    jobs = [job("1", "mnist-7"), job("2", "other", activeDeadlineSeconds=60), job("3", "long", runPolicy={"activeDeadlineSeconds": 9000})]
    lasts, _ = lasting.limits(jobs)
    assert lasts == {"2": 60.0, "3": 9000.0}
    begun, ended = "2026-01-01T00:00:00Z", "2026-01-01T00:10:00Z"
    before = lasting.usual([("mnist-6", begun, ended), ("long-1", begun, ended), ("odd", "", ended)])
    assert lasting.guessed(jobs, lasts, before) == {"1": 600.0, "2": 60.0, "3": 600.0}


K = "kueue.x-k8s.io/v1beta2"
POD = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i", "resources": {"limits": {"nvidia.com/gpu": "4"}}}]}


def mine(queue: str = "q"):
    labels = {"kueue.x-k8s.io/queue-name": queue} if queue else {}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "mine", "namespace": "default", "labels": labels},
        "spec": {"template": {"spec": POD}},
    }


def queues(held: str = "0"):
    """One queue of 8 GPUs, of which so many are reserved by somebody."""
    group = {
        "coveredResources": ["nvidia.com/gpu"],
        "flavors": [{"name": "f", "resources": [{"name": "nvidia.com/gpu", "nominalQuota": "8"}]}],
    }
    spec = {"namespaceSelector": {}, "resourceGroups": [group], "queueingStrategy": "BestEffortFIFO"}
    status = {"flavorsReservation": [{"name": "f", "resources": [{"name": "nvidia.com/gpu", "total": held}]}]}
    return {
        "namespaces": [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default", "uid": "d"}}],
        "localqueues.kueue.x-k8s.io": [
            {
                "apiVersion": K,
                "kind": "LocalQueue",
                "metadata": {"name": "q", "namespace": "default", "uid": "q"},
                "spec": {"clusterQueue": "c"},
            }
        ],
        "clusterqueues.kueue.x-k8s.io": [
            {"apiVersion": K, "kind": "ClusterQueue", "metadata": {"name": "c", "uid": "c"}, "spec": spec, "status": status}
        ],
        "resourceflavors.kueue.x-k8s.io": [{"apiVersion": K, "kind": "ResourceFlavor", "metadata": {"name": "f", "uid": "f"}, "spec": {}}],
        "workloads.kueue.x-k8s.io": [],
        "nodes": [
            {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {"name": "n", "uid": "n"},
                "status": {"allocatable": {"nvidia.com/gpu": "8", "cpu": "8", "pods": "110"}},
            }
        ],
        "pods": [],
    }


def test_what_cannot_be_read_is_no_never():
    """A queue, a quota or nodes that may not be read: not known, and never "does not exist"."""
    whole = queues()
    assert foresee(Outlook("default", whole), [mine()]).verdict == "now"
    for missing in ("localqueues", "clusterqueues", "resourceflavors", "workloads"):
        seen = {key: items for key, items in whole.items() if not key.startswith(missing)}
        told = foresee(Outlook("default", seen), [mine()])
        assert told.verdict == "unknown" and missing in told.reasons[0]
    blind = {key: items for key, items in whole.items() if key != "nodes"}
    told = foresee(Outlook("default", blind), [mine()])
    assert told.verdict == "now" and "nodes is not known" in told.notes[0]
    assert foresee(Outlook("default", blind), [mine("")]).verdict == "unknown"


def test_what_other_namespaces_hold_counts_though_it_cannot_be_seen():
    partly = ("workloads.kueue.x-k8s.io",)
    told = foresee(Outlook("default", queues(held="6"), partly=partly), [mine()])
    assert (told.verdict, told.seconds, told.endless) == ("waits", None, 1)
    assert foresee(Outlook("default", queues(held="4"), partly=partly), [mine()]).verdict == "now"


def test_kinds_that_are_forbidden_are_named():
    from arena_core.contract.errors import KindNotInstalled
    from arena_core.kube.refusals import Forbidden
    from arena_core.kube.resources import ListResult
    from arena_core.usecases.whatif.reading import read

    class Cluster:
        asked: list[tuple[str, str]] = []

        def served(self):
            return self

        def has(self, kind):
            return None

        def gather(self, calls):
            found = []
            for call in calls:
                try:
                    found.append(call())
                except (Forbidden, KindNotInstalled) as error:
                    found.append(error)
            return found

        def list(self, kind, namespace=""):
            self.asked.append((kind.key, namespace))
            if kind.key == "nodes" or (kind.key == "pods" and not namespace):
                raise Forbidden("no", "", "list", kind.key, namespace)
            if "scheduling" in kind.group:
                raise KindNotInstalled("no")
            return ListResult([])

    class Session:
        cluster = Cluster()

        def job_types(self):
            return [], {}

    seen, jobs = read(Session(), "team")  # type: ignore[arg-type]
    assert jobs == [] and seen.partly == ("pods",) and seen.unread == ("nodes (forbidden)",)
    assert ("pods", "team") in Cluster.asked and "nodes" not in seen.objects and seen.objects["pods"] == []
