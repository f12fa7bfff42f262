"""``arena logview`` of a job that is gone: the lines that the history kept, and that it is gone."""

from __future__ import annotations

import json
import signal
import urllib.request
from typing import Any


def ask(address: str, path: str) -> Any:
    with urllib.request.urlopen(f"{address.rstrip('/')}/{path}", timeout=20) as answer:
        return json.loads(answer.read())


def test_the_page_of_a_job_that_is_gone(arena: Any) -> None:
    assert arena("submit", "job", "--name", "gone", "--image", "i", "--wait", "echo one; echo two; exit 3").code == 20
    assert arena("delete", "gone").code == 0
    assert arena("logview", "never", "--no-open").code == 3
    process = arena.popen("logview", "gone", "--no-open")
    try:
        address = process.stdout.readline().strip()
        rows = ask(address, "api/lines?at=0&n=9")["rows"]
        assert [row[3] for row in rows] == ["one", "two"]
        (job,) = ask(address, "api/state")["jobs"]
        assert (job["name"], job["phase"], job["read"]) == ("gone", "FAILED", True)
        assert "these are the lines that the history kept of it" in job["errors"][0]
        assert ask(address, "api/search?q=two&at=0")["count"] == 1
        assert "exited with 3" in ask(address, "api/why?j=0")["causes"][0]["message"]
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
        process.communicate()
