"""Who may ask the server of the page, and for what."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator

import pytest

from arena_core.cli.logview.page import Page
from arena_core.contract.types import Cause
from tests.logview import synthetic


@pytest.fixture
def page() -> Iterator[Page]:
    made = synthetic.page()
    made.start()
    yield made
    made.close()


def ask(page: Page, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", page.server.port, timeout=20)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return found


def test_nothing_without_the_secret(page: Page) -> None:
    secret = page.server.secret
    for path in (
        "/",
        "/api/state",
        f"/{secret[:-1]}/",
        f"/{secret}x/api/state",
        "//",
        f"/x/{secret}/",
        "/../etc/passwd",
        f"/%2e/{secret}/",
    ):
        status, _, body = ask(page, path)
        assert status == 404 and secret.encode() not in body, path
    status, headers, body = ask(page, f"/{secret}/")
    assert status == 200 and b'<script type="module" src="app.js">' in body
    policy = headers["content-security-policy"]
    assert (
        "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    )
    assert headers["referrer-policy"] == "no-referrer" and headers["cache-control"] == "no-store"


def test_no_file_but_those_of_the_page(page: Page) -> None:
    for path in (
        "../board.py",
        "..%2fboard.py",
        "vendor/../../board.py",
        "vendor/",
        "vendor",
        "board.py",
        "/etc/passwd",
        "vendor/LICENSE.htm",
    ):
        assert ask(page, f"/{page.server.secret}/{path}")[0] == 404, path
    assert ask(page, f"/{page.server.secret}/vendor/uplot.js")[0] == 200


def test_no_other_host_and_no_other_site(page: Page) -> None:
    """A name that an attacker's server leads here (DNS rebinding) is another host; another page of the browser is another site."""
    path, own = f"/{page.server.secret}/api/state", f"127.0.0.1:{page.server.port}"
    for host in ("evil.example", f"evil.example:{page.server.port}", "127.0.0.1", "localhost.evil.example", ""):
        assert ask(page, path, Host=host)[0] == 403, host
    for origin in ("https://evil.example", "null", f"https://{own}", "http://127.0.0.1:1"):
        assert ask(page, path, Origin=origin)[0] == 403, origin
    assert ask(page, path, Origin=f"http://{own}")[0] == 200
    assert ask(page, path, Host=f"localhost:{page.server.port}", Origin=f"http://localhost:{page.server.port}")[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_it_can_only_be_read(page: Page, method: str) -> None:
    status, headers, _ = ask(page, f"/{page.server.secret}/api/state", method)
    assert status == 405 and headers["allow"] == "GET, HEAD"


def test_the_address_for_the_browser_works_once(page: Page) -> None:
    ticket = page.server.ticket().rpartition("/")[2]
    status, headers, _ = ask(page, f"/{ticket}")
    assert status == 303 and headers["location"] == f"/{page.server.secret}/"
    assert ask(page, f"/{ticket}")[0] == 404


@pytest.mark.parametrize(
    "query",
    ["at=x", "s=a", "anchor=1", "anchor=a.b.c", "n=" + "9" * 30, "s=5-", "s=3--4", "f=(&fm=r", "at=-99999999999", "n=-5", "s=" + "9" * 40],
)
def test_odd_questions_are_refused_or_answered_but_never_a_bug(page: Page, query: str) -> None:
    for path in ("lines", "search", "row", "line", "metrics", "facts", "download", "previous"):
        status, _, body = ask(page, f"/{page.server.secret}/api/{path}?{query}&q=a")
        assert status in (200, 400, 502), (path, body)


def test_a_hostile_text_does_not_become_markup_or_a_command_of_the_terminal(page: Page) -> None:
    page.store.append(page.store.sources[0], [(2 * 10**18, b"\x1b]0;title\x07\x1b[2J<b>\xff\x9b\n")])
    shown = json.loads(ask(page, f"/{page.server.secret}/api/lines?end=1&n=1")[2])["rows"][0][3]
    assert "<b>" in shown and "\x1b" not in shown and "title" not in shown


def test_what_is_downloaded_is_what_is_listed(page: Page) -> None:
    status, headers, body = ask(page, f"/{page.server.secret}/api/download?s=0,2&f=step+1&times=1")
    lines = body.decode().splitlines()
    assert status == 200 and headers["content-disposition"] == 'attachment; filename="mnist.log"'
    wanted = [at for at in range(300) if synthetic.text(1, at).startswith("epoch") and str(at + 1).startswith("1")]
    assert len([line for line in lines if " worker-1 " in line]) == len([at for at in wanted if at != 120])
    assert {line.split()[1] for line in lines} == {"master-0", "worker-1"} and "\x1b" not in body.decode()
    assert lines == sorted(lines, key=lambda line: line.split()[0]) and lines[0].split()[0].endswith("Z")


def test_no_secret_is_passed_on(page: Page) -> None:
    """Texts of the cluster go through what hides secrets: they end up in screenshots."""
    page.board.tell(0, "note", "cannot fetch https://me:hunter2@host/x, Bearer abcdefghijk")
    page.beside._client.causes[0] = Cause("see http://a:hunter2@b/", "-H 'Authorization: Bearer abcdefghijk'")  # type: ignore[attr-defined]
    for path in ("state", "why"):
        body = ask(page, f"/{page.server.secret}/api/{path}")[2].decode()
        assert "hunter2" not in body and "abcdefghijk" not in body and "***" in body
