"""The commands that users of Arena and of its AppWrapper fork have in their notes work as they are written."""

from __future__ import annotations

import pstats
import re
import shlex
import signal
import subprocess
import urllib.request
from pathlib import Path

#: Says who it is, and waits for the others: a master that ends before a worker has looked it up leaves the worker waiting, as on a cluster.
TRAIN = """
import os, pathlib, time
print({k: v for k, v in os.environ.items() if k in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "NODE_RANK")}, flush=True)
job, end = os.environ["MASTER_ADDR"], time.monotonic() + 30
pathlib.Path(job + "." + os.environ["RANK"]).touch()
while len(list(pathlib.Path().glob(job + ".?"))) < int(os.environ["WORLD_SIZE"]) and time.monotonic() < end:
    time.sleep(0.05)
"""

PYTORCH = (
    "arena submit appwrapperjob --name pytorch-test --image pytorch/pytorch:latest --gpus 1 --workers 2 --kueue-queue default-queue "
    '"python train.py"'
)
VOLCANO = """arena submit appwrapperjob --name volcano-test --image pytorch/pytorch:latest --inner-type volcano --replicas 4 --gpus 1 \\
    --kueue-queue default-queue --scheduler-name volcano "python train.py"
"""
#: What stands in for the program of this name, which need not be installed where the tests run.
BOARD = """#!/usr/bin/env python3
import http.server, sys
words = dict(word.split("=", 1) for word in sys.argv[1:] if "=" in word) | dict(zip(sys.argv[1:], sys.argv[2:]))
address = (words.get("--host", "127.0.0.1"), int(words.get("--port", "6006")))
http.server.ThreadingHTTPServer(address, http.server.SimpleHTTPRequestHandler).serve_forever()
"""
TENSORFLOW = """arena submit tf --name=style-transfer --gpus=2 --tensorboard --workers=2 \\
    --workerImage=registry.cn-hangzhou.aliyuncs.com/tensorflow-samples/neural-style:gpu --workingDir=/neural-style --ps=1 \\
    --psImage=registry.cn-hangzhou.aliyuncs.com/tensorflow-samples/style-transfer:ps \\
    "python neural_style.py --styles /neural-style/examples/1-style.jpg --iterations 1000000"
"""


def test_quick_start_of_the_fork(machine, folder):
    (folder / "train.py").write_text(TRAIN)
    assert "appwrapper.workload.codeflare.dev/pytorch-test created" in machine.sh(PYTORCH, cwd=folder)
    machine.sh(VOLCANO, cwd=folder)
    for name in ("pytorch-test", "volcano-test"):
        machine.sh(f"arena wait {name} --timeout 40s || {{ arena why {name}; arena get {name} -e; arena list; exit 1; }}")
    rows = {line.split()[0]: line.split() for line in machine.sh("arena list --type appwrapperjob").splitlines()}
    assert rows["NAME"][:5] == ["NAME", "STATUS", "TRAINER", "DURATION", "GPU(Requested)"]
    assert [rows[n][i] for n in ("pytorch-test", "volcano-test") for i in (1, 2, 4)] == ["SUCCEEDED", "APPWRAPPERJOB", "2", "SUCCEEDED", "APPWRAPPERJOB", "4"]  # fmt: skip
    shown = machine.sh("arena get pytorch-test --type appwrapperjob")
    assert re.search(r"pytorch-test-master-0 +Completed +\S+ +true +1 ", shown), shown
    assert "'RANK': '0'" in machine.sh("arena logs pytorch-test --type appwrapperjob")
    logs = machine.sh("arena logs volcano-test --all-instances")
    assert {f"'RANK': '{n}'" for n in range(4)} == set(re.findall(r"'RANK': '\d'", logs))
    assert logs.count("'MASTER_ADDR': 'volcano-test-worker-0.volcano-test'") == 4 == logs.count("'WORLD_SIZE': '4'")
    # A wrapped job is listed once, under its wrapper, and found without --type.
    everything = machine.sh("arena list")
    assert everything.count("pytorch-test") == 1 and everything.count("volcano-test") == 1
    assert "APPWRAPPERJOB" in machine.sh("arena get pytorch-test")
    machine.sh("arena delete pytorch-test --type appwrapperjob")
    machine.sh("arena delete volcano-test")
    machine.until(lambda: not machine.owned("pytorch-test") and not machine.owned("volcano-test"), "nothing to be left")


