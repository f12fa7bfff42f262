"""``--notify``: the end of a job is told once, by whoever sees it first, and never stops a command."""

from __future__ import annotations

import json
import multiprocessing
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from arena_core.cli.printed import schema_of_command
from arena_core.contract.errors import UsageError
from arena_core.history import claims
from arena_core.history.journal import Journal
from arena_core.usecases import notify

ID = "a" * 32
SAID = {"name": "x", "status": "FAILED", "message": "$(touch pwned); `id`\n", "exitCodes": {"worker-0": 3}}


class Hook:
    """A server that keeps what is posted to it, and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.answers: list[int] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                hook.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(hook.answers.pop(0) if hook.answers else 204)
                self.end_headers()

            def log_message(self, *words: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/secret-path"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_command_gets_variables_and_json_and_no_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    script = tmp_path / "told"
    script.write_text(
        '#!/bin/sh\necho "$1|$ARENA_JOB_NAME|$ARENA_JOB_STATUS|$ARENA_JOB_EXITCODES" > out; cat > in.json\n', encoding="utf-8"
    )
    script.chmod(0o755)
    assert notify.send(f"{script} 'a b; touch pwned'", SAID) == ""
    assert (tmp_path / "out").read_text() == "a b; touch pwned|x|FAILED|worker-0=3\n"
    assert json.loads((tmp_path / "in.json").read_text()) == SAID and not (tmp_path / "pwned").exists()
    assert "it ended with 3 (oh)" in notify.send("sh -c 'echo oh >&2; exit 3'", SAID)
    assert notify.send("/no/such/program", SAID) == "No such file or directory"
    monkeypatch.setattr(notify, "COMMAND_TIME", 0.2)
    assert notify.send("sleep 5", SAID) == "it did not end within 0.2 s"


def test_an_address_gets_a_post_and_one_more_try(hook: Hook) -> None:
    hook.answers = [503]
    assert notify.send(hook.url, SAID) == "" and hook.got == [SAID, SAID]
    hook.answers = [404]
    assert notify.send(hook.url, SAID) == "it answered 404" and len(hook.got) == 3
    hook.answers = [500, 500]
    assert notify.send(hook.url, SAID) == "it answered 500" and len(hook.got) == 5
    assert notify.shown(hook.url) == "http://127.0.0.1", "what may be a secret is not shown"


@pytest.mark.parametrize("target", ["", "'", "/no/such/program", "no-such-program-here x", "https://", "http://[x/"])
def test_what_cannot_be_told_is_refused_at_submit(target: str) -> None:
    with pytest.raises(UsageError, match="--notify: "):
        notify.check(target)


def _claim(folder: str, number: int) -> list[int]:
    journal = Journal(folder)
    return [job for job in range(20) if claims.claim(journal, f"{job:032x}", "https://x/secret")]


def test_many_terminals_at_once_tell_each_end_once(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        won = pool.starmap(_claim, [(str(tmp_path), number) for number in range(3)])
    assert sorted(job for jobs in won for job in jobs) == list(range(20))
    assert b"secret" not in (tmp_path / "told.db").read_bytes()


def test_who_is_told_is_kept_for_the_owner_alone_and_the_configuration_is_told_too(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path), notify=("https://site/hook", "mine"))
    claims.keep(journal, ID, ["mine", "https://x/y"])
    assert claims.targets(journal, ID) == ["mine", "https://x/y", "https://site/hook"]
    assert (tmp_path / "notify" / ID).stat().st_mode & 0o077 == 0
    claims.forget(journal, ID)
    assert claims.targets(journal, ID) == ["https://site/hook", "mine"]


def test_from_submit_to_the_end(arena: Any, hook: Hook) -> None:
    out = arena.home / "told"
    command = f"sh -c 'echo $ARENA_JOB_NAME $ARENA_JOB_STATUS >> {out}'"
    (arena.home / "arena").mkdir()
    (arena.home / "arena/config.yaml").write_text(f"notify: [{hook.url}]\n", encoding="utf-8")
    job = ("submit", "job", "--image", "x", "--name")
    assert arena(*job, "told", "--notify", command, "--wait", "--timeout", "60s", "exit 3").code == 20
    assert arena(*job, "quiet", "--notify", "false", "true").code == 0
    done = arena("wait", "quiet", "--timeout", "60s")
    assert done.code == 0 and done.err.count("note: false was not told that quiet has ended: it ended with 1") == 1
    for words in (("list",), ("get", "told"), ("logs", "told"), ("wait", "told"), ("watchdog", "--once")):
        assert "was not told" not in arena(*words).err
    assert out.read_text() == "told FAILED\n"
    (first, second) = hook.got
    assert (first["name"], first["status"], first["event"]) == ("told", "FAILED", "job-finished")
    assert list(first["exitCodes"].values()) == [3] and first["ended"] and first["type"] == "job"
    assert (second["name"], second["status"]) == ("quiet", "SUCCEEDED")


def test_the_watchdog_tells_of_what_nobody_looked_at(arena: Any, hook: Hook) -> None:
    for name, command in (("short", "true"), ("long", "sleep 600"), ("gone", "sleep 600")):
        assert arena("submit", "job", "--image", "x", "--name", name, "--notify", hook.url, command).code == 0
    said = ""
    for _ in range(100):
        done = arena("watchdog", "--once", "-o", "jsonl")
        assert done.code == 0, done.err
        said += done.out
        if hook.got:
            break
    assert [one["name"] for one in hook.got] == ["short"] and "2 jobs have not ended" in done.err
    data, schema = json.loads(said), schema_of_command(["watchdog"])
    jsonschema.validate([data], schema)
    assert (data["name"], data["status"]) == ("short", "SUCCEEDED")
    assert arena("watchdog", "--once").out == "" and arena("watchdog", "--once", "-o", "json").out == "[]\n"
    assert arena("watchdog", "-o", "json").code == 2, "what never ends is no document"
    arena("delete", "long", "gone")
    assert arena("watchdog", "--once").err == "" and len(hook.got) == 1, "who deletes a job knows it"


def test_without_a_history_it_is_refused(arena: Any) -> None:
    (arena.home / "arena").mkdir()
    (arena.home / "arena/config.yaml").write_text("history: off\n", encoding="utf-8")
    done = arena("submit", "job", "--image", "x", "--name", "x", "--notify", "true", "true")
    assert done.code == 2 and "the history is switched off" in done.err and "the history is switched off" in arena("watchdog", "--once").err
