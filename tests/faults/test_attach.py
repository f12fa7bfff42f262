"""attach against what a real cluster demands, and against connections that break (R1, A9, S9, R9)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from arena_core.contract.errors import ClusterUnreachable
from arena_core.kube import streams
from arena_core.kube.nodes import NodeSilent
from tests.faults import faults
from tests.faults.proxy import Exchange, FaultProxy

EXEC = "/exec$"


@pytest.fixture
def running(arena: Any) -> Any:
    arena.submit("dummy", {"name": "j", "image": "x", "command": "trap exit TERM; echo up; sleep 600 & wait"})
    arena.wait("j", "running", timeout=60)
    return arena.get("j")


@pytest.fixture
def attach(proxy: FaultProxy, namespace: str, tmp_path: Path) -> Any:
    """Run `arena attach j …` as a user does."""
    config = proxy.kubeconfig(tmp_path, namespace=namespace)
    # The job type of these tests is not installed, so it is added as a test does.
    program = (
        "import sys; from arena_core.registry import Registry; from arena_core.testing import dummy\n"
        "first = Registry.__init__\n"
        "def init(self, *a, **k):\n    first(self, *a, **k)\n    self.add(dummy)\n"
        "Registry.__init__ = init\n"
        "from arena_core.cli.start import start; sys.exit(start())"
    )

    def run(*words: str, stdin: bytes = b"", timeout: float = 60) -> subprocess.CompletedProcess[bytes]:
        environment = os.environ | {"KUBECONFIG": str(config), "ARENA_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)}
        command = [sys.executable, "-c", program, "attach", "j", *words]
        return subprocess.run(command, input=stdin, capture_output=True, timeout=timeout, env=environment)

    return run


def output(session: Any) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while (piece := session.read()) is not None:
        found[piece[0]] = found.get(piece[0], b"") + piece[1]
    session.close()
    return found


def test_the_upgrade_accepts_anything_as_the_api_server_demands(arena: Any, running: Any, proxy: FaultProxy) -> None:
    """R1: a real server answers 406 to an upgrade that says `Accept: application/json`."""

    def strict(exchange: Exchange) -> None:
        if exchange.request.headers.get("Accept", "*/*") != "*/*":
            faults.answer(406, "only the following media types are accepted: */*", reason="NotAcceptable")(exchange)
        else:
            exchange.tunnel()

    proxy.add(strict, path=EXEC)
    session = arena.exec(running, ["sh", "-c", "echo out; echo err >&2; exit 7"])
    assert output(session) == {1: b"out\n", 2: b"err\n"} and session.exit_code == 7
    asked = next(r for r in proxy.requests if r.path.endswith("/exec"))
    assert asked.headers["Sec-Websocket-Protocol"] == "v5.channel.k8s.io, v4.channel.k8s.io"
    assert "Accept" not in asked.headers and "Origin" not in asked.headers


def test_a_lot_of_input_is_masked_quickly(arena: Any, running: Any) -> None:
    """R1: 20 MB through Python's own loop over bytes took many seconds."""
    data = os.urandom(1 << 20) * 20
    session = arena.exec(running, ["sh", "-c", "wc -c"], stdin=True)

    def feed() -> None:
        for at in range(0, len(data), 65536):
            session.write(data[at : at + 65536])
        session.close_stdin()

    start = time.process_time()
    writer = threading.Thread(target=feed)
    writer.start()
    assert output(session)[1].strip() == str(len(data)).encode()
    writer.join()
    assert time.process_time() - start < 4


def test_a_program_that_is_not_there_is_named_with_the_code_of_a_shell(running: Any, attach: Any) -> None:
    """A9: nothing was printed, and the code was 1."""
    done = attach("--", "nosuchprogram")
    assert done.returncode == 127, done
    assert b"nosuchprogram" in done.stderr and b"Traceback" not in done.stderr
    assert attach("--", "sh", "-c", "exit 127").stderr.strip() == b""


def test_a_loop_keeps_its_input(running: Any, attach: Any) -> None:
    """A9: `while read; do arena attach …; done` lost the rest of the list."""
    done = attach("--no-stdin", "--", "sh", "-c", "cat; echo read nothing", stdin=b"two\nthree\n")
    assert (done.returncode, done.stdout) == (0, b"read nothing\n"), done
    assert attach("--", "cat", stdin=b"two\nthree\n").stdout == b"two\nthree\n"
    refused = attach("--no-stdin")
    assert refused.returncode == 2 and b"--no-stdin needs a command" in refused.stderr


