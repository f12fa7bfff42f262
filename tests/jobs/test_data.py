"""``data put`` and ``data get`` over the local cluster: a pod is made, what arrives is what was sent, and the pod is gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from arena_core.contract.errors import ArenaError, NotFound
from arena_core.usecases.copying import CopyFailed


@pytest.fixture
def claim(arena: Any) -> Iterator[str]:
    make_claim(arena, "vol", "ReadWriteOnce")
    yield "vol"
    assert helpers(arena) == []


def make_claim(arena: Any, name: str, mode: str) -> None:
    spec = {"accessModes": [mode], "resources": {"requests": {"storage": "1Gi"}}}
    body = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}
    arena.cluster.request("POST", f"/api/v1/namespaces/{arena.direct.namespace}/persistentvolumeclaims", None, body)


def helpers(arena: Any) -> list[str]:
    path = f"/api/v1/namespaces/{arena.direct.namespace}/pods"
    found = arena.cluster.request("GET", path, {"labelSelector": "app=arena-data"}).json()["items"]
    return [pod["metadata"]["name"] for pod in found if not pod["metadata"].get("deletionTimestamp")]


def tree(root: Path) -> dict[str, Any]:
    return {
        str(path.relative_to(root)): path.readlink() if path.is_symlink() else path.is_dir() or (path.read_bytes(), path.stat().st_mode)
        for path in root.rglob("*")
    }


def test_there_and_back(arena: Any, claim: str, tmp_path: Path) -> None:
    """Bytes, modes, links, odd names; into a folder, as another name, and the whole claim."""
    source = tmp_path / "a set"
    (source / "sub" / "empty").mkdir(parents=True)
    (source / "sub" / "raw").write_bytes(bytes(range(256)) * 300)
    (source / "-x 'ü' $(y)").write_text("odd")
    (source / "nothing").touch(0o600)
    (source / "link").symlink_to("sub/raw")
    told: list[Any] = []
    assert arena.direct.put_data(claim, source, "in/here/", tell=told.append) == (3, 76_803)
    assert told[-1].done == told[-1].total > 76_803
    assert arena.direct.put_data(claim, source / "sub" / "raw", "other") == (1, 76_800)
    assert arena.direct.get_data(claim, "in/here/a set", tmp_path / "back") == (3, 76_803)
    assert tree(tmp_path / "back") == tree(source)
    arena.direct.get_data(claim, "/", tmp_path)
    assert tree(tmp_path / "vol" / "in" / "here" / "a set") == tree(source)
    assert (tmp_path / "vol" / "other").stat().st_size == 76_800
    with pytest.raises(CopyFailed, match="it has no nowhere there"):
        arena.direct.get_data(claim, "in/nowhere", tmp_path)


def test_refused_and_interrupted(arena: Any, claim: str, tmp_path: Path) -> None:
    """A claim that is missing, one that another pod holds for itself, a link on the way in the claim; Ctrl-C leaves no pod."""
    direct = arena.direct
    with pytest.raises(NotFound, match="no volume claim nope"):
        direct.get_data("nope", "x", tmp_path)
    make_claim(arena, "single", "ReadWriteOncePod")
    direct.submit("job", {"name": "holder", "image": "i", "command": "ln -s /etc /d/out; sleep 300", "data": ["single:/d", f"{claim}:/v"]})
    direct.wait("holder", "running", timeout=60)
    with pytest.raises(ArenaError, match=r"for one pod at a time.* has it"):
        direct.get_data("single", "x", tmp_path)
    assert [one.access_modes for one in direct.volumes()] == [("ReadWriteOncePod",), ("ReadWriteOnce",)]
    direct.delete("holder", wait="all")
    with pytest.raises(CopyFailed, match="out is a link"):
        direct.get_data("single", "out/hostname", tmp_path)
    (tmp_path / "file").write_bytes(b"x" * 500_000)

    def interrupt(told: Any) -> None:
        if told.done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        direct.put_data(claim, tmp_path / "file", tell=interrupt)
    assert helpers(arena) == []
