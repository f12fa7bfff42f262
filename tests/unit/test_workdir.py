"""``--workdir``: which files go along, what is refused, that the same content is the same archive, and what every job type makes of it."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import tarfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from arena_core.args import parse, to_job_file
from arena_core.cli.bringing import push
from arena_core.contract.errors import InvalidArguments
from arena_core.families.args import SubmitArgs
from arena_core.usecases.folders import Brought
from arena_core.workdir.checks import notes, problems
from arena_core.workdir.ignore import Ignored
from arena_core.workdir.last import packed
from arena_core.workdir.listing import listing
from arena_core.workdir.pack import pack

MINIMAL: dict[str, Any] = {"name": "x", "image": "i", "command": "true"}
GIT = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]


def tree(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir() if name.endswith("/") else path.write_text(name)
    return root


def along(root: Path) -> list[str]:
    return [entry.path + "/" * entry.folder for entry in listing(str(root)).entries]


def git(root: Path, *words: str) -> None:
    subprocess.run([*GIT, *words], cwd=root, check=True, capture_output=True)


def test_a_folder_without_git(tmp_path: Path) -> None:
    tree(
        tmp_path,
        "a.py",
        "b/c.py",
        "b/c.log",
        "b/keep.log",
        "out/x",
        "empty/",
        ".git/HEAD",
        "__pycache__/a.pyc",
        "venv/pyvenv.cfg",
        "venv/x",
    )
    (tmp_path / ".gitignore").write_text("*.log\n/out/\n")
    (tmp_path / "b" / ".gitignore").write_text("!keep.log\n")
    (tmp_path / ".arenaignore").write_text("a.py\n")
    assert along(tmp_path) == [".arenaignore", ".gitignore", "b/", "b/.gitignore", "b/c.py", "b/keep.log", "empty/"]


def test_a_checkout(tmp_path: Path) -> None:
    """Tracked files go along though a pattern fits them, removed ones do not; folders inside and checkouts inside are seen through."""
    tree(tmp_path, "sub/a.py", "sub/b.log", "sub/new.py", "sub/gone.py", "sub/big.bin", "sub/empty/", "sub/inner/x.py", "other.py")
    (tmp_path / ".gitignore").write_text("*.log\n")
    git(tmp_path, "init", "-q")
    git(tmp_path / "sub" / "inner", "init", "-q")
    git(tmp_path, "add", "-f", "sub/b.log", "sub/a.py", "sub/gone.py", "sub/big.bin")
    (tmp_path / "sub" / "gone.py").unlink()
    (tmp_path / "sub" / ".arenaignore").write_text("big.*\n")
    found = along(tmp_path / "sub")
    assert found == [".arenaignore", "a.py", "b.log", "empty/", "inner/", "inner/x.py", "new.py"]


WORD = st.sampled_from(["a", "b", "ab", "*", "a*", "?", "**", "[ab]", "[!a]", "*.b", "\\*", "a ", "[a-b]x"])
LINE = st.builds(
    lambda bang, lead, words, tail: bang + lead + "/".join(words) + tail,
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "", "/"]),
    st.lists(WORD, min_size=1, max_size=3),
    st.sampled_from(["", "", "/", "  "]),
)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("checkout")
    names = ["a", "b", "ab", "x.b", "d/a", "d/b", "d/ab", "d/e/a", "d/e/x.b", "d/e/f/b", "ax/b/a", "bx/ab/b", "d/*", "b x"]
    tree(root, *(name + ".f" if name in ("a", "d") else name for name in names))
    git(root, "init", "-q")
    return root


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@example(lines=["a"], inner=["!/**"])
@given(lines=st.lists(LINE, min_size=1, max_size=4), inner=st.lists(LINE, max_size=2))
def test_patterns_mean_what_they_mean_to_git(checkout: Path, lines: list[str], inner: list[str]) -> None:
    (checkout / ".gitignore").write_text("\n".join(lines) + "\n")
    (checkout / "d" / ".gitignore").write_text("\n".join(inner) + "\n")
    told = subprocess.run(["git", "ls-files", "-o", "-z", "--exclude-standard"], cwd=checkout, check=True, capture_output=True).stdout
    wanted = {name for name in told.decode().split("\0") if name}
    ignored = Ignored([".gitignore"])
    files = [str(p.relative_to(checkout)) for p in checkout.rglob("*") if p.is_file() and ".git" not in p.relative_to(checkout).parts]
    assert {name for name in files if not ignored.leaves_out(str(checkout), name)} == wanted


def test_same_content_same_archive(tmp_path: Path) -> None:
    """Times and places of the files do not matter; bytes, names, modes and links do."""
    one, two = tree(tmp_path / "1", "b/c", "a", "e/"), tree(tmp_path / "2", "a", "e/", "b/c")
    for root in (one, two):
        (root / "link").symlink_to("b/c")
        (root / "b" / "c").chmod(0o750)
        (root / "raw").write_bytes(bytes(range(256)))
    os.utime(two / "a", (1, 1))
    first, second = pack(listing(str(one))), pack(listing(str(two)))
    assert first.digest == second.digest
    assert first.content() == second.content()
    with tarfile.open(fileobj=io.BytesIO(first.content())) as archive:
        members = [(m.name, oct(m.mode), m.linkname, m.isdir()) for m in archive]
    assert members == [
        ("a", "0o644", "", False),
        ("b", "0o755", "", True),
        ("b/c", "0o750", "", False),
        ("e", "0o755", "", True),
        ("link", "0o777", "b/c", False),
        ("raw", "0o644", "", False),
    ]
    (two / "b" / "c").chmod(0o755)
    assert pack(listing(str(two))).digest != first.digest


def test_unchanged_it_is_packed_once(tmp_path: Path) -> None:
    """The jobs of a sweep share what was packed; a change is seen."""
    tree(tmp_path, "a")
    first = packed(str(tmp_path), lambda found: [])
    assert packed(str(tmp_path), lambda found: []) is first
    (tmp_path / "a").write_text("other")
    assert packed(str(tmp_path), lambda found: []) is not first


def test_links_that_leave_are_refused_by_name(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", "a", "d/e/b")
    tree(tmp_path, "outside")
    links = {"in": "a", "d/up": "../a", "gone": "nowhere", "out": "../outside", "abs": "/etc/hostname", "d/here": str(root / "a")}
    for name, target in links.items():
        (root / name).symlink_to(target)
    (root / "d" / "top").symlink_to("..")
    (root / "tricky").symlink_to("d/top/../outside")  # d/outside to who reads it, ../outside to who follows it
    found = listing(str(root))
    assert sorted(text.split(" ")[2] for text, _ in problems(found, 1000)) == ["abs", "d/here", "out", "tricky"]
    for name in ("abs", "d/here", "out", "tricky"):
        (root / name).unlink()
    assert list(problems(listing(str(root)), 1000)) == []
    assert list(notes(listing(str(root)))) == ["gone: what the link means does not go along"]


def test_too_much_names_the_largest(tmp_path: Path) -> None:
    root = tree(tmp_path, "small")
    (root / "model.pt").write_bytes(b"0" * 3_000_000)
    ((text, hint),) = problems(listing(str(root)), 1 << 20)
    assert "2.9 MiB, more than the limit of 1 MiB; the largest files: model.pt (2.9 MiB), small (5 bytes)" in text
    assert "--workdir-limit" in hint
    with pytest.raises(InvalidArguments, match=r"model\.pt"):
        parse(SubmitArgs, {**MINIMAL, "workdir": str(root), "workdir_limit": "1Mi"})


def test_secrets_are_named_and_sockets_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tree(tmp_path, ".env", "conf/id_rsa", "conf/id_rsa.pub", "kubeconfig", "train.py", ".env.example")
    monkeypatch.chdir(root)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("s")
        first, second = notes(listing(str(root)))
    assert first.startswith(".env, conf/id_rsa, kubeconfig may hold secrets")
    assert second == "s: no file, stays here"


def test_names_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9")).write_text("x")
    with tarfile.open(fileobj=io.BytesIO(pack(listing(str(tmp_path))).content()), errors="surrogateescape") as archive:
        found = [os.fsencode(m.name) for m in archive]
    assert found == [b"caf\xe9"]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"workdir": "/no/such"}, "does not exist"),
        ({"workdir": "/etc/hostname"}, "is no folder"),
        ({"workdir_image": "tar:1"}, "without --workdir"),
        ({"workdir_limit": "1Gi"}, "without --workdir"),
        ({"workdir": ".", "working_dir": "/"}, "'/' cannot be"),
        ({"workdir": ".", "sync_mode": "git", "sync_source": "https://h/p.git"}, "both bring code"),
        ({"workdir": ".", "data": ["c:/workdir"]}, "mounted twice"),
    ],
)
def test_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raw: dict[str, Any], said: str) -> None:
    monkeypatch.chdir(tree(tmp_path, "a"))
    with pytest.raises(InvalidArguments) as caught:
        parse(SubmitArgs, {**MINIMAL, **raw})
    assert said in " ".join(problem.message for problem in caught.value.problems)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidArguments) as caught:
        parse(SubmitArgs, {**MINIMAL, "workdir": str(tmp_path)})
    assert "holds no file" in caught.value.problems[0].message


def test_a_job_file_names_the_folder(tmp_path: Path) -> None:
    args = parse(SubmitArgs, {**MINIMAL, "workdir": str(tree(tmp_path, "a"))})
    assert to_job_file("pytorchjob", args)["workdir"] == str(tmp_path)
    assert args.start_dir == "/workdir"
    assert parse(SubmitArgs, {**MINIMAL, "workdir": str(tmp_path), "working_dir": "/w"}).start_dir == "/w"


def test_interrupted_it_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    def push_workdir(name: str, folder: str, *, job_type: str, tell: Any) -> None:
        tell(Brought(1, 3))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        push(SimpleNamespace(client=SimpleNamespace(push_workdir=push_workdir)), "big", "/f", "job")  # type: ignore[arg-type]
    assert "2 of 3 instances have no working directory yet: `arena workdir push big` brings it" in capsys.readouterr().err
