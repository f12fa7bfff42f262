"""The flight recorder without a cluster: events, store, versions, trouble of the disk (issue 14)."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena_core.contract.errors import ArenaError, NotFound, UsageError
from arena_core.discreet import HIDDEN, is_secret, redacted, redacted_text, redacted_words
from arena_core.history import schema
from arena_core.history.git import Dirty, checkout
from arena_core.history.journal import Journal, Rules, is_id
from arena_core.history.store import Store, Wanted, expired
from arena_core.history.tee import Tee

IDS = [f"{n:032x}" for n in range(1, 100)]


def submit(journal: Journal, number: int, name: str = "") -> str:
    job = IDS[number]
    facts = {
        "name": name or f"job-{number}",
        "namespace": "default",
        "type": "job",
        "command": ["submit", "job"],
        "arguments": {"name": "x"},
    }
    if journal.note("intent", job, facts):
        journal.mark(job, "")
    journal.note("built", job, {"name": facts["name"], "user": "me", "objects": [{"kind": "Job"}]})
    journal.note("created", job, {"uid": f"uid-{number}", "dirty": True})
    return job


def state(phase: str, number: int, **more: object) -> dict[str, object]:
    return {"uid": f"uid-{number}", "phase": phase, "instances": [{"name": "a", "status": phase, "exitCode": None}], **more}


def end(journal: Journal, number: int, phase: str = "SUCCEEDED") -> None:
    job = IDS[number]
    journal.note("state", job, state(phase, number, started="2026-01-01T00:00:00Z", ended="2026-01-01T00:01:00Z"))
    journal.note("logs", job, {"logs": [{"instance": "a", "pod": "p-a", "container": "main", "lines": "one\ntwo\n", "missing": ""}]})
    journal.close(job, journal.opened().get(job, ""))


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(str(tmp_path / "history"))


def test_from_the_intent_to_the_end(journal: Journal) -> None:
    job = submit(journal, 1)
    assert journal.opened() == {job: ""}
    end(journal, 1)
    assert journal.opened() == {}
    with Store(journal) as store:
        [entry] = store.entries(Wanted())
        assert (entry.id, entry.name, entry.status, entry.uid, entry.dirty) == (job, "job-1", "SUCCEEDED", "uid-1", True)
        assert [one.phase for one in store.states(entry)] == ["SUCCEEDED"]
        assert [one.lines for one in store.logs(entry)] == ["one\ntwo\n"]
        assert store.objects(entry) == [{"kind": "Job"}]
    assert not os.listdir(journal.path("spool"))


def test_an_event_counts_once_however_often_it_is_taken_in(journal: Journal) -> None:
    submit(journal, 1)
    end(journal, 1)
    kept = {name: Path(journal.path("spool", name)).read_bytes() for name in os.listdir(journal.path("spool"))}
    for _ in range(2):
        for name, data in kept.items():
            Path(journal.path("spool", name)).write_bytes(data)
        with Store(journal) as store:
            [entry] = store.entries(Wanted())
            assert len(store.states(entry)) == len(store.logs(entry)) == 1


def test_two_commands_that_see_the_same_note_it_once(journal: Journal, tmp_path: Path) -> None:
    job, other = submit(journal, 1), Journal(journal.folder)
    for one in (journal, other):
        one.note("state", job, state("RUNNING", 1))
        one.mark(job, "RUNNING", "")
    assert journal.opened() == {job: "RUNNING"}
    with Store(journal) as store:
        assert [one.phase for one in store.states(store.entry(job))] == ["RUNNING"]


def test_a_copy_of_a_job_with_its_marks_is_another_job(journal: Journal) -> None:
    job = submit(journal, 1)
    journal.note("state", job, {**state("FAILED", 1), "uid": "of-the-copy"})
    with Store(journal) as store:
        assert store.entry(job).status == "PENDING"


def test_what_is_known_of_a_submission_that_was_interrupted(journal: Journal) -> None:
    journal.note("intent", IDS[1], {"name": "a"})
    journal.note("intent", IDS[2], {"name": "b"})
    journal.note("refused", IDS[2], {"message": "quota", "certain": True})
    journal.note("intent", IDS[3], {"name": "c"})
    journal.note("refused", IDS[3], {"message": "no answer", "certain": False})
    with Store(journal) as store:
        assert {one.name: one.status for one in store.entries(Wanted())} == {"a": "UNKNOWN", "b": "REFUSED", "c": "UNKNOWN"}
    # The next command finds the job: it was created after all.
    journal.note("created", IDS[3], {"uid": "uid-3"})
    journal.note("state", IDS[3], state("RUNNING", 3))
    with Store(journal) as store:
        assert store.entry("c").status == "RUNNING"


def test_who_deleted_it(journal: Journal) -> None:
    submit(journal, 1)
    submit(journal, 2)
    end(journal, 2)
    journal.note("gone", "", {"uid": "uid-1", "by": "me (delete)"})
    journal.note("gone", IDS[2], {"uid": "uid-2", "by": "me (prune)"})
    with Store(journal) as store:
        assert [(one.status, one.gone_by) for one in store.entries(Wanted())] == [("SUCCEEDED", "me (prune)"), ("DELETED", "me (delete)")]


def test_filters_and_references(journal: Journal) -> None:
    for number in range(1, 6):
        submit(journal, number, "mnist" if number < 3 else f"other-{number}")
    journal.note("intent", "ab" * 16, {"name": "of-commit", "commit": "0123456789" * 4, "namespace": "team"})
    with Store(journal) as store:
        assert [one.name for one in store.entries(Wanted(commit="01234"))] == ["of-commit"]
        assert len(store.entries(Wanted(name="other-*"))) == 3
        assert [one.name for one in store.entries(Wanted(namespace="team"))] == ["of-commit"]
        assert store.entry("mnist").id == IDS[2], "the last one of a name"
        assert store.entry("abababab").name == "of-commit"
        assert store.entries(Wanted(since="2999")) == []
        with pytest.raises(UsageError, match="several ids"):
            store.entry("00000000")
        with pytest.raises(NotFound, match="nothing is known"):
            store.entry("nosuch")


def test_old_submissions_are_forgotten_with_all_that_is_kept(journal: Journal) -> None:
    job = submit(journal, 1)
    tee = Tee(journal, job)
    tee.write("worker-0", b"hello\n")
    tee.close()
    assert os.listdir(journal.path("logs", job))
    with Store(journal) as store:
        assert expired(store, 1) == []
        store.forget(expired(store, 0))
        assert store.entries(Wanted()) == []
    assert not os.path.exists(journal.path("logs", job)) and journal.opened() == {}


def test_a_store_of_every_older_version_is_brought_up_to_date(journal: Journal) -> None:
    for old in range(schema.VERSION):
        os.makedirs(journal.folder, exist_ok=True)
        connection = sqlite3.connect(journal.path("history.db"))
        for step in schema.STEPS[:old]:
            connection.executescript(step)
        connection.execute(f"PRAGMA user_version = {old}")
        if old:
            connection.execute("INSERT INTO submission (id, submitted, name) VALUES (?, '2026', 'before')", [IDS[9]])
        connection.commit()
        connection.close()
        submit(journal, 1)
        with Store(journal) as store:
            assert len(store.entries(Wanted())) == 1 + bool(old)
            assert store.logs(store.entry(IDS[1])) == []
        for name in os.listdir(journal.folder):
            if name.startswith("history.db"):
                os.unlink(journal.path(name))


def test_a_newer_store_is_left_alone_and_nothing_is_lost(journal: Journal) -> None:
    submit(journal, 1)
    with sqlite3.connect(journal.path("history.db")) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(ArenaError, match="newer version"):
        Store(journal)
    assert len(os.listdir(journal.path("spool"))) == 3


def test_an_event_of_a_newer_program_waits_for_it(journal: Journal) -> None:
    os.makedirs(journal.path("spool"))
    path = Path(journal.path("spool", "1-1-1.intent.json"))
    path.write_text(json.dumps({"version": 99, "kind": "intent", "id": IDS[1], "time": "2026"}))
    with Store(journal) as store:
        assert store.entries(Wanted()) == []
    assert path.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"id": 3}', '{"version": 1, "id": "../../x", "time": "t"}', "[" * 100_000])
def test_an_event_that_is_none_is_put_aside(journal: Journal, text: str) -> None:
    os.makedirs(journal.path("spool"))
    Path(journal.path("spool", "1.json")).write_text(text)
    submit(journal, 1)
    with Store(journal) as store:
        assert len(store.entries(Wanted())) == 1
    assert os.listdir(journal.path("spool")) == ["1.json.unreadable"]


def test_a_damaged_store_is_told_and_not_touched(journal: Journal) -> None:
    os.makedirs(journal.folder)
    Path(journal.path("history.db")).write_bytes(b"this is no database" * 1000)
    with pytest.raises(ArenaError, match="damaged"):
        Store(journal)
    assert Path(journal.path("history.db")).read_bytes().startswith(b"this is no")


def test_a_store_without_room_for_its_tables_is_not_called_damaged(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk `arena history` said "damaged: no such table", and advised to move the file away."""

    def full(connection: sqlite3.Connection, path: str) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    os.makedirs(journal.folder)
    sqlite3.connect(journal.path("history.db")).execute("VACUUM").connection.close()
    monkeypatch.setattr("arena_core.history.schema.prepare", full)
    with pytest.raises(ArenaError, match="cannot be opened: database or disk is full"):
        Store(journal)


