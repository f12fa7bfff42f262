"""Code sync and TensorBoard on the local cluster: done by the tools of the machine, which say so where they are missing."""

from __future__ import annotations

import contextlib
import re
import shutil
import sys
import urllib.error
import urllib.request

import pytest

from arena_core.client import ArenaClient
from arena_local.context import Options
from arena_local.testing import LocalCluster

PROGRAM = 'print("fetched by", __file__)\n'


@pytest.fixture
def repository(machine, folder):
    """A git repository with two branches; the submitter stands elsewhere."""
    source = folder / "project.git"
    source.mkdir()
    (source / "main.py").write_text(PROGRAM)
    git = f"git -C {source} -c user.name=n -c user.email=a@b.c"
    machine.sh(f"git init -q -b main {source} && {git} add . && {git} commit -qm one && {git} branch old")
    (source / "main.py").write_text(PROGRAM.replace("fetched", "newly fetched"))
    machine.sh(f"{git} commit -qam two")
    return source


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("pytorchjob", ""),
        ("tfjob", ""),
        ("volcanojob", ""),
        ("appwrapperjob", "--inner-type volcano --replicas 2"),
    ],
)
def test_git(kind, more, machine, repository):
    name = f"git-{kind}"
    sync = f"--sync-mode git --sync-source {repository}"
    machine.sh(f'arena submit {kind} --name {name} --image i {more} {sync} "python code/project/main.py"')
    machine.sh(f"arena wait {name} --timeout 30s")
    assert re.search(r"newly fetched by \S*code/project/main.py", machine.sh(f"arena logs {name}"))
    machine.sh(f"arena delete {name}")


def test_git_branch_and_a_repository_that_is_not_there(machine, repository):
    sync = "--image i --sync-mode git --sync-source"
    machine.sh(f'arena submit pytorchjob --name old-branch {sync} {repository} -e GIT_SYNC_BRANCH=old "python code/project/main.py"')
    machine.sh("arena wait old-branch --timeout 30s")
    assert machine.sh("arena logs old-branch").startswith("fetched by")
    machine.sh(f'arena submit pytorchjob --name no-such {sync} {repository}.nope "python code/project.git/main.py"')
    machine.sh("arena wait no-such --for failed --timeout 30s")
    assert "does not exist" in machine.sh("arena logs no-such -c init-code")
    machine.sh("arena delete old-branch no-such")


def test_rsync(machine, folder):
    """With the machine's rsync; where it has none a stand-in on the submitter's PATH does what ``-avP SOURCE TARGET`` says."""
    source = folder / "code"
    source.mkdir()
    (source / "main.py").write_text(PROGRAM)
    path = "$PATH"
    if not shutil.which("rsync"):
        tools = folder / "bin"
        tools.mkdir()
        (tools / "rsync").write_text('#!/bin/sh\n[ "$1" = -avP ] && cp -r "$2" "$3"\n')
        (tools / "rsync").chmod(0o755)
        path = f"{tools}:$PATH"
    words = f"--name by-rsync --image i --sync-mode rsync --sync-source {source}"
    machine.sh(f'PATH="{path}" arena submit pytorchjob {words} "python code/code/main.py"')
    machine.sh("arena wait by-rsync --timeout 30s")
    assert "fetched by" in machine.sh("arena logs by-rsync")
    machine.sh("arena delete by-rsync")


@pytest.mark.skipif(bool(shutil.which("rsync")), reason="rsync is installed: nothing to miss")
def test_a_tool_that_is_missing_is_named(machine):
    machine.sh('arena submit pytorchjob --name no-rsync --image i --sync-mode rsync --sync-source h::m "true"')
    machine.sh("arena wait no-rsync --for failed --timeout 30s")
    assert "rsync is not installed where the job was submitted from" in machine.sh("arena logs no-rsync -c init-code")
    machine.sh("arena delete no-rsync")


BOARD = """#!/usr/bin/env python3
import functools, http.server, sys
folder = sys.argv[sys.argv.index("--logdir") + 1]
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
http.server.ThreadingHTTPServer(("0.0.0.0", 6006), handler).serve_forever()
"""


def test_tensorboard_opens_where_it_is_installed(machine, folder):
    """The address that ``get`` prints shows what the job wrote (a stand-in that serves the folder of the logs)."""
    tools, logs = folder / "bin", folder / "logs"
    tools.mkdir()
    logs.mkdir()
    (tools / "tensorboard").write_text(BOARD)
    (tools / "tensorboard").chmod(0o755)
    words = f"--name board --image i --inner-type pytorch --tensorboard --logdir /logs --data-dir {logs}:/logs"
    machine.sh(f'PATH="{tools}:$PATH" arena submit appwrapperjob {words} "echo loss > /logs/events"')
    machine.sh("arena wait board --timeout 30s")

    def address():
        return re.search(r"http://127[.\d]+:\d+", machine.sh("arena get board"))

    url = machine.until(address, "the address of TensorBoard")[0]

    def shown():
        # The address is known when the pod runs; a server needs a moment more to listen.
        with contextlib.suppress(urllib.error.URLError), urllib.request.urlopen(f"{url}/events", timeout=10) as answer:
            return answer.read()

    assert machine.until(shown, "TensorBoard to answer") == b"loss\n"
    machine.sh("arena delete board")
    machine.until(lambda: not machine.owned("board"), "nothing to be left")


@pytest.mark.skipif(bool(shutil.which("tensorboard")), reason="tensorboard is installed: nothing to miss")
def test_tensorboard_that_is_missing_says_so(machine):
    machine.sh('arena submit pytorchjob --name no-board --image i --tensorboard "sleep 30"')

    def said():
        pods = machine.api("/api/v1/namespaces/default/pods?labelSelector=role%3Dtensorboard,release%3Dno-board")["items"]
        return pods and "tensorboard is not installed" in str(pods[0]["status"])

    machine.until(said, "the pod to say what is missing")
    machine.sh("arena delete no-board")


def test_git_without_name_spaces_of_the_kernel(repository):
    """Where nothing can be mounted, paths are rewritten: the code is found all the same."""
    with LocalCluster.start(Options(names="rewrite")) as cluster:
        client = ArenaClient(kubeconfig=str(cluster.kubeconfig))
        sync = {"sync_mode": "git", "sync_source": str(repository), "image": "i", "working_dir": "/somewhere"}
        client.submit("pytorchjob", {"name": "rewritten", **sync, "command": f"{sys.executable} code/project/main.py"})
        client.wait("rewritten", timeout=30)
        assert cluster.logs("default", "rewritten-master-0").startswith("newly fetched by")
