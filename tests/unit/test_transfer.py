"""Files into a claim and out of one: what leads out is refused, and what did not arrive whole is never taken for whole."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.contract.errors import UsageError
from arena_core.usecases import transfer
from arena_core.usecases.copying import CopyFailed
from arena_core.usecases.helper import Helper, manifest


class Session:
    """A session in which a command says what it is told to, whatever it is sent."""

    def __init__(self, out: bytes = b"", err: bytes = b"", code: int | None = 0, broken: str = "") -> None:
        self._said = [(1, out[at : at + 1000]) for at in range(0, len(out), 1000)] + ([(2, err)] if err else [])
        self.exit_code, self.broken, self.message = code, broken, ""
        self.sent, self.closed = b"", False

    def read(self) -> tuple[int, bytes] | None:
        return self._said.pop(0) if self._said else None

    def write(self, data: bytes) -> None:
        self.sent += data

    def close_stdin(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True


def running(session: Any) -> Callable[[list[str]], Any]:
    return lambda command: session


def archive(*members: tuple[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                tar.addfile(info)
            else:
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def summed(data: bytes) -> bytes:
    return b"sha256 " + hashlib.sha256(data).hexdigest().encode() + b"\n"


def fetch(tmp_path: Path, session: Any) -> transfer.Moved:
    """Fetch, and look that nothing of the session is left: its connection and the thread that pings stayed for as long as the program."""
    try:
        return transfer.get(running(session), "", "x", tmp_path / "x", lambda done, total: None)
    finally:
        assert session.closed


def test_what_agrees_is_whole(tmp_path: Path) -> None:
    data = archive(("x/a", b"1"), ("x/b/c", b"22"), ("x/link", "b/c"))
    assert fetch(tmp_path, Session(data, summed(data))) == (2, 3)
    assert (tmp_path / "x" / "link").read_bytes() == b"22"


@pytest.mark.parametrize(
    ("session", "said"),
    [
        (Session(archive(("x/a", b"1")), summed(b"other")), "not what was sent"),
        (Session(archive(("x/a", b"1"))), "not what was sent"),
        (Session(archive(("x/a", b"1")), summed(archive(("x/a", b"1"))), code=2), "not whole"),
        (Session(archive(("x/a", b"1" * 3000))[:1600], broken="reset"), "broke off at x/a.*reset"),
        (Session(b"", b"it has no x there", code=4), "nothing was copied: it has no x there"),
    ],
)
def test_what_is_not_whole_is_said(tmp_path: Path, session: Any, said: str) -> None:
    with pytest.raises(CopyFailed, match=said):
        fetch(tmp_path, session)


@pytest.mark.parametrize(
    "members",
    [
        [("x/../../evil", b"1")],
        [("/evil", b"1")],
        [("x/out", "../../evil")],
        [("x/out", "/etc/passwd")],
        [("x/d", "/tmp"), ("x/d/evil", b"1")],
    ],
)
def test_nothing_is_written_outside(tmp_path: Path, members: list[Any]) -> None:
    """Names and links that lead out are left out and named; what goes through such a link lands in a folder of its name."""
    data = archive(("x/good", b"1"), *members)
    with pytest.raises(CopyFailed, match=r"all but this was copied|is a link"):
        fetch(tmp_path / "deep", Session(data, summed(data)))
    assert (tmp_path / "deep" / "x" / "good").read_bytes() == b"1"
    assert not [path for path in tmp_path.rglob("evil") if "d" not in path.parts[-2:]]
    assert not Path("/tmp/evil").exists()


def test_a_link_that_is_there_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "a").symlink_to("../mine")
    data = archive(("x/a", b"evil"))
    with pytest.raises(CopyFailed, match="is a link"):
        fetch(tmp_path, Session(data, summed(data)))
    assert (tmp_path / "mine").read_text() == "mine"


def test_the_length_is_known_before(tmp_path: Path) -> None:
    root = tmp_path / "src"
    (root / ("n" * 120)).mkdir(parents=True)
    for size in (0, 1, 511, 512, 513, 70_000):
        (root / ("n" * 120) / f"ü{size}").write_bytes(b"x" * size)
    (root / "link").symlink_to("n" * 120)
    found = transfer.members(root, "as")
    session = Session()
    with pytest.raises(CopyFailed, match="not what was sent"):  # nobody said a digest
        transfer.put(running(session), "", found, lambda done, total: None)
    assert len(session.sent) == transfer.length(found) and session.closed
    with tarfile.open(fileobj=io.BytesIO(session.sent)) as sent:
        assert {member.name for member in sent} == {info.name for _, info in found}


def test_links_that_lead_out_are_not_sent(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "out").symlink_to("../other")
    with pytest.raises(UsageError, match=r"nothing was sent: .*/src/out"):
        transfer.members(tmp_path / "src", "src")


@given(st.text("./a\0 ", max_size=12))
def test_no_path_leads_out_of_a_claim(path: str) -> None:
    try:
        found = transfer.inside("c", path)
    except UsageError:
        assert ".." in path.split("/") or "\0" in path
    else:
        assert not found.is_absolute()
        assert ".." not in found.parts


def test_the_pod_asks_for_little_and_ends_by_itself() -> None:
    pod = manifest("h", "c", Helper("i", lives=60), node="n", writes=False)
    spec, (container,) = pod["spec"], pod["spec"]["containers"]
    assert (spec["activeDeadlineSeconds"], spec["restartPolicy"], spec["automountServiceAccountToken"]) == (60, "Never", False)
    assert spec["volumes"][0]["persistentVolumeClaim"] == {"claimName": "c", "readOnly": True}
    assert container["volumeMounts"][0]["readOnly"] is True
    assert spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"][0]["matchFields"]