def test_tensorflow_with_the_old_spellings(machine, folder):
    (folder / "neural_style.py").write_text('import os, time\nprint("TF", os.environ["TF_CONFIG"], flush=True)\ntime.sleep(120)\n')
    board = folder / "tensorboard"
    board.write_text(BOARD)
    board.chmod(0o755)
    said = machine.sh(f"PATH={folder}:$PATH\n{TENSORFLOW}", cwd=folder)
    assert "tfjob.kubeflow.org/style-transfer created" in said and "--workerImage is the old name of --worker-image" in said
    machine.sh("arena wait style-transfer --for running --timeout 20s")
    shown = machine.sh("arena get style-transfer")
    assert [len(re.findall(f"style-transfer-{role}-", shown)) for role in ("worker", "ps")] == [2, 1]
    assert machine.json("arena get style-transfer -o json")["requestGPUs"] == 4
    machine.until(lambda: '"ps":["style-transfer-ps-0' in machine.sh("arena logs style-transfer"), "the log")
    # "logs in the browser"
    page = machine.sh(
        "arena logview style-transfer --no-open > page.out 2>&1 &\n"
        "for n in $(seq 150); do grep -q ^http page.out && break; sleep 0.2; done; kill $!; cat page.out",
        cwd=folder,
    )
    assert re.search(r"^http://127\.0\.0\.1:\d+/[\w-]{32}/$", page, re.MULTILINE), page
    # "shows the TensorBoard address"
    machine.until(
        lambda: re.search(r"tensorboard.*http://\d", machine.sh("arena get style-transfer"), re.IGNORECASE | re.DOTALL), "the board"
    )
    assert machine.json("arena get style-transfer -o json")["tensorboard"].startswith("http://")
    assert re.search(r"^node-1 .* 4 +4 ", machine.sh("arena top node"), re.MULTILINE), machine.sh("arena top node")
    top = machine.sh("arena top job style-transfer")
    assert len(re.findall(r"style-transfer-worker-\d +Running +2 ", top)) == 2 and "Allocated/Requested GPUs of Job: 4/4" in top, top
    logview(machine, "arena logview style-transfer")
    machine.sh("arena delete style-transfer")
    machine.until(lambda: not machine.owned("style-transfer"), "nothing to be left")


def logview(machine, line):
    """The page opens in the browser that the environment names; Ctrl-C ends it."""
    opened = machine.home / "opened"
    browser = machine.home / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o755)
    words = shlex.split(line)
    process = subprocess.Popen(
        words, env=machine.env | {"BROWSER": f"{browser} %s"}, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler)
    )  # fmt: skip
    try:
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:")
        machine.until(lambda: opened.exists() and opened.read_text().strip(), "a browser")
        with urllib.request.urlopen(address, timeout=20) as answer:
            assert answer.status == 200 and b"<html" in answer.read().lower()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    finally:
        process.kill()


def test_profile(machine):
    """``PROFILE_RATE=500 arena list --pprof`` is taken as it is; what is written is Python's own profile, that pstats reads."""
    said = machine.sh("PROFILE_RATE=500 arena list --pprof")
    assert "NAME" in said
    file = Path(re.search(r"CPU profile: (\S+)", said)[1])
    try:
        functions = {name for _, _, name in pstats.Stats(str(file)).stats}
        assert {"dispatch", "list_jobs"} <= functions
        assert file.stat().st_mode & 0o077 == 0, "nobody else reads what was typed"
    finally:
        file.unlink()
    failed = machine.sh("arena get no-such-job --pprof", code=3)
    file = Path(re.search(r"CPU profile: (\S+)", failed)[1])
    assert file.stat().st_size, "also of a command that fails"
    file.unlink()


def test_every_line_of_the_notes_is_tried(shared):
    """The lines of the notes and those of these tests are the same, blanks apart."""
    text = (shared / "spec/seed-commands.md").read_text(encoding="utf-8")
    blocks = re.findall(r"(?:^    .+\n)+", text, re.MULTILINE)
    lines = [re.sub(r"\s*#.*", "", line) for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    here = " ".join(Path(__file__).read_text(encoding="utf-8").replace("\\\\\n", " ").replace('"\n    \'"', '"').split())
    here = re.sub(r" (?=[\"'])|['\"]", "", here)
    for line in lines:
        wanted = re.sub(r" (?=[\"'])|['\"]", "", " ".join(line.split()))
        assert wanted in here, line