def test_an_old_server_cannot_be_told_the_end_of_input(running: Any, attach: Any, proxy: FaultProxy) -> None:
    """A9: with v4 alone the command hung without a word."""

    def old(exchange: Exchange) -> None:
        exchange.request.headers["Sec-Websocket-Protocol"] = "v4.channel.k8s.io"
        exchange.tunnel()

    proxy.add(old, path=EXEC)
    done = attach("--", "sh", "-c", "read a; echo got $a", stdin=b"one\n")
    assert (done.returncode, done.stdout) == (0, b"got one\n")
    assert b"too old to be told" in done.stderr


def test_a_silent_server_is_not_waited_for_for_ever(arena: Any, running: Any, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """S9: attach hung for ever."""
    monkeypatch.setattr(streams, "OPEN_TIMEOUT", 0.5)
    proxy.add(faults.silent(), path=EXEC)
    with pytest.raises(ClusterUnreachable, match="does not answer in time"):
        arena.exec(running, ["true"])


def test_a_session_whose_other_side_is_gone_ends(arena: Any, running: Any, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """A9: pings keep a quiet session alive, and tell when there is nobody any more."""
    monkeypatch.setattr("arena_core.kube.frames.PING_EVERY", 0.1)
    monkeypatch.setattr("arena_core.kube.frames.DEAD_AFTER", 1.0)
    session = arena.exec(running, ["sh", "-c", "sleep 2; echo still here"])
    assert output(session) == {1: b"still here\n"}

    def black_hole(exchange: Exchange) -> None:
        exchange.send(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n"
        )
        exchange.pause(30)

    proxy.add(black_hole, path=EXEC)
    session = arena.exec(running, ["true"])
    assert session.read() is None and session.exit_code is None
    assert "not even an answer to a ping" in session.broken
    session.close()


def test_a_lost_connection_is_an_error(running: Any, attach: Any, proxy: FaultProxy) -> None:
    """How the command ended is not known then, and it is not said to have ended well."""

    def cut() -> None:
        while not any(r.path.endswith("/exec") for r in proxy.requests):
            time.sleep(0.05)
        time.sleep(0.5)
        proxy.cut()

    threading.Thread(target=cut, daemon=True).start()
    done = attach("--", "sh", "-c", "echo begun; sleep 60")
    assert done.returncode == 6 and b"how the command ended is not known" in done.stderr, done


def test_a_node_that_does_not_answer_is_named(arena: Any, running: Any, proxy: FaultProxy) -> None:
    """R9: "the API server failed (500): error dialing backend: dial tcp 10.0.0.1:10250"."""
    proxy.add(faults.answer(500, "error dialing backend: dial tcp 10.0.0.1:10250: connect: connection refused"), path=EXEC)
    with pytest.raises(NodeSilent, match=r"node \S+, where worker-0 runs, does not answer"):
        arena.exec(running, ["true"])


def test_an_opening_that_fails_is_one_clear_line(running: Any, attach: Any, proxy: FaultProxy) -> None:
    for fault in ("401", "403", "404", "500", "503", "portal", "redirect", "refused", "garbled", "empty-object"):
        proxy.clear()
        proxy.add(faults.EVERY[fault](), path=EXEC)
        done = attach("--", "true")
        text = done.stderr.decode()
        assert done.returncode not in (0, 1) and text.startswith("error: "), (fault, done.returncode, text)
        assert "Traceback" not in text and "this is a bug" not in text, (fault, text)


def test_exec_statuses_in_all_shapes() -> None:
    """The last word of a session is read whatever it looks like."""

    class Frames:
        start = staticmethod(lambda: None)

    def code(status: Any) -> tuple[int | None, bool]:
        session = streams.ExecSession(Frames(), "v5.channel.k8s.io")  # type: ignore[arg-type]
        session._status = streams._status(status if isinstance(status, bytes) else json.dumps(status).encode())
        return session.exit_code, session.not_started

    exited = {"status": "Failure", "details": {"causes": [{"reason": "ExitCode", "message": "7"}]}}
    assert code({"status": "Success"}) == (0, False)
    assert code(exited) == (7, False)
    assert code({"status": "Failure", "message": 'exec: "x": executable file not found in $PATH'}) == (127, True)
    assert code({"status": "Failure", "message": "fork/exec /x: permission denied"}) == (126, True)
    assert code({"status": "Failure", "details": {"causes": [{"reason": "ExitCode", "message": "²"}]}}) == (1, True)
    assert code({"status": "Failure", "details": []}) == (1, True)
    assert code(b"[1]") == (1, True) and code(b"\xff") == (1, True) and code(b"") == (1, True)
