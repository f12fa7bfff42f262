"""``--workdir`` over the local cluster as over any other: nothing of a manifest is rewritten, and the folder is gone before the pods start."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from arena_core.contract.errors import AlreadyExists, ArenaError, UsageError
from arena_core.usecases.views import JobList

#: Prints what is in the working directory: names, modes, links, bytes.
LOOK = """\
import hashlib, json, os
found = {}
for folder, names, files in os.walk("."):
    for name in names + files:
        path = os.path.join(folder, name)
        mode, link = oct(os.lstat(path).st_mode), os.path.islink(path)
        what = os.readlink(path) if link else "" if os.path.isdir(path) else hashlib.sha256(open(path, "rb").read()).hexdigest()
        found[os.path.relpath(path)] = [mode, what]
print(json.dumps([os.getcwd(), found]))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "my project"
    (root / "pkg" / "deep").mkdir(parents=True)
    (root / "empty").mkdir()
    (root / "look.py").write_text(LOOK)
    (root / "pkg" / "__init__.py").touch()
    (root / "pkg" / "deep" / "raw").write_bytes(os.urandom(70_000))
    (root / "run.sh").write_text("#!/bin/sh\nexec python3 look.py\n")
    (root / "run.sh").chmod(0o755)
    (root / "private").write_text("x")
    (root / "private").chmod(0o600)
    (root / "ro").write_text("x")
    (root / "ro").chmod(0o444)
    (root / "name with ünïcode 'quotes' $x").write_text("y")
    (root / "-n").write_text("z")
    (root / ("l" * 200)).write_text("long")
    (root / "link").symlink_to("pkg/deep/raw")
    (root / "pkg" / "up").symlink_to("..")
    return root


def expected(root: Path) -> dict[str, Any]:
    found = {}
    for path in root.rglob("*"):
        if "up" in path.relative_to(root).parts[:-1]:
            continue
        plain = path.is_file() and not path.is_symlink()
        what = str(path.readlink()) if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest() if plain else ""
        found[str(path.relative_to(root))] = [oct(os.lstat(path).st_mode), what]
    return found


def told_by(line: str) -> Any:
    return json.loads(line)


def test_byte_for_byte_in_every_instance(arena: Any, make: Any, folder: Path) -> None:
    """Modes, links, empty files and folders, odd names; in a job of two pods and in one inside an AppWrapper."""
    wanted = expected(folder)
    arguments = make("two", "./run.sh", workdir=str(folder), workers=2, clean_task_policy="None")
    jobs = [
        arena.submit("pytorchjob", arguments),
        arena.submit("appwrapperjob", make("wrapped", "./run.sh", inner_type="job", workdir=str(folder), working_dir="/srv/code/here")),
    ]
    shutil.rmtree(folder)
    for job in jobs:
        assert job.wait(timeout=120).status.phase == "SUCCEEDED"
    lines = [told_by(line.text) for job in jobs for line in job.logs(all_instances=True)]
    assert [where for where, _ in lines] == ["/workdir", "/workdir", "/srv/code/here"]
    assert all(found == wanted for _, found in lines)


def parcels(arena: Any) -> list[Any]:
    found = arena.cluster.request("GET", f"/api/v1/namespaces/{arena.namespace}/configmaps").json()["items"]
    return [one for one in found if one["metadata"]["name"].startswith("workdir-")]


def test_the_same_content_is_brought_once(arena: Any, make: Any, folder: Path) -> None:
    """Jobs share what holds the folder; it is there as long as one of them is. A name that is taken costs the other job nothing."""
    arena.submit("job", make("one", "true", workdir=str(folder)))
    one = arena.get("one")
    (parcel,) = parcels(arena)
    assert one.annotations["arena.kubeflow.org/workdir"] == parcel["metadata"]["annotations"]["arena.kubeflow.org/workdir"]
    with pytest.raises(AlreadyExists, match="one exists already"):
        arena.submit("job", make("one", "true", workdir=str(folder)))
    arena.submit("job", make("two", "ls", workdir=str(folder)))
    two = arena.get("two")
    (again,) = parcels(arena)
    assert again["metadata"]["uid"] == parcel["metadata"]["uid"]
    assert [owner["uid"] for owner in again["metadata"]["ownerReferences"]] == [one.uid, two.uid]
    arena.delete("one")
    assert arena.wait("two", timeout=60).status.phase == "SUCCEEDED"
    assert len(parcels(arena)) == 1
    arena.delete("two")
    deadline = time.monotonic() + 30
    while parcels(arena) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert parcels(arena) == []


def test_a_submission_that_fails_leaves_nothing(arena: Any, make: Any, folder: Path) -> None:
    arena.gate.lose_answer = lambda method, path: method == "POST" and path.endswith("/jobs")
    arena.gate.allowed = rf"/api/v1/namespaces/{arena.namespace}/(pods|events|configmaps(/[^/]+)?)|/apis/authentication.*|/openapi/.*"
    with pytest.raises(ArenaError):
        arena.submit("job", make("none", "true", workdir=str(folder)))
    assert parcels(arena.direct) == []


