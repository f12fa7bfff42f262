"""C13: names with a trailing dot, and Services whose port is not that of the pods, by name and by cluster IP."""

from __future__ import annotations

import socket
import sys
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from arena_local.context import Options
from arena_local.kubelet.names import rewrite
from arena_local.testing import LocalCluster, make_pod

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have one loopback address")
SERVER = "import http.server,sys\nhttp.server.HTTPServer(('', int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()"


@pytest.fixture(scope="module", params=["auto", "rewrite"])
def cluster(request: pytest.FixtureRequest) -> Iterator[LocalCluster]:
    with LocalCluster.start(Options(names=request.param)) as found:
        yield found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("named", [False, True])
def test_a_port_leads_to_the_target_port(cluster: LocalCluster, named: bool) -> None:
    ns, target, outer = cluster.namespace("svc"), free_port(), free_port()
    probe = {"readinessProbe": {"tcpSocket": {"port": target}, "periodSeconds": 1}, "ports": [{"name": "web", "containerPort": target}]}
    pod = make_pod(ns, "server", [sys.executable, "-c", SERVER, str(target)], container=probe)
    pod["metadata"]["labels"] = {"app": "web"}
    cluster.create(pod)
    port = {"port": outer, "targetPort": "web" if named else target}
    made = cluster.create(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web", "namespace": ns},
            "spec": {"selector": {"app": "web"}, "ports": [port]},
        }
    )

    def ready() -> Any:
        return any(c["type"] == "Ready" and c["status"] == "True" for c in cluster.pod(ns, "server")["status"].get("conditions") or ())

    cluster.until(ready, 40)

    def answers() -> bool:
        try:
            return urllib.request.urlopen(f"http://{made['spec']['clusterIP']}:{outer}/", timeout=5).status == 200
        except OSError:
            return False

    cluster.until(answers, 20)
    fetch = "import sys,urllib.request as u\nprint(*[u.urlopen(a, timeout=20).status for a in sys.argv[1:]])"
    hosts = [f"web.{ns}.svc.cluster.local.", f"web.{ns}.svc.cluster.local", f"web.{ns}.svc", made["spec"]["clusterIP"]]
    cluster.create(make_pod(ns, "client", [sys.executable, "-c", fetch, *(f"http://{host}:{outer}/" for host in hosts)]))
    cluster.wait_phase(ns, "client", "Succeeded", "Failed", timeout=40)
    assert cluster.logs(ns, "client").split() == ["200"] * 4


def test_a_pod_that_listens_on_all_addresses_is_not_in_the_way_of_its_own_service(cluster: LocalCluster) -> None:
    """The same port on both sides, by number and by name: nothing may take it before the pod does; both addresses answer."""
    for named in (False, True):
        ns, port = cluster.namespace("same"), free_port()
        ports: dict[str, Any] = {"port": port, **({"targetPort": "web"} if named else {})}
        spec = {"selector": {"app": "web"}, "ports": [ports]}
        made = cluster.create({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": ns}, "spec": spec})
        pod = make_pod(
            ns, "server", [sys.executable, "-c", SERVER, str(port)], container={"ports": [{"name": "web", "containerPort": port}]}
        )
        pod["metadata"]["labels"] = {"app": "web"}
        cluster.create(pod)
        cluster.wait_phase(ns, "server", "Running", timeout=40)
        address = made["spec"]["clusterIP"]

        def answers(address: str = address, port: int = port) -> bool:
            try:
                return urllib.request.urlopen(f"http://{address}:{port}/", timeout=5).status == 200
            except OSError:
                return False

        cluster.until(answers, 20)
        assert cluster.pod(ns, "server")["status"]["phase"] == "Running", cluster.logs(ns, "server")


def test_a_name_with_a_trailing_dot_is_rewritten_too() -> None:
    table = {"x.ns.svc.cluster.local": ["127.77.0.1"], "x.ns.svc.cluster.local.": ["127.77.0.1"]}
    assert rewrite("tcp://x.ns.svc.cluster.local.:80/", table) == "tcp://127.77.0.1:80/"
    assert rewrite("x.ns.svc.cluster.local.:80", table) == "127.77.0.1:80"
    assert rewrite("see x.ns.svc.cluster.local", table) == "see 127.77.0.1"