#: At how many of its steps the child is killed: at all with ``ARENA_FAULTS=all``, as in the fault matrix.
POINTS = 1000 if os.environ.get("ARENA_FAULTS") == "all" else 50


@pytest.mark.timeout(600)
def test_kill_9_at_any_point_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """A child submits, sees and takes in, and is killed at its n-th step; what it had noted is there, once."""
    total = _killed_at(tmp_path / "whole", sys.maxsize)[1]
    assert total > 300
    for point in range(1, total, max(1, total // POINTS)):
        noted, _ = _killed_at(tmp_path / str(point), point)
        journal = Journal(str(tmp_path / str(point)))
        with Store(journal) as store:
            entries = {one.id: one for one in store.entries(Wanted())}
            assert set(noted) <= set(entries), point
            assert len(entries) <= len(noted) + 1, point
            for one in entries.values():
                assert len(store.states(one)) <= 1 and len(store.logs(one)) <= 1, point
        with Store(journal) as store:  # and what was taken in stays
            assert set(entries) == {one.id for one in store.entries(Wanted())}


def _killed_at(folder: Path, point: int) -> tuple[list[str], int]:
    """Return which submissions the child had noted, and how many steps it made."""
    inside, outside = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(inside)
        steps = 0

        def step(frame: object, event: str, argument: object) -> object:
            nonlocal steps
            if "/arena_core/history/" not in frame.f_code.co_filename:  # type: ignore[attr-defined]
                return None
            steps += 1
            if steps == point:
                os.kill(os.getpid(), signal.SIGKILL)
            return step

        sys.settrace(step)
        journal = Journal(str(folder))
        for number in (1, 2):
            if journal.note("intent", IDS[number], {"name": f"n{number}"}):
                os.write(outside, IDS[number].encode())
            journal.mark(IDS[number], "")
            journal.note("created", IDS[number], {"uid": f"uid-{number}"})
            end(journal, number)
            with Store(journal):
                pass
        sys.settrace(None)
        os.write(outside, f"/{steps}".encode())
        os._exit(0)
    os.close(outside)
    with open(inside, "rb") as pipe:
        noted, _, steps_made = pipe.read().decode().partition("/")
    os.waitpid(pid, 0)
    return [noted[at : at + 32] for at in range(0, len(noted), 32)], int(steps_made or 0)


def test_a_disk_that_is_full_is_told_once_and_the_submission_is_kept(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last room is held by a file that is given up then."""
    told: list[str] = []
    journal = Journal(journal.folder, on_trouble=told.append)
    submit(journal, 1)
    journal.ballast()
    whole = Journal._fill

    def full(self: Journal, path: str, data: bytes) -> None:
        if os.path.exists(self.path("ballast")) or "built" in path:
            raise OSError(28, "No space left on device")
        whole(self, path, data)

    monkeypatch.setattr(Journal, "_fill", full)
    submit(journal, 2)
    assert told == [f"the history of jobs cannot be kept in {journal.folder}: No space left on device"]
    monkeypatch.undo()
    with Store(journal) as store:
        assert {one.name for one in store.entries(Wanted())} == {"job-1", "job-2"}


def test_a_folder_that_cannot_be_made_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told: list[str] = []
    journal = Journal(str(tmp_path / "file" / "history"), on_trouble=told.append)
    submit(journal, 1)
    end(journal, 1)
    assert len(told) == 1 and "Not a directory" in told[0]
    assert journal.opened() == {}


@given(st.text(max_size=40))
@settings(max_examples=200)
def test_only_ids_become_part_of_a_path(text: str) -> None:
    assert is_id(text) == (len(text) == 32 and all(letter in "0123456789abcdef" for letter in text))


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "", "A", "x" * 300, "a\0b"])
def test_no_instance_leads_out_of_the_folder(journal: Journal, tmp_path: Path, name: str) -> None:
    tee = Tee(journal, IDS[1])
    tee.write(name, b"data\n")
    tee.close()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_log_that_is_followed_is_bounded(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path), rules=Rules(megabytes=1))
    tee = Tee(journal, IDS[1])
    for _ in range(40):
        tee.write("a", b"x" * 65536)
    tee.close()
    [path] = Path(journal.path("logs", IDS[1])).iterdir()
    assert path.stat().st_size == 1 << 20


SECRETS = ["API_KEY", "HF_TOKEN", "DB_PASSWORD", "AWS_SECRET_ACCESS_KEY", "db-passwd", "WANDB_API_KEY", "GITHUB_PAT", "client_secret"]


@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_is_kept_wherever_it_stands(name: str) -> None:
    planted = "s3cr3t-Value.1"
    found = json.dumps(
        [
            redacted({"env": {name: planted}, "envs": [f"{name}={planted}"], "command": f"{name}={planted} python t.py"}),
            redacted({"spec": {"containers": [{"env": [{"name": name, "value": planted}], "args": ["--" + name.lower(), planted]}]}}),
            redacted({"kind": "Secret", "data": {"anything": planted}, "stringData": {"x": planted}}),
            redacted({"kind": "ConfigMap", "data": {name: planted, "run.sh": f"export {name}='{planted}'\ncurl https://u:{planted}@h/"}}),
            redacted_words(["submit", "job", "--env", f"{name}={planted}", f"--set=env.{name}={planted}", f"--{name.lower()}", planted]),
            redacted_text(f"python t.py --{name.lower()} {planted} --lr 1"),
        ]
    )
    assert planted not in found and found.count(HIDDEN) >= 8


@pytest.mark.parametrize(
    "name", ["max_tokens", "tokenizer", "EPOCHS", "key", "keyboard", "secretName", "PWD", "num-tokens", "TOKEN_FILE", "imagePullSecrets"]
)
def test_what_is_no_secret_is_kept(name: str) -> None:
    assert not is_secret(name)
    assert redacted({name: "value"}) == {name: "value"}


def test_the_commit_is_read_as_git_says_it(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        import subprocess

        identity = ["-c", "user.name=n", "-c", "user.email=e@x", "-c", "init.defaultBranch=trunk"]
        return subprocess.run(["git", *identity, *words], cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()

    assert checkout(str(tmp_path)) is None
    git("init", "-q")
    (tmp_path / "a").write_text("1")
    git("add", "a")
    assert checkout(str(tmp_path)).commit == ""
    git("commit", "-qm", "one")
    (tmp_path / "below" / "deep").mkdir(parents=True)
    found = checkout(str(tmp_path / "below" / "deep"))
    assert (found.commit, found.branch) == (git("rev-parse", "HEAD"), "trunk")
    assert Dirty(found.root).answer() is False
    (tmp_path / "a").write_text("2")
    assert Dirty(found.root).answer() is True
    git("pack-refs", "--all")
    assert checkout(str(tmp_path)).commit == git("rev-parse", "HEAD")
    git("worktree", "add", "-q", str(tmp_path / "tree"), "-b", "side")
    assert checkout(str(tmp_path / "tree")) == (str(tmp_path / "tree"), git("rev-parse", "side"), "side")
    git("checkout", "-q", "--detach")
    assert checkout(str(tmp_path)).commit == git("rev-parse", "HEAD")