def test_what_is_too_large_is_brought(arena: Any, make: Any, folder: Path) -> None:
    """It waits until somebody brings it to each pod, whole; another folder is refused, and one that was brought is not brought again."""
    (folder / "weights").write_bytes(os.urandom(2_000_000))
    arena.submit("job", make("large", "./run.sh", workdir=str(folder), workers=2))
    deadline = time.monotonic() + 60
    while "working directory" not in arena.get("large").status.message and time.monotonic() < deadline:
        time.sleep(0.1)
    assert "waits for its working directory" in arena.get("large").status.message
    assert [cause.hint for cause in arena.explain("large") if cause.reason == "FolderMissing"]
    (folder / "more").touch()
    with pytest.raises(UsageError, match="is not what large was submitted with"):
        arena.direct.push_workdir("large")
    (folder / "more").unlink()
    told: list[Any] = []
    assert arena.direct.push_workdir("large", tell=told.append) == (2, 2)
    assert arena.wait("large", timeout=90).status.phase == "SUCCEEDED"
    wanted = expected(folder)
    found = [told_by(line.text) for line in arena.logs("large", all_instances=True)]
    assert len(found) == 2
    assert all(what == wanted for _, what in found)
    assert arena.direct.push_workdir("large") == (2, 2)


def test_through_a_claim_it_travels_once(arena: Any, make: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of any size, and for every job with that content: the second one finds it there. Nobody has to bring it to a pod."""
    (folder / "weights").write_bytes(os.urandom(2_000_000))
    direct = arena.direct
    spec = {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}}
    body = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "code"}, "spec": spec}
    claims = f"/api/v1/namespaces/{direct.namespace}/persistentvolumeclaims"
    direct.cluster.request("POST", claims, None, body)
    wanted = expected(folder)
    for name, more in (("one", {"job_type": "pytorchjob"}), ("two", {"job_type": "job"})):
        direct.submit(more["job_type"], make(name, "./run.sh", workdir=str(folder), workdir_claim="code"))
        assert direct.wait(name, timeout=90).status.phase == "SUCCEEDED"
        (line,) = direct.logs(name)
        assert told_by(line.text)[1] == wanted
    _claim_is_pruned(direct, make, folder)
    direct.get_data("code", "/", folder.parent / "out")
    (archive,) = (folder.parent / "out").rglob("*.tar.gz")
    assert archive.parent.name == ".arena-workdirs"
    with monkeypatch.context() as unreadable:
        unread = ("rayjobs (forbidden)",)
        unreadable.setattr("arena_core.usecases.shelves.list_jobs", lambda session, **more: JobList((), unread, unread))
        with pytest.raises(ArenaError, match="cannot be read may need an archive, so none was removed: rayjobs"):
            direct.prune_workdirs("code")
    direct.delete(["one", "two", "runs", "ages", "again"], wait="all")
    direct.cluster.request("DELETE", f"{claims}/code")
    while direct.cluster.request("GET", f"{claims}/code").status == 200:
        time.sleep(0.05)
    direct.cluster.request("POST", claims, None, body)
    # The claim of that name is another now, and empty: what was brought to the first is not in it.
    direct.submit("job", make("anew", "./run.sh", workdir=str(folder), workdir_claim="code"))
    assert direct.wait("anew", timeout=60).status.phase == "SUCCEEDED"


def _claim_is_pruned(arena: Any, make: Any, folder: Path) -> None:
    """What no job needs goes, as soon as it is old enough; what a job needs that has not ended, or one with the same content, stays."""
    mine, old = "1" * 40 + ".tar.gz", "touch -d @0"
    (held,) = [one.name for one in shelves_of(arena, dry_run=True)]
    arena.put_data("code", folder / "look.py", f".arena-workdirs/{mine}")
    arena.put_data("code", folder / "look.py", ".arena-workdirs/notes.txt")
    assert [one for one in shelves_of(arena) if one.name == mine] and arena.prune_workdirs("code").removed == ()
    make_old = make("ages", f"cd /in/.arena-workdirs && {old} *", data=["code:/in"])
    assert arena.submit("job", make_old).wait(timeout=60).status.phase == "SUCCEEDED"
    arena.submit("job", make("runs", "exec sleep 1000", workdir=str(folder), workdir_claim="code"))
    assert arena.submit("job", {**make_old, "name": "again"}).wait(timeout=60).status.phase == "SUCCEEDED"
    assert [one.name for one in arena.prune_workdirs("code", dry_run=True).removed] == [mine]
    done = arena.prune_workdirs("code")
    assert [one.name for one in done.removed] == [mine] and [one.name for one in done.kept] == [held]
    with pytest.raises(UsageError, match="being submitted"):
        arena.prune_workdirs("code", 0)


def shelves_of(arena: Any, **more: Any) -> Any:
    return arena.prune_workdirs("code", 1e9, **more).kept
