"""Where MLflow is, who one is there, and what goes wrong, without a server of MLflow: no secret is ever shown."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.cli.main import main
from arena_core.contract.errors import ArenaError, UsageError
from arena_model import tags
from arena_model.server import Server, server_of


def named(address: str) -> Server:
    found = server_of(address, {})
    assert found is not None
    return found


class Answers(BaseHTTPRequestHandler):
    """Answers what the test says, and remembers the headers."""

    code, body, seen = 200, b"{}", []
    location = ""

    def do_GET(self) -> None:
        type(self).seen.append(dict(self.headers))
        self.send_response(self.code)
        if self.location:
            self.send_header("Location", self.location)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def answers() -> Iterator[Any]:
    class Mine(Answers):
        seen: list[dict[str, str]] = []

    server = HTTPServer(("127.0.0.1", 0), Mine)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    Mine.port = server.server_port  # type: ignore[attr-defined]
    yield Mine
    server.shutdown()
    thread.join()
    server.server_close()


def run(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["model", *words])
    out, err = capfd.readouterr()
    return code, out, err


def test_credentials_go_to_the_server_and_nowhere_else(
    answers: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    where = f"http://127.0.0.1:{answers.port}"
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "t0ken")
    assert run(capfd, "list", "--tracking-uri", where)[0] == 0
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "me")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "s3cret")
    assert run(capfd, "list", "--tracking-uri", where)[0] == 0
    assert run(capfd, "list", "--tracking-uri", f"http://you:p%40ss@127.0.0.1:{answers.port}/")[0] == 0
    basic = ["Basic " + base64.b64encode(text).decode() for text in (b"me:s3cret", b"you:p@ss")]
    assert [headers.get("Authorization") for headers in answers.seen] == ["Bearer t0ken", *basic]


@pytest.mark.parametrize(
    ("code", "body", "exit_code", "told"),
    [
        (401, b"You are not authenticated", 5, "refuses this: it answered 401"),
        (403, b'{"error_code": "PERMISSION_DENIED", "message": "Permission denied"}', 5, "Permission denied"),
        (404, b"<html>", 1, "answered 404"),
        (200, b"<html>a portal</html>", 1, "does not answer as MLflow does"),
        (200, b"[]", 1, "does not answer as MLflow does"),
        (500, b'{"error_code": "INTERNAL_ERROR", "message": "out\\nof memory"}', 1, "MLflow: out of memory"),
        (302, b"", 1, "answered 302"),
    ],
)
def test_other_answers(answers: Any, monkeypatch: Any, capfd: Any, code: int, body: bytes, exit_code: int, told: str) -> None:
    answers.code, answers.body = code, body
    answers.location = f"http://localhost:{answers.port}/elsewhere" if code == 302 else ""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://me:s3cret@127.0.0.1:{answers.port}")
    found, out, err = run(capfd, "list")
    assert (found, out) == (exit_code, "") and told in err, err
    assert "s3cret" not in err and len(answers.seen) == 1, "and nothing follows a redirection"


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("", "where is MLflow?"),
        ("mlflow.example.com", "not one of an HTTP server"),
        ("file:///tmp/mlruns", "not one of an HTTP server"),
        ("http://", "not one of an HTTP server"),
        ("http://h:99999", "cannot be read"),
        ("http://[::1", "cannot be read"),
        ("http://h/?x=s3cret", "not one of an HTTP server"),
        ("http://me:s3cret@127.0.0.1:1", "cannot be reached"),
    ],
)
def test_addresses(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Any, address: str, told: str) -> None:
    monkeypatch.setenv("ARENA_HOME", str(tmp_path))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    code, out, err = run(capfd, "list")
    assert code in (2, 6) and out == "" and told in err and "s3cret" not in err, err


def test_the_configuration_names_a_server(
    answers: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    monkeypatch.setenv("ARENA_HOME", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "config").write_text(f"mlflow_tracking_uri=http://127.0.0.1:{answers.port}\n")
    assert run(capfd, "list")[0] == 0 and len(answers.seen) == 1


@pytest.mark.parametrize("name", ["MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_PASSWORD"])
def test_a_secret_with_a_line_break_is_named_and_not_shown(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        server_of("http://h", {name: "s3cret\nx"})
    assert name in caught.value.message and "s3cret" not in str(caught.value)
    assert "s3cret" not in repr(named("http://u:s3cret@h"))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("get",), "which model?"),
        (("get", "a", "--name", "b"), "two models are named"),
        (("get", "a", "--version", "x"), "is no number of a version"),
        (("create", "a"), "--source is required"),
        (("create", "a", "--source", "s", "--version", "3"), "numbers versions itself"),
        (("create", "a", "--source", "s", "--tags", "=b"), "has no key"),
        (("update", "a"), "what is to change?"),
        (("update", "a", "--version-tags", "a=b"), "need --version N"),
        (("list", "-o", "xml"), "not one of wide"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_asked(capfd: pytest.CaptureFixture[str], words: tuple[str, ...], told: str) -> None:
    code, out, err = run(capfd, *words)
    assert (code, out) == (2, "") and told in err


@given(
    st.dictionaries(
        st.text(st.characters(exclude_characters=",=-", categories=["L", "N"]), min_size=1),
        st.text(st.characters(exclude_characters=",", categories=["L", "N", "P"])),
    )
)
def test_tags_are_read_as_they_are_written(found: dict[str, str]) -> None:
    text = ",".join(f"{key}={value}" for key, value in found.items())
    assert tags.given([text], "--tags") == {key: value.strip() for key, value in found.items()}


def test_an_error_is_one_of_ours() -> None:
    with pytest.raises(ArenaError):
        named("http://127.0.0.1:1").call("GET", "x")
