"""The page of ``arena logview`` in a real browser, over real jobs of the local cluster."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from arena_core.cli.logview.page import Page
from arena_core.client import ArenaClient
from arena_core.contract.errors import JobFailed
from tests.jobs.conftest import Gate
from tests.logview.chromium import Tab

TALK = (
    "import os, sys, time\n"
    "rank = os.environ.get('RANK', '0')\n"
    "for n in range(200): print(f'step {n} of rank {rank}', flush=True)\n"
    "print('\\x1b[32mall well\\x1b[0m \\x1b[38;2;1;2;3mfine\\x1b[0m <script>alert(1)</script>', flush=True)\n"
    'print(\'{"level": "warning", "msg": "hot", "gpu": 3}\', flush=True)\n'
    "if rank == '1': print('Traceback (most recent call last):\\nValueError: worker broke', flush=True)\n"
)


def submit(client: ArenaClient, name: str, code: str = TALK, **more: Any) -> None:
    client.submit(
        "pytorchjob", {"name": name, "image": "i", "command": ["python3", "-c", code], "workers": 2, "clean_task_policy": "None", **more}
    )


def total(tab: Tab) -> int:
    return int(tab.text("output.total").split()[0].replace(",", "") or 0)


def test_from_the_command_to_the_lines(client: ArenaClient, logview: Callable[..., Any], tab: Callable[..., Tab]) -> None:
    """The thinnest line: the command serves, the page lists all instances in the order of time, n goes from hit to hit."""
    submit(client, "talk")
    client.wait("talk", timeout=60)
    command = logview("talk")
    page = tab(command.address)
    page.until("document.querySelector('output.total')?.innerText.startsWith('406')", "all lines")
    page.until("/talk.*SUCCEEDED/s.test(document.querySelector('h1')?.innerText)", "name and phase")
    chips = page.js("[...document.querySelectorAll('.chip')].map(one => one.textContent)")
    assert chips == ["all 2", "with errors 1", "master-0", "!worker-0"]
    page.press("/")
    page.type("rank 1")
    page.press("Enter")
    page.until("document.querySelector('.row.current')", "the first hit")
    assert page.text(".search output").endswith(" of 200")
    first = page.text(".row.current .text")
    page.press("n")
    page.until(f"document.querySelector('.row.current .text')?.innerText !== {json.dumps(first)}", "the next hit")
    page.picture("lines")
    assert command.close() == 0
    page.until("document.body.innerText.includes('arena logview has ended')", "the end to be noticed")


def test_beside_the_lines_of_a_real_job(client: ArenaClient, logview: Callable[..., Any], tab: Callable[..., Tab]) -> None:
    """What the panel says is what the commands say; values of variables are nowhere on the page."""
    submit(
        client, "told", "import sys; print('step 1/2 loss 0.5', flush=True); sys.exit(3)", env={"API_KEY": "hunter2-is-secret"}, workers=1
    )
    try:
        client.wait("told", timeout=60)
    except JobFailed:
        pass
    page = tab(logview("told").address + "#side=status")
    page.until("document.querySelector('.panel dl')?.innerText.includes('FAILED')", "the status")
    assert "API_KEY" in page.text(".panel pre") and "told-master-0" not in page.text(".panel table")
    page.js("[...document.querySelectorAll('[role=tab]')].find(one => one.textContent === 'Why').click()")
    page.until("document.querySelector('.causes')?.innerText.includes('exited with 3')", "the reason")
    page.js("[...document.querySelectorAll('[role=tab]')].find(one => one.textContent === 'Events').click()")
    page.until("document.querySelector('.events')", "events")
    said = [page.js("document.documentElement.innerHTML")]
    said += [
        page.js(f"fetch('api/{path}').then(one => one.text())") for path in ("state", "facts", "why", "events", "endpoints", "lines?n=50")
    ]
    assert not any("hunter2" in text for text in said)


def test_with_the_rights_of_one_namespace(client: ArenaClient, namespace: str, gate: Gate, tab: Callable[..., Tab]) -> None:
    """Events, Services and the log of a pod are forbidden: what can be read is shown, and the rest is named."""
    submit(client, "mine", "print('seen')", workers=2)
    client.wait("mine", timeout=60)
    gate.allowed = rf"/version|/apis?|/apis/kubeflow.org/v1/namespaces/{namespace}/pytorchjobs(/mine)?|/api/v1/namespaces/{namespace}/pods(/mine-master-0(/log)?)?"
    with ArenaClient(kubeconfig=gate.kubeconfig, namespace=namespace) as bob:
        page = Page(bob, [bob.get("mine")])
        page.start()
        try:
            shown = tab(page.server.address + "#side=events")
            shown.until(
                "document.querySelector('.notice')?.innerText.includes('worker-0: its log cannot be read')", "the log that is forbidden"
            )
            assert shown.rows() == ["seen"]
            shown.until(
                "document.querySelector('.panel .notice')?.innerText.includes('no permission: events')", "that events are forbidden"
            )
        finally:
            page.close()


def test_a_job_that_runs_and_is_restarted(
    client: ArenaClient, logview: Callable[..., Any], tab: Callable[..., Tab], tmp_path: Path
) -> None:
    """New lines come by themselves; a run before a restart is read when it is asked for, and has its own chip."""
    code = (
        "import os, pathlib, sys, time\n"
        f"first, go = pathlib.Path({str(tmp_path / 'first')!r}), pathlib.Path({str(tmp_path / 'go')!r})\n"
        "if not first.exists(): first.touch(); print('of the first run', flush=True); sys.exit(1)\n"
        "print('of the second run', flush=True)\n"
        "while not go.exists(): time.sleep(0.05)\n"
        "print('at last', flush=True)\n"
    )
    submit(client, "again", code, workers=1, retry=1)
    end = time.monotonic() + 60
    while not any(i.restarts and i.phase == "Running" for i in client.get("again").status.instances):
        assert time.monotonic() < end
        time.sleep(0.1)
    page = tab(logview("again").address)
    page.until("[...document.querySelectorAll('.row .text')].at(-1).textContent === 'of the second run'")
    (tmp_path / "go").touch()
    page.until("[...document.querySelectorAll('.row .text')].at(-1).textContent === 'at last'", "the line that is new")
    if "of the first run" not in page.rows():
        page.press("p")
        page.until("document.querySelectorAll('.chip').length === 3", "the chip of the run before")
        page.until("document.querySelector('.row .text').textContent === 'of the first run'", "the run before, in its place")
    page.until("document.querySelector('h1').innerText.includes('SUCCEEDED')", "the end")


def test_several_jobs(client: ArenaClient, logview: Callable[..., Any], tab: Callable[..., Tab]) -> None:
    for name in ("one", "two"):
        submit(client, name, f"print('this is {name}')", workers=1, labels={"team": "a"})
    for name in ("one", "two"):
        client.wait(name, timeout=60)
    page = tab(logview("-l", "team=a").address)
    page.until("document.querySelector('output.total')?.innerText.startsWith('2 ')", "the lines of both")
    page.until("document.querySelectorAll('.who').length === 2", "whose they are")
    assert sorted(page.js("[...document.querySelectorAll('.who')].map(one => one.textContent)")) == ["one/master-0", "two/master-0"]
    assert sorted(page.rows()) == ["this is one", "this is two"]
