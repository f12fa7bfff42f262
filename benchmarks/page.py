"""The page of ``arena logview`` over a million lines of 64 instances: loading, first paint in Chromium, search, memory."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from arena_core.client import ArenaClient
from arena_local.testing import LocalCluster
from benchmarks.harness import BIN, table
from tests.logview import chromium

RANKS, LINES = 64, 15_625
#: The master waits for a file: the workers of one that has ended do not begin.
COMMAND = (
    f"seq -f 'step %.0f of {LINES} loss 0.1234 lr 0.0003 tokens/s 12345 grad_norm 1.2345 mem 61.2GB epoch 3/10' {LINES}; "
    'echo "the end of $HOSTNAME"; while [ "$RANK" = 0 ] && ! [ -e {flag} ]; do sleep 0.5; done'
)
#: Seconds that the instances, and then the reading of their lines, may take.
LONGEST = 300
#: What is searched for, each for the first time: nothing at all, a few lines, every line, an expression.
SEARCHES = {
    "nothing found, with case": "memory 99.9GB",
    "a few lines": "end of wide-worker-6",
    "every line": "loss 0.1",
    "an expression": r"step 1\d{4} of",
}
#: Notes when the first line is drawn.
SHOWN = """
const look = () => (document.querySelector(".row .text") ? (window.drawn = performance.now()) : requestAnimationFrame(look));
look();
"""


class Server:
    """The command as a process, and questions to it."""

    def __init__(self, cluster: LocalCluster) -> None:
        self.began = time.perf_counter()
        words = [str(BIN / "arena"), "logview", "wide", "--no-open"]
        env = cluster.environment()
        self.process = subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout
        self.address = self.process.stdout.readline().strip()

    def ask(self, path: str, **query: Any) -> tuple[Any, float]:
        """Return an answer, and the milliseconds that it took."""
        begin = time.perf_counter()
        with urllib.request.urlopen(f"{self.address}api/{path}?{urlencode(query)}", timeout=120) as answer:
            found = json.load(answer)
        return found, (time.perf_counter() - begin) * 1000

    def loaded(self, count: int) -> float:
        """Wait for so many lines; return the seconds since the start."""
        while self.ask("lines", n=1)[0]["total"] < count:
            if time.perf_counter() - self.began > LONGEST:
                raise SystemExit(f"only {self.ask('lines', n=1)[0]['total']:,} of {count:,} lines were read")
            time.sleep(0.1)
        return time.perf_counter() - self.began

    def search(self, text: str, marks: str = "") -> tuple[float, float, int]:
        """Search for something new: milliseconds to the first answer and to the whole count, and the count."""
        found, first = self.ask("search", q=text, qm=marks, step=1)
        whole = first
        while found["done"] < 1 and not found["more"]:
            found, more = self.ask("search", q=text, qm=marks, step=0)
            whole += more
        return first, whole, found["count"]

    def peak(self) -> float:
        """Return its peak memory in MiB."""
        return int(re.findall(r"VmHWM:\s+(\d+)", Path(f"/proc/{self.process.pid}/status").read_text())[0]) / 1024

    def close(self) -> None:
        """Press Ctrl-C."""
        self.process.send_signal(2)
        self.process.wait(timeout=20)


def paints(server: Server, rounds: int) -> list[float]:
    """Return milliseconds from the beginning of a navigation to the first line that is drawn, in a new tab each time."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser, found = chromium.Browser(Path(folder)), []
        for _ in range(rounds):
            tab = browser.page()
            tab.call("Page.addScriptToEvaluateOnNewDocument", source=SHOWN)
            tab.call("Page.navigate", url=server.address)
            tab.until("window.drawn")
            found.append(float(tab.js("window.drawn")))
            tab.close()
        browser.close()
    return found


def figures(server: Server, rounds: int, places: Iterable[int]) -> list[tuple[str, ...]]:
    """Return the rows of what a page costs whose lines are there: first paint, lines of these places, searches, memory."""
    drawn = paints(server, max(3, rounds // 2))
    window = [server.ask("lines", at=at, n=200)[1] for at in places]
    searches = {name: server.search(text, "r" if "\\" in text else "") for name, text in SEARCHES.items()}
    return [
        ("first line drawn, median (worst)", f"{statistics.median(drawn):.0f} ms ({max(drawn):.0f})", "", "≤ 300 ms"),
        ("200 lines from anywhere, median (worst)", f"{statistics.median(window):.0f} ms ({max(window):.0f})", "", ""),
        *(
            (f"search, {name}: first answer, whole count", f"{first:.0f} ms, {whole:,.0f} ms", f"{count:,} found", "≤ 200 ms")
            for name, (first, whole, count) in searches.items()
        ),
        ("peak memory of the command", f"{server.peak():.0f} MiB", "", "≤ 300 MiB"),
    ]


def run(rounds: int) -> str:
    """Return the table."""
    flag = Path(tempfile.mkdtemp()) / "end"
    with LocalCluster.start() as cluster, ArenaClient(kubeconfig=str(cluster.kubeconfig)) as arena:
        command = COMMAND.replace("{flag}", str(flag))
        arena.submit("pytorchjob", {"name": "wide", "image": "x", "command": command, "workers": RANKS, "clean_task_policy": "None"})
        end = time.monotonic() + LONGEST
        while sum(i.phase == "Succeeded" for i in arena.get("wide").status.instances) < RANKS - 1:
            if time.monotonic() > end:
                raise SystemExit("the instances take too long")
            time.sleep(1)
        server = Server(cluster)
        try:
            loading = server.loaded(RANKS * (LINES + 1))
            rows = figures(server, rounds, range(0, 1_000_000, 50_000))
        finally:
            server.close()
            flag.touch()
    loaded = ("all lines read", f"{loading:.1f} s", f"{RANKS * LINES / loading / 1000:.0f},000 lines/s", "")
    return f"{RANKS * LINES:,} lines of {RANKS} instances.\n\n" + table(("`arena logview`", "measured", "", "goal"), [loaded, *rows])
