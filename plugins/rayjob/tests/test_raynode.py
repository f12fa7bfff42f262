"""The ``ray`` of the pods: options, addresses, the commands that the stand-in runs."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time

import pytest

from arena_rayjob.raynode import client, node, probe, real
from arena_rayjob.raynode.jobs import MISSING, Jobs
from arena_rayjob.raynode.main import main
from arena_rayjob.raynode.options import read, without
from arena_rayjob.raynode.place import free_ports, own, own_address


def test_options():
    words = ["submit", "--address", "http://h:1", "--no-wait", "--submission-id=x", "--", "python", "--lr", "1"]
    assert read(words) == ({"address": "http://h:1", "no-wait": "", "submission-id": "x"}, ["submit", "python", "--lr", "1"])
    assert without(["--a", "1", "--b", "--c=2", "--d"], ["a", "c"]) == ["--b", "--d"]


def test_a_pods_own_address(tmp_path, monkeypatch):
    hosts = tmp_path / "hosts"
    hosts.write_text("# Kubernetes-managed hosts file (local cluster).\n127.0.0.1\tlocalhost\n127.77.0.4\tpod\n127.77.0.9\tother\n")
    assert own_address(str(hosts)) == "127.77.0.4" and own_address(str(tmp_path / "none")) == ""
    monkeypatch.setattr("arena_rayjob.raynode.place.own_address", lambda: "127.77.0.4")
    assert own("http://localhost:8265/a") == "http://127.77.0.4:8265/a" and own("127.0.0.1:6379") == "127.77.0.4:6379"
    assert own("http://h.ns.svc:8265") == "http://h.ns.svc:8265"


def test_a_real_node_gets_ports_of_its_own_and_is_reached_at_the_usual_ones(monkeypatch):
    seen = {}
    monkeypatch.setattr(real, "own_address", lambda: "127.77.0.4")
    monkeypatch.setattr(real.forward, "run", lambda *args: seen.update(zip(("command", "env", "places", "hosts"), args, strict=True)) or 0)
    words = ["--head", "--block", "--dashboard-agent-listen-port=52365", "--dashboard-host=0.0.0.0", "--num-cpus=1", "--port=7000"]
    assert real.start("/x/ray", words) == 0
    given, _ = read(seen["command"][2:])
    assert given["node-ip-address"] == "127.77.0.4" and given["dashboard-host"] == "127.0.0.1" and given["num-cpus"] == "1"
    assert given["min-worker-port"] == "0" and given["temp-dir"] == "/tmp/ray-127-77-0-4"
    assert seen["places"]["127.77.0.4", 7000] == int(given["port"])
    assert seen["places"]["127.77.0.4", 8265] == seen["places"]["127.0.0.1", 8265] == int(given["dashboard-port"])
    assert len({given[name] for name in ("port", "dashboard-port", "dashboard-agent-listen-port", "ray-client-server-port")}) == 4
    assert ("127.77.0.4", 8080) not in seen["places"]  # nobody asks for metrics, and the kubelet would tell of a port that is taken


@pytest.fixture
def dashboard(monkeypatch):
    (port,) = free_ports(1)
    monkeypatch.setattr(client, "TOLD", 0.0)
    jobs = Jobs({"PATH": "/usr/bin:/bin"})
    server = node._serve("127.0.0.1", port, jobs)
    node.PROBED.set()
    yield f"http://127.0.0.1:{port}"
    server.shutdown()
    server.server_close()


def test_commands_of_the_stand_in(dashboard, capfd):
    options = {"address": dashboard, "submission-id": "a"}
    assert client.job(["submit", "sh", "-c", "echo out; exit 3"], options) == 1
    out = capfd.readouterr().out
    assert MISSING in out and "Running entrypoint for job a: " in out and "out\n" in out and "failed" in out
    assert client.job(["status", "a"], options) == 0 and "exit code 3" in capfd.readouterr().out
    assert client.job(["logs", "a"], {**options, "follow": ""}) == 0  # as Ray's: the log is there
    assert client.job(["submit", "true"], options) == 1 and "different submission_id" in capfd.readouterr().err
    assert client.job(["status", "b"], options) == 1
    env = {"address": dashboard, "submission-id": "c", "runtime-env-json": '{"env_vars": {"A": "b"}}'}
    assert client.job(["submit", "sh", "-c", "echo $A"], {**env}) == 0
    assert client.job(["submit", "sleep", "60"], {"address": dashboard, "submission-id": "d", "no-wait": ""}) == 0
    assert client.job(["stop", "d"], options) == 0
    deadline = time.monotonic() + 10
    while client._call(dashboard, "/api/jobs/d")["status"] != "STOPPED":
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_probe_prints_the_answer(dashboard, capfd):
    node.PROBED.clear()
    assert probe.main(["--tries", "1", "-T", "2", "-q", "-O-", f"{dashboard}/api/gcs_healthz"]) == 0
    assert capfd.readouterr().out == "success" and node.PROBED.is_set()
    assert probe.main([f"{dashboard}/nothing"]) == 8
    assert probe.main(["http://127.0.0.1:1/api/gcs_healthz"]) == 4


def test_what_passes_connections_on():
    import asyncio

    from arena_rayjob.raynode.forward import _listen

    (there, here) = free_ports(2)
    with socket.create_server(("127.0.0.1", there)) as listener:
        threading.Thread(target=lambda: listener.accept()[0].sendall(b"hello"), daemon=True).start()

        async def talk():
            task = asyncio.create_task(_listen("127.0.0.1", here, ["127.0.0.2", "127.0.0.1"], there))
            for _ in range(100):
                try:
                    reader, writer = await asyncio.open_connection("127.0.0.1", here)
                    break
                except OSError:
                    await asyncio.sleep(0.05)
            said = await reader.readexactly(5)
            writer.close()
            task.cancel()
            return said

        assert asyncio.run(talk()) == b"hello"


def test_without_ray_the_commands_say_what_is_missing(monkeypatch, capfd):
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["status"]) == 127 and MISSING in capfd.readouterr().err
    assert main(["stop"]) == 0
    assert main(["health-check", "--address", "127.0.0.1:1"]) == 1


@pytest.mark.parametrize(("probed", "code"), [(True, 137), (False, 1)], ids=["up", "starting"])
def test_a_head_ends_as_rays_own(probed, code):
    """Recorded (recordings/rayjob, kueue-more): 137 of one that is up, 1 of one that is told to end while it starts."""
    agent, dashboard, store = free_ports(3)
    words = ["--head", f"--port={store}", f"--dashboard-port={dashboard}", f"--dashboard-agent-listen-port={agent}"]
    program = "import sys; from arena_rayjob.raynode.main import main; sys.exit(main(sys.argv[1:]))"
    head = subprocess.Popen([sys.executable, "-c", program, "start", *words], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while not node.reachable(f"127.0.0.1:{agent}") and time.monotonic() < deadline:
            time.sleep(0.02)
        # The agent is the last that listens: who asks it in vain has asked the others in vain or not at all.
        assert node.reachable(f"127.0.0.1:{dashboard}") and node.reachable(f"127.0.0.1:{store}")
        if probed:
            assert probe.main(["-q", "-O-", f"http://127.0.0.1:{dashboard}/api/gcs_healthz"]) == 0
        head.terminate()
        assert head.wait(30) == code
    finally:
        head.kill()
        head.wait()
