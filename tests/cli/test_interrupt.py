"""Ctrl-C at any moment: quiet, 130, and a job that exists whole or not at all."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time

import pytest

from arena_core.testing.fakeapi import FakeApi, passed_on

START = (sys.executable, "-c", "from arena_core.cli.start import start; start()")
SLEEP = ("sh", "-c", "echo started; trap exit TERM; sleep 60 & wait")


@pytest.fixture
def start(cluster, home):
    """Start `arena` in a namespace of its own."""
    namespace = cluster.namespace("ctrl-c")
    environment = cluster.environment()

    def run(*words, **more):
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen([*START, "-n", namespace, *words], **streams, env=environment | more, cwd=home)

    run.namespace = namespace
    return run


def end(process):
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in err, err
    return process.returncode, out, err


def interrupt(process):
    process.send_signal(signal.SIGINT)
    return end(process)


def objects(cluster, namespace):
    """Everything but pods and what the operator makes: kind and name."""
    found = set()
    for path in ("api/v1/{}/services", "api/v1/{}/configmaps", "apis/apps/v1/{}/deployments", "apis/kubeflow.org/v1/{}/pytorchjobs"):
        _, data = cluster.request("GET", "/" + path.format(f"namespaces/{namespace}"))
        found |= {f"{path.rpartition('/')[2]}/{i['metadata']['name']}" for i in data["items"] if not i["metadata"].get("deletionTimestamp")}
    return {f for f in found if "kube-root-ca" not in f and not re.search(r"(master|worker)-\d", f)}


def test_a_job_exists_whole_or_not_at_all(start, cluster):
    words = ("submit", "pytorchjob", "--image", "i", "--tensorboard", "--name")
    begun = time.monotonic()
    assert end(start(*words, "whole", "--", *SLEEP))[0] == 0
    usual = time.monotonic() - begun
    whole = {name.replace("whole", "NAME") for name in objects(cluster, start.namespace)}
    assert len(whole) == 4, whole
    seen = set()
    for step in range(9):
        name = f"cut-{step}"
        process = start(*words, name, "--", *SLEEP)
        time.sleep(usual * (0.35 + 0.1 * step))
        code, _, _ = interrupt(process)
        assert code in (0, 130)

        def settled(name=name):
            there = {o.replace(name, "NAME") for o in objects(cluster, start.namespace) if name in o}
            return there in (set(), whole) and (there or "nothing")

        state = cluster.until(settled, what=f"{name} to be whole or gone")
        assert code == 130 or state == whole, "who is told that it was created must find it"
        seen.add(code)
    assert 130 in seen


def test_ctrl_c_in_the_middle_of_a_creation_undoes_it(start, cluster, monkeypatch, write_kubeconfig, tmp_path):
    """The server takes the job and answers only when Ctrl-C was pressed."""
    held = threading.Event()

    def answer(request):
        reply = passed_on(request, cluster.server)
        if request.method == "POST" and "pytorchjobs" in request.path:
            held.set()
            time.sleep(0.8)
        return reply

    server = FakeApi(answer).start()
    config = write_kubeconfig(tmp_path / "slow", server.url, start.namespace)
    process = start("submit", "pytorchjob", "--name", "held", "--image", "i", "--config", config, "--", *SLEEP)
    assert held.wait(20)
    code, _, err = interrupt(process)
    server.close()
    assert code == 130, err
    cluster.until(lambda: not [o for o in objects(cluster, start.namespace) if "held" in o], what="nothing to be left")


def test_ctrl_c_ends_waiting_and_following_but_not_the_job(start):
    assert end(start("submit", "pytorchjob", "--name", "long", "--image", "i", "--", *SLEEP))[0] == 0
    assert end(start("wait", "long", "--for", "running", "--timeout", "20"))[0] == 0
    for words in (
        ("wait", "long"),
        ("wait", "long", "--for", "deleted"),
        ("logs", "-f", "long"),
        ("logs", "-f", "long", "--all-instances"),
    ):
        process = start(*words)
        if words[0] == "logs":
            assert "started" in process.stdout.readline()
        else:
            time.sleep(0.5)
        code, _, _ = interrupt(process)
        assert code == 130, words
    assert "RUNNING" in end(start("list"))[1]
    assert end(start("delete", "long"))[0] == 0


def test_ctrl_c_ends_the_demo_and_leaves_its_job(start, cluster):
    home = str(cluster.state.folder.parent)
    process = start("demo", ARENA_HOME=home)
    while "epoch" not in (line := process.stdout.readline()):
        assert line or process.poll() is None
    code, _, err = interrupt(process)
    assert code == 130
    name = re.search(r"PyTorchJob (digits-\w+)", err)[1]
    assert f"{name} keeps running" in err
    assert end(start("wait", name, "--timeout", "60"))[0] == 0
    assert end(start("delete", name))[0] == 0


def test_ctrl_c_at_the_very_beginning_is_quiet(home):
    """Python itself starts before any line of ours: what follows is ours, from the first call on."""
    program = """
import gc, sys
from arena_core.cli.start import start
set_threshold = gc.set_threshold
gc.set_threshold = lambda *limits: (set_threshold(*limits), sys.stderr.write("."), sys.stderr.flush())
start()
"""
    for pause in (0.0, 0.005, 0.01, 0.02, 0.04):
        process = subprocess.Popen([sys.executable, "-c", program, "list"], stderr=subprocess.PIPE, env=os.environ | {"NO_COLOR": "1"})
        process.stderr.read(1)
        time.sleep(pause)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert process.returncode in (130, 6, 0), err
        assert b"Traceback" not in err


def test_ctrl_c_at_the_very_end_changes_nothing():
    """What a command has come to is what it ends with: here the interrupt comes while its output is written out."""
    program = """
import sys
from arena_core.cli.start import start
class Late:
    def flush(self):
        raise KeyboardInterrupt
sys.argv = ["arena", "version"]
sys.stdout.write("")
import arena_core.cli.main as module
main = module.main
def ended(**more):
    code = main(**more)
    sys.stdout = Late()
    return code
module.main = ended
start()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")
