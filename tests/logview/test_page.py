"""The page of ``arena logview`` in a real browser, over real jobs of the local cluster."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from arena_core.client import ArenaClient
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
    assert "talk" in page.text("h1") and "SUCCEEDED" in page.text("h1")
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
