"""Trouble of this machine is told as that, not as the cluster's (S22)."""

from __future__ import annotations

import errno
import socket
from pathlib import Path
from typing import Any

import pytest

from arena_core import installed
from arena_core.contract.errors import ArenaError, ClusterUnreachable
from arena_core.kube.resources import PODS


@pytest.mark.parametrize(
    ("number", "words"), [(errno.EMFILE, "ulimit -n"), (errno.ENFILE, "no file handle"), (errno.EADDRNOTAVAIL, "no free port")]
)
def test_no_descriptor_left(fake_api: Any, monkeypatch: pytest.MonkeyPatch, number: int, words: str) -> None:
    def refuse(*args: Any, **more: Any) -> socket.socket:
        raise OSError(number, "of this machine")

    monkeypatch.setattr("arena_core.kube.route.connected", refuse)
    with pytest.raises(ArenaError, match="this machine cannot open a connection") as caught:
        fake_api.cluster().list(PODS, "n")
    assert not isinstance(caught.value, ClusterUnreachable) and words in caught.value.hint and "VPN" not in caught.value.hint


def test_a_damaged_metadata_file_is_no_bug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "odd-1.0.dist-info"
    folder.mkdir()
    (folder / "entry_points.txt").write_bytes(b"[arena.jobs]\nx = \xff\xfe\n")
    (folder / "METADATA").write_bytes(b"Name: odd\nVersion: \xff\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "odd" in [offer.distribution for offer in installed.offers("arena.jobs")]
