"""What was submitted once: again (clone, retry), compared (diff), packed (bundle). Issue 14."""

from __future__ import annotations

import json
import tarfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.cli.commands.past.source import following
from arena_core.usecases.bundle import safe, write
from arena_core.usecases.compare import ABSENT, differences, neutral, same, told_by
from tests import planted

JOB = ("submit", "job", "--image", "python:3.11", "--name")


def test_a_clone_is_what_was_but_for_the_changes(arena: Any) -> None:
    assert arena(*JOB, "a", "--env", "LR=0.1", "--env", f"HF_TOKEN={planted.TOKEN}", "echo one").code == 0
    assert arena("wait", "a", "--timeout", "60s").code == 0
    built, _ = arena.popen("clone", "a", "--set", "env.LR=0.2", "--dry-run", "client", "-o", "json").communicate(timeout=90)
    job = json.loads(built)
    env = {one["name"]: one["value"] for one in job["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert (job["metadata"]["name"], env["LR"]) == ("a-2", "0.2")
    assert env["HF_TOKEN"] == planted.TOKEN, "the live job knows it"
    assert arena("delete", "a").code == 0
    done = arena("clone", "a")
    assert done.code == 2 and "env.HF_TOKEN" in done.err and planted.TOKEN not in done.err
    assert "a-2 created" in arena("clone", "a", "--env", "HF_TOKEN=new", "--wait", "echo two").out
    assert arena("logs", "a-2").out == "two\n"
    assert arena("clone", "a-2", "--name", "other", "--dry-run", "client", "-o", "name", "--env", "HF_TOKEN=x").out == "job.batch/other\n"
    assert arena("clone", "a", "-f", "x.yaml").code == 2
    assert arena("clone", "nosuch").code == 3
    assert arena("clone").code == 2


def test_a_job_that_failed_is_submitted_again(arena: Any) -> None:
    assert arena(*JOB, "r", "exit 3").code == 0
    assert arena("wait", "r", "--timeout", "60s").code == 20
    assert "r-2 created" in arena("retry", "r", "--wait", "--", "true").out
    again = arena("retry", "r-2")
    assert again.code == 2 and "has not failed: it is SUCCEEDED" in again.err and "arena clone r-2" in again.err
    replaced = arena("retry", "r", "--replace", "--wait", "sleep 1")
    assert "r created" in replaced.out and "was deleted" in replaced.err
    assert arena("get", "r", "-o", "name").code == 0
    assert arena(*JOB, "gone", "exit 4").code == 0
    arena("wait", "gone", "--timeout", "60s")
    arena("delete", "gone")
    assert "gone created" in arena("retry", "gone").out, "its name is free"
    arena("delete", "gone", "r", "r-2")


def test_what_differs_between_two_jobs_and_a_live_one_and_a_file(arena: Any) -> None:
    for name, rate, token in (("a", "0.1", "first"), ("b", "0.2", "second")):
        assert arena(*JOB, name, "--env", f"LR={rate}", "--env", f"API_TOKEN={token}", "sleep 1000").code == 0
    rows = arena.data("diff", "a", "b")
    assert {(row["section"], row["path"]) for row in rows} == {
        ("flags", "name"),
        ("flags", "env.LR"),
        ("objects", "Job/(name).spec.template.spec.containers[main].env[LR].value"),
    }
    same_file = arena(*JOB, "a", "--env", "LR=0.1", "--env", "API_TOKEN=first", "-o", "jobfile", "sleep 1000").out
    (arena.folder / "job.yaml").write_text(same_file)
    same_job = arena("diff", "a", "-f", "job.yaml")
    assert same_job.out == "" and same_job.err == "no difference\n"
    changed = arena("diff", "a", "-f", "job.yaml", "--set", "env.LR=0.5", "--set", "env.API_TOKEN=third", "--set", "env.NEW=1")
    assert "+ 0.5" in changed.out and "- 0.1" in changed.out and "env[NEW]" in changed.out
    assert "API_TOKEN" in changed.out and "third" not in changed.out and "first" not in changed.out
    (arena.folder / "less.yaml").write_text(same_file.replace("  LR: '0.1'\n", ""))
    assert "env[LR]" in arena("diff", "a", "-f", "less.yaml").out, "what the file no longer has"
    assert arena("diff", "a").code == 2
    assert arena("diff", "a", "nosuch").code == 3
    arena("delete", "a", "b")


def test_one_file_for_whoever_is_to_help(arena: Any) -> None:
    assert arena(*JOB, "s", "--env", f"MY_SECRET={planted.TOKEN}", "echo hello; sleep 1; exit 3").code == 0
    arena("wait", "s", "--timeout", "60s")
    done = arena("bundle", "s")
    assert done.out == "arena-bundle-s.tar.gz\n", done.err
    with tarfile.open(arena.folder / "arena-bundle-s.tar.gz") as archive:
        texts = {one.name: archive.extractfile(one).read().decode() for one in archive.getmembers()}  # type: ignore[union-attr]
    assert {"status.json", "job.json", "pods.json", "events.json", "why.json"} <= {name.rpartition("/cluster/")[2] for name in texts}
    assert any(text == "hello\n" for name, text in texts.items() if "/cluster/logs/" in name)
    assert any(text == "hello\n" for name, text in texts.items() if "/history/logs/" in name)
    assert all(name.startswith("arena-bundle-s/") and ".." not in name for name in texts)
    assert planted.TOKEN not in "".join(texts.values())
    assert arena("bundle", "s").code == 2, "a file that is there is not replaced"
    arena("delete", "s")
    assert arena("bundle", "s", "-o", "gone.tgz").code == 0
    assert arena("bundle", "nosuch").code == 3


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_nothing_differs_from_itself(data: Any) -> None:
    assert list(differences(data, data)) == [] and list(told_by(data, data)) == []


@given(JSON, JSON)
def test_what_differs_is_told(first: Any, second: Any) -> None:
    assert bool(list(differences(first, second))) == (not _equal(first, second))


def _equal(first: Any, second: Any) -> bool:
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(_equal(first[key], second[key]) for key in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(_equal, first, second))
    return same(first, second)


def test_lists_are_compared_by_names() -> None:
    before = {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}
    after = {"env": [{"name": "B", "value": "2"}, {"name": "A", "value": "9"}]}
    assert [tuple(one) for one in differences(before, after)] == [("env[A].value", "1", "9")]
    assert [tuple(one) for one in differences(before, {"env": before["env"][:1]})] == [("env[B]", {"name": "B", "value": "2"}, ABSENT)]


def test_the_name_of_a_job_is_no_difference() -> None:
    assert neutral({"a": "mnist-master-0", "b": ["x-mnist"], "mnist": "mnist2"}, "mnist") == {
        "a": "(name)-master-0",
        "b": ["x-mnist"],
        "(name)": "mnist2",
    }


@pytest.mark.parametrize(
    ("name", "then"), [("a", "a-2"), ("a-2", "a-3"), ("a-0", "a-0-2"), ("a-09", "a-09-2"), ("a-b", "a-b-2"), ("7", "7-2")]
)
def test_the_next_name(name: str, then: str) -> None:
    assert following(name) == then


@given(st.text(max_size=30))
def test_no_path_of_an_archive_leads_out_of_it(part: str) -> None:
    assert "/" not in safe(part) and safe(part).strip(".") and "\0" not in safe(part)


def test_names_from_outside_stay_inside(tmp_path: Any) -> None:
    path = tmp_path / "x.tgz"
    write(str(path), "../../etc", [("../../../passwd", "x"), ("/abs/./..", "y")])
    with tarfile.open(path) as archive:
        names = archive.getnames()
    assert all(not name.startswith("/") and ".." not in name.split("/") for name in names), names


def test_half_an_archive_does_not_stay(tmp_path, monkeypatch):
    """A full disk, or Ctrl-C: the next try would be refused, since there is a file already."""

    def full(self, entry, data=None):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tarfile.TarFile, "addfile", full)
    with pytest.raises(OSError, match="No space left"):
        write(str(tmp_path / "b.tar.gz"), "b", [("a", "text")])
    assert not list(tmp_path.iterdir())
